//! A plain list as Parquet.
//!
//! Laws: as for delimited text; a row of the file is a row from 1. A column of floating point is
//! refused, because such numbers are not exact money.

use super::header::ListColumns;
use super::rows::{ListBatch, ListCells, ListFacts, TimeUnit};
use super::{etl_refused, outcome};
use crate::{Error, EvidenceFile, Format, Options, Outcome, Progress, account_chain};
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, TimeUnit as ArrowUnit};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bytes::Bytes;
use moneytrail_model::{RecordBin, RecordCounts};
use moneytrail_store::schema::{Batch, Sink};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rayon::prelude::*;

/// Rows of a batch.
const BATCH_ROWS: usize = 32_768;
/// Batches of a wave, for each thread. Batches do not depend on it.
const WAVE_BATCHES: usize = 2;
/// Bytes that a batch takes, as Arrow and as rows.
const BATCH_BYTES: usize = BATCH_ROWS * 512;

/// Whether these bytes are a Parquet file.
pub(crate) fn is_parquet(bytes: &[u8]) -> bool {
    bytes.len() > 12 && bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1")
}

/// Reads a plain list from Parquet.
///
/// # Errors
/// If the file does not open, has no columns of a list, keeps amounts as floating point, or the sink
/// refuses a batch.
pub(crate) fn read_parquet(
    file: &EvidenceFile,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    let n_batches = options.n_in_flight(WAVE_BATCHES * rayon::current_num_threads(), BATCH_BYTES);
    let container = |why: String| Error::Container {
        path: file.name.clone(),
        why,
    };
    let mapped = file.map()?.map(Bytes::from_owner).unwrap_or_default();
    let n_bytes = mapped.len() as u64;
    let builder = ParquetRecordBatchReaderBuilder::try_new(mapped)
        .map_err(|error| container(error.to_string()))?;
    let names: Vec<String> = builder
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    if let Some(table) = account_chain::etl::table_of(&names) {
        return Err(etl_refused(&file.name, table));
    }
    let columns = ListColumns::of_header(&names).ok_or_else(|| Error::NeedsProfile {
        path: file.name.clone(),
        why: format!(
            "no columns source, target, time and amount among {}",
            names.join(", ")
        ),
    })?;
    let kind = |column: usize| builder.schema().field(column).data_type().clone();
    let (facts, assumptions) = facts_of(&columns, &kind(columns.amount), &kind(columns.time))
        .map_err(|why| Error::Contradiction {
            path: file.name.clone(),
            why,
        })?;
    let n_rows = builder
        .metadata()
        .file_metadata()
        .num_rows()
        .max(1)
        .unsigned_abs();
    let mut reader = builder
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(|error| container(error.to_string()))?;
    let (mut counts, mut n_events, mut first_row) = (RecordCounts::default(), 0_u64, 1_u32);
    loop {
        let mut wave: Vec<(u32, RecordBatch)> = Vec::new();
        for rows in reader.by_ref().take(n_batches) {
            let rows = rows.map_err(|error| container(error.to_string()))?;
            let n = u32::try_from(rows.num_rows()).unwrap_or(u32::MAX);
            wave.push((first_row, rows));
            first_row = first_row.saturating_add(n);
        }
        if wave.is_empty() {
            break;
        }
        let parsed: Vec<Result<(Batch, RecordCounts), String>> = wave
            .par_iter()
            .map(|(row, rows)| parse(&columns, &facts, &file.name, rows, *row))
            .collect();
        for (parsed, (_, rows)) in parsed.into_iter().zip(&wave) {
            let (batch, part) = parsed.map_err(&container)?;
            counts.add(part);
            n_events += batch.events.len() as u64;
            sink.push(batch)?;
            progress.advance(n_bytes * rows.num_rows() as u64 / n_rows);
        }
    }
    Ok(outcome(
        Format::TransferParquet,
        counts,
        n_events,
        assumptions,
    ))
}

fn facts_of(
    columns: &ListColumns,
    amount: &DataType,
    time: &DataType,
) -> Result<(ListFacts, Vec<String>), String> {
    let decimals = match amount {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            return Err(
                "amounts are floating-point numbers, which are no exact money: write the column \
                 as DECIMAL, as integers of the smallest unit, or as text"
                    .to_owned(),
            );
        }
        DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => {
            u8::try_from(*scale).map_err(|_| "amounts have a negative scale".to_owned())?
        }
        kind if kind.is_integer() => 0,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => 18,
        other => return Err(format!("amounts are of type {other}, which is no number")),
    };
    let mut assumptions = Vec::new();
    let time_unit = match time {
        kind if kind.is_integer() => {
            assumptions.push(
                "numbers in the time column are seconds since 1970, from 100,000,000,000 on \
                 milliseconds"
                    .to_owned(),
            );
            TimeUnit::Seconds
        }
        DataType::Timestamp(_, None) | DataType::Date32 | DataType::Utf8 => {
            assumptions.push("times without a zone are UTC".to_owned());
            TimeUnit::Seconds
        }
        _ => TimeUnit::Seconds,
    };
    if columns.asset.is_none() {
        assumptions.push(format!(
            "no asset column: amounts are in a unit of the list with {decimals} decimal places"
        ));
    }
    let facts = ListFacts {
        time_unit,
        decimals,
        decimal_comma: false,
    };
    Ok((facts, assumptions))
}

