//! Delimited text as a sheet.
//!
//! Law: a row's number is the number of the line that it begins on, as an editor shows it.

use super::sheet::{Cell, Row, Sheet};
use super::text;
use crate::Error;

/// Bytes of text that are taken into memory as one table.
const BYTES_MAX: usize = 512 << 20;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A sheet and how its text was read.
pub(crate) struct DelimitedText {
    pub(crate) sheet: Sheet,
    pub(crate) encoding: &'static str,
    pub(crate) has_byte_order_mark: bool,
    pub(crate) delimiter: char,
}

/// Reads delimited text into one sheet.
///
/// # Errors
/// If it is too large to be a book.
pub(crate) fn read(
    path: &str,
    bytes: &[u8],
    encoding: Option<&str>,
    delimiter: Option<char>,
) -> Result<DelimitedText, Error> {
    if bytes.len() > BYTES_MAX {
        return Err(Error::Container {
            path: path.to_owned(),
            why: "a table over 512 MiB: cut it into parts, or write it as a plain transfer list"
                .to_owned(),
        });
    }
    let encoding = match encoding {
        None => text::encoding_of(bytes),
        Some(label) => encoding_rs::Encoding::for_label(label.as_bytes())
            .ok_or_else(|| Error::Profile(format!("encoding `{label}` is not known")))?,
    };
    let mut text = text::decode(bytes, encoding);
    if has_lone_carriage_return(&text) {
        text = text.replace("\r\n", "\n").replace('\r', "\n");
    }
    let delimiter = match delimiter {
        Some(delimiter) => u8::try_from(delimiter)
            .map_err(|_| Error::Profile("the delimiter is no ASCII character".to_owned()))?,
        None => delimiter_of(&text),
    };
    let rows = rows(&text, delimiter);
    let right_to_left = rows
        .iter()
        .find(|row| row.cells.iter().filter(|cell| !cell.is_empty()).count() > 2)
        .is_some_and(|row| text::is_right_to_left(&joined(row)));
    Ok(DelimitedText {
        sheet: Sheet {
            path: path.into(),
            name: "-".into(),
            right_to_left,
            rows,
            n_hidden: 0,
            n_merged: 0,
            epoch: None,
            folded: None,
        },
        encoding: encoding.name(),
        has_byte_order_mark: encoding_rs::Encoding::for_bom(bytes).is_some(),
        delimiter: char::from(delimiter),
    })
}

/// Whether some line ends as on an old Macintosh.
fn has_lone_carriage_return(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n'))
}

fn joined(row: &Row) -> String {
    row.cells.iter().map(|cell| &*cell.text).collect()
}

/// The delimiter that gives the most lines the same number of cells, more than one; among equals the
/// one that gives more cells.
fn delimiter_of(text: &str) -> u8 {
    let head: String = text.split_inclusive('\n').take(200).collect();
    DELIMITERS
        .into_iter()
        .map(|delimiter| {
            let mut widths: Vec<usize> = rows(&head, delimiter)
                .iter()
                .filter(|row| !row.is_blank())
                .map(|row| row.cells.len())
                .collect();
            widths.sort_unstable();
            // The usual width: the most frequent one.
            let (mut usual, mut n_usual) = (1, 0);
            for run in widths.chunk_by(|a, b| a == b) {
                if run.len() >= n_usual && run[0] > 1 {
                    (usual, n_usual) = (run[0], run.len());
                }
            }
            ((n_usual, usual), delimiter)
        })
        .max_by_key(|&(fit, delimiter)| (fit, std::cmp::Reverse(delimiter)))
        .filter(|((n_usual, _), _)| *n_usual > 0)
        .map_or(b',', |(_, delimiter)| delimiter)
}

fn rows(text: &str, delimiter: u8) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut rows: Vec<Row> = Vec::new();
    let mut record = csv::StringRecord::new();
    // Lines are counted up to `counted`; the last row taken ends on line `last`.
    let (mut counted, mut line, mut last) = (0, 1_u32, 0_u32);
    // Text is UTF-8 here, so the only errors of the reader cannot come.
    while let Ok(true) = reader.read_record(&mut record) {
        let start = record.position().map_or(0, csv::Position::byte);
        let start = usize::try_from(start).unwrap_or(text.len()).max(counted);
        let rest = text.get(start..).unwrap_or("");
        let start = start + rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        line += count_lines(&text[counted..start]);
        rows.extend((last + 1..line).map(blank));
        rows.push(Row::new(line, record.iter().map(Cell::text).collect()));
        let end = usize::try_from(reader.position().byte()).unwrap_or(text.len());
        let inside = text.get(start..end).unwrap_or("");
        let inside = inside.trim_end_matches(['\r', '\n']);
        last = line + count_lines(inside);
        line = last;
        counted = start + inside.len();
    }
    let total = count_lines(text) + u32::from(!text.ends_with('\n') && !text.is_empty());
    rows.extend((last + 1..=total).map(blank));
    rows
}

fn blank(number: u32) -> Row {
    Row::new(number, Vec::new())
}

fn count_lines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|&byte| byte == b'\n').count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sheet(text: &str) -> DelimitedText {
        read("book.csv", text.as_bytes(), None, None).unwrap()
    }

    #[test]
    fn numbers_lines_as_an_editor_does() {
        let read = sheet("a;b;c\n\n\n1;\"two\nlines\";3\r\n4;5;6\n\n7;8;9");
        let numbers: Vec<(u32, usize)> = read
            .sheet
            .rows
            .iter()
            .map(|row| (row.number, row.cells.len()))
            .collect();
        assert_eq!(
            numbers,
            [(1, 3), (2, 0), (3, 0), (4, 3), (6, 3), (7, 0), (8, 3)]
        );
        assert_eq!(read.delimiter, ';');
    }

    #[test]
    fn a_comma_inside_numbers_is_no_delimiter() {
        let read = sheet("datum;iznos;valuta\n1.2.2022;1,50;EUR\n1.2.2022;2,75;EUR\n");
        assert_eq!(read.delimiter, ';');
        let read = sheet("date|sum\n2022-01-01|1,000\n2022-01-01|1,200\n");
        assert_eq!(read.delimiter, '|');
    }

    proptest! {
        #[test]
        fn every_line_is_in_some_row(text in "[a\"\n;, \r]{0,60}") {
            let read = sheet(&text);
            let numbers: Vec<u32> = read.sheet.rows.iter().map(|row| row.number).collect();
            prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(numbers.first().copied().unwrap_or(1), 1);
        }
    }
}
