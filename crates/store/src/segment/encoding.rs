//! How the columns of a table are encoded.
//!
//! Law: nothing here depends on the data, on the number of threads or on the memory, so that the
//! same rows give the same bytes.
//!
//! Method: integers are packed as differences, which takes nothing off ascending positions but a few
//! bits; hashes are random bytes, which neither a dictionary nor compression nor a minimum shortens;
//! words, keys and amounts share bytes with their neighbours, which a fast compression finds: it
//! makes as little of a repeated word as a dictionary does, in less than half the time. Every engine
//! reads these encodings.

use crate::Error;
use crate::schema::{SCHEMA_VERSION, Table};
use arrow::datatypes::DataType;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

/// Key of the schema version in each Parquet file.
pub(super) const SCHEMA_KEY: &str = "moneytrail.schema";

/// Most rows of a page: what is read for one row of a column.
const PAGE_ROWS: usize = 1 << 12;

/// How a table is written.
pub(super) fn options(table: Table) -> Result<ArrowWriterOptions, Error> {
    let version = KeyValue::new(SCHEMA_KEY.to_owned(), SCHEMA_VERSION.to_string());
    let fast = Compression::ZSTD(ZstdLevel::try_new(1)?);
    let mut properties = WriterProperties::builder()
        .set_compression(fast)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_key_value_metadata(Some(vec![version]));
    for field in table.schema().fields() {
        let path = ColumnPath::from(field.name().as_str());
        properties = match field.data_type() {
            DataType::Int64 | DataType::Timestamp(..) => properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_statistics_enabled(path.clone(), EnabledStatistics::Chunk)
                .set_column_compression(path.clone(), Compression::UNCOMPRESSED)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
            DataType::Decimal128(..) => properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_statistics_enabled(path, EnabledStatistics::Chunk),
            DataType::Binary => {
                let compression = if is_hash(field.name()) {
                    Compression::UNCOMPRESSED
                } else {
                    fast
                };
                properties
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_statistics_enabled(path.clone(), EnabledStatistics::None)
                    .set_column_compression(path.clone(), compression)
                    .set_column_encoding(path, Encoding::DELTA_LENGTH_BYTE_ARRAY)
            }
            DataType::Utf8 => properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_statistics_enabled(path, EnabledStatistics::None),
            _ => properties.set_column_statistics_enabled(path, EnabledStatistics::Chunk),
        };
    }
    Ok(ArrowWriterOptions::new()
        .with_properties(properties.build())
        .with_skip_arrow_metadata(true))
}

fn is_hash(column: &str) -> bool {
    matches!(column, "txid" | "hash" | "previous")
}