/// The text of each cell of a column; null is empty.
struct Texts<'a>(ArrayFormatter<'a>, &'a ArrayRef);

impl<'a> Texts<'a> {
    fn of(column: &'a ArrayRef, options: &'a FormatOptions<'a>) -> Result<Self, String> {
        let formatter =
            ArrayFormatter::try_new(column.as_ref(), options).map_err(|error| error.to_string())?;
        Ok(Self(formatter, column))
    }

    fn at(&self, index: usize) -> String {
        if self.1.is_null(index) {
            String::new()
        } else {
            self.0.value(index).to_string()
        }
    }
}

fn parse(
    columns: &ListColumns,
    facts: &ListFacts,
    path: &str,
    rows: &RecordBatch,
    first_row: u32,
) -> Result<(Batch, RecordCounts), String> {
    let options = FormatOptions::default();
    let texts: Vec<Texts<'_>> = rows
        .columns()
        .iter()
        .map(|column| Texts::of(column, &options))
        .collect::<Result<_, _>>()?;
    let times = rows.column(columns.time);
    let times = match times.data_type() {
        // Printed in seconds, so that an instant reads the same from every unit.
        DataType::Timestamp(_, zone) => {
            let seconds = DataType::Timestamp(ArrowUnit::Second, zone.clone());
            let cast = arrow::compute::cast(times, &seconds).map_err(|error| error.to_string())?;
            arrow::compute::cast(&cast, &DataType::Int64).map_err(|error| error.to_string())?
        }
        _ => times.clone(),
    };
    let times = Texts::of(&times, &options)?;
    let mut batch = ListBatch::new(facts, path, rows.num_rows());
    for index in 0..rows.num_rows() {
        let row = first_row.saturating_add(u32::try_from(index).unwrap_or(u32::MAX));
        let (source, target) = (
            texts[columns.source].at(index),
            texts[columns.target].at(index),
        );
        let (mut time, amount) = (times.at(index), texts[columns.amount].at(index));
        if let Ok(number) = time.parse::<i64>()
            && number.abs() >= super::rows::MILLISECONDS_FROM
        {
            time = number.div_euclid(1000).to_string();
        }
        let asset = columns.asset.map(|column| texts[column].at(index));
        let event = columns.event.map(|column| texts[column].at(index));
        let taken = batch.take(
            row,
            ListCells {
                source: source.trim(),
                target: target.trim(),
                time: time.trim(),
                amount: amount.trim(),
                asset: asset.as_deref().map(str::trim),
                event: event.as_deref().map(str::trim),
            },
        );
        if let Err(reason) = taken {
            let raw = texts.iter().map(|text| text.at(index).into()).collect();
            batch.keep(row, RecordBin::Quarantined, &reason, raw);
        }
    }
    Ok(batch.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Decimal128Array, Float64Array, Int64Array, StringArray};
    use arrow::datatypes::{Field, Schema};
    use parquet::arrow::ArrowWriter;
    use std::sync::Arc;

    fn written(amount: ArrayRef) -> (tempfile::NamedTempFile, EvidenceFile) {
        let schema = Arc::new(Schema::new(vec![
            Field::new("source", DataType::Utf8, true),
            Field::new("target", DataType::Utf8, true),
            Field::new("time", DataType::Int64, true),
            Field::new("amount", amount.data_type().clone(), true),
        ]));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec![Some("a"), None])),
            Arc::new(StringArray::from(vec!["b", "c"])),
            Arc::new(Int64Array::from(vec![5, 6])),
            amount,
        ];
        let rows = RecordBatch::try_new(schema.clone(), columns).unwrap();
        let temp = tempfile::NamedTempFile::new().unwrap();
        let mut writer = ArrowWriter::try_new(temp.reopen().unwrap(), schema, None).unwrap();
        writer.write(&rows).unwrap();
        writer.close().unwrap();
        let file = EvidenceFile::at(temp.path());
        (temp, file)
    }

    #[test]
    fn decimals_are_read_and_floats_refused() {
        let decimals = Decimal128Array::from(vec![1250, 1])
            .with_precision_and_scale(20, 2)
            .unwrap();
        let (_temp, file) = written(Arc::new(decimals));
        let mut batches: Vec<Batch> = Vec::new();
        let outcome = read_parquet(&file, &Options::default(), &mut batches, &()).unwrap();
        assert_eq!(
            (outcome.counts.transferred, outcome.counts.quarantined),
            (1, 1)
        );
        assert_eq!(batches[0].transfers.amount(0).unwrap().units(), 1250);
        assert_eq!(batches[0].assets[0].decimals(), 2);
        let (_temp, file) = written(Arc::new(Float64Array::from(vec![1.5, 2.5])));
        let refused = read_parquet(&file, &Options::default(), &mut batches, &()).unwrap_err();
        assert_eq!(refused.code(), "ingest/contradiction");
    }
}
