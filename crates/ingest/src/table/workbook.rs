//! XLSX, XLS, XLSB and ODS as sheets.
//!
//! Laws: sheets stand in the order of the book; hidden rows and hidden sheets are read too; a number
//! becomes the shortest decimal text that gives it back, with at most the 15 significant digits that a
//! spreadsheet keeps.

use super::date::{self, DateReading};
use super::sheet::{Cell, CellKind, Row, Sheet};
use super::text;
use crate::Error;
use calamine::{Data, ExcelDateTime, Reader, Sheets};
use moneytrail_model::Precision;
use std::io::{Cursor, Read};

const DAY_SECONDS: i64 = 86_400;

/// Cells of a workbook that are taken into memory.
const CELLS_MAX: usize = 16_000_000;
/// Bytes that the parts of a workbook may unpack to.
const UNPACKED_MAX: u64 = 512 << 20;

/// Whether these bytes are a spreadsheet that calamine may open.
pub(crate) fn is_workbook(bytes: &[u8]) -> bool {
    let ole = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    if bytes.starts_with(&ole) {
        return true;
    }
    bytes.starts_with(b"PK\x03\x04") && crate::archive::is_office_document(bytes)
}

/// Reads all sheets.
///
/// # Errors
/// [`Error::Container`] if the file is damaged, encrypted or larger than a book can be.
pub(crate) fn read(path: &str, bytes: &[u8]) -> Result<Vec<Sheet>, Error> {
    // Seized files are damaged in ways that their readers did not think of.
    GUARDED.set(true);
    let read = std::panic::catch_unwind(|| read_sheets(path, bytes));
    GUARDED.set(false);
    read.unwrap_or_else(|_| {
        Err(Error::Workbook {
            path: path.to_owned(),
            why: "its reader failed on it".to_owned(),
        })
    })
}

thread_local! {
    static GUARDED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether a panic of this thread will be caught and become an error of the file that is read, so that
/// a panic hook has nothing to say.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

fn read_sheets(path: &str, bytes: &[u8]) -> Result<Vec<Sheet>, Error> {
    let container = |why: String| Error::Container {
        path: path.to_owned(),
        why,
    };
    let broken = |error: &dyn std::fmt::Display| Error::Workbook {
        path: path.to_owned(),
        why: error.to_string(),
    };
    if is_encrypted(bytes) {
        return Err(container(
            "it is protected by a password: open it with the password, save it without, and add \
             that with a note of how it was made"
                .to_owned(),
        ));
    }
    if unpacks_beyond(bytes, UNPACKED_MAX) {
        return Err(container(format!(
            "it unpacks to more than {} MiB, which no book does: cut it into parts",
            UNPACKED_MAX >> 20
        )));
    }
    let mut workbook =
        calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| match error {
            calamine::Error::Msg(_) => broken(&"it is packed like a spreadsheet and holds none"),
            error => broken(&error),
        })?;
    let too_many = || {
        container(format!(
            "its sheets span more than {CELLS_MAX} cells: cut it into parts, or delete what stands \
             far outside of the table, in a copy that is added with a note of how it was made"
        ))
    };
    let looks = Looks::of(bytes);
    let names = workbook.sheet_names();
    let mut sheets = Vec::with_capacity(names.len());
    let mut n_cells = 0_usize;
    for (index, name) in names.iter().enumerate() {
        // Two cells far apart span more than any memory holds, so the span is known before it is filled.
        let span = span(&mut workbook, name).map_err(|error| broken(&error))?;
        if n_cells.saturating_add(span) > CELLS_MAX {
            return Err(too_many());
        }
        let range = workbook
            .worksheet_range(name)
            .map_err(|error| broken(&error))?;
        let (height, width) = range.end().map_or((0, 0), |(row, column)| {
            (row as usize + 1, column as usize + 1)
        });
        n_cells = n_cells.saturating_add(height.saturating_mul(width));
        if n_cells > CELLS_MAX {
            return Err(too_many());
        }
        let rows: Vec<Row> = (0..height)
            .map(|row| {
                let cells = (0..width).map(|column| {
                    let at = (
                        u32::try_from(row).unwrap_or(u32::MAX),
                        u32::try_from(column).unwrap_or(u32::MAX),
                    );
                    range.get_value(at).map_or_else(Cell::empty, cell)
                });
                let number = u32::try_from(row + 1).unwrap_or(u32::MAX);
                Row::new(number, cells.collect())
            })
            .collect();
        let look = looks.sheet(index);
        let letters: String = rows
            .iter()
            .take(5)
            .flat_map(|row| row.cells.iter().map(|cell| &*cell.text))
            .collect();
        sheets.push(Sheet {
            path: path.into(),
            name: name.as_str().into(),
            right_to_left: look
                .right_to_left
                .unwrap_or_else(|| text::is_right_to_left(&letters)),
            rows,
            n_hidden: look.n_hidden,
            n_merged: look.n_merged,
            epoch: Some(look.epoch),
            folded: None,
        });
    }
    Ok(sheets)
}

/// Whether this is the container in which a workbook with a password stands.
fn is_encrypted(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage"
        .bytes()
        .flat_map(|letter| [letter, 0])
        .collect();
    bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) && memchr::memmem::find(bytes, &name).is_some()
}

/// Whether the parts of a ZIP unpack to more than so many bytes; by unpacking them, because what the
/// ZIP says of itself may be false.
fn unpacks_beyond(bytes: &[u8], n_max: u64) -> bool {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return false;
    };
    let mut n_left = n_max;
    for index in 0..archive.len() {
        let Ok(part) = archive.by_index(index) else {
            continue;
        };
        let mut part = part.take(n_left + 1);
        // A damaged part is the business of the reader.
        let _ = std::io::copy(&mut part, &mut std::io::sink());
        let n_read = n_left + 1 - part.limit();
        if n_read > n_left {
            return true;
        }
        n_left -= n_read;
    }
    false
}

/// Cells of the rectangle from the first cell to the last that a sheet holds, read without filling it.
/// Of XLS, whose sheets are small, and ODS, whose reader has a limit of its own: nothing.
fn span<R: Read + std::io::Seek>(
    workbook: &mut Sheets<R>,
    name: &str,
) -> Result<usize, calamine::Error> {
    let mut end = (0_usize, 0_usize);
    let mut widen = |(row, column): (u32, u32)| {
        end = (end.0.max(row as usize + 1), end.1.max(column as usize + 1));
    };
    match workbook {
        Sheets::Xlsx(book) => match book.worksheet_cells_reader(name) {
            Ok(mut cells) => {
                while let Some(cell) = cells.next_cell()? {
                    widen(cell.get_position());
                }
            }
            // A sheet of charts.
            Err(calamine::XlsxError::NotAWorksheet(_)) => {}
            Err(error) => return Err(error.into()),
        },
        Sheets::Xlsb(book) => {
            let mut cells = book.worksheet_cells_reader(name)?;
            while let Some(cell) = cells.next_cell()? {
                widen(cell.get_position());
            }
        }
        Sheets::Xls(_) | Sheets::Ods(_) => {}
    }
    Ok(end.0.saturating_mul(end.1))
}

fn cell(data: &Data) -> Cell {
    let (text, kind) = match data {
        Data::Empty => return Cell::empty(),
        Data::String(text) => return Cell::text(text),
        Data::Int(number) => (number.to_string(), CellKind::Number),
        Data::Float(number) => (decimal(*number), CellKind::Number),
        Data::Bool(value) => (value.to_string(), CellKind::Other),
        Data::DateTime(date) if date.is_datetime() => return date_cell(date),
        Data::DateTime(duration) => (decimal(duration.as_f64()), CellKind::Number),
        Data::DateTimeIso(text) => return iso_cell(text),
        Data::DurationIso(text) => (text.clone(), CellKind::Text),
        Data::Error(error) => (error.to_string(), CellKind::Other),
    };
    Cell {
        text: text.into(),
        kind,
    }
}

/// A number that the spreadsheet shows as a date: the date, the time of day where it is less than one
/// day, or the number where it is no date that a spreadsheet can show.
fn date_cell(date: &ExcelDateTime) -> Cell {
    let number = decimal(date.as_f64());
    if let Some(read) = date::serial(&number, epoch(date)) {
        let text = read.iso().into();
        let kind = CellKind::Date(read);
        return Cell { text, kind };
    }
    // A time of day is a fraction of the first day.
    let clock = number
        .strip_prefix("0.")
        .and_then(|fraction| date::serial(&format!("1.{fraction}"), date::Epoch::Y1900)?.clock);
    match clock {
        Some((seconds, _)) => Cell::text(&date::clock_of(seconds)),
        None => Cell {
            text: number.into(),
            kind: CellKind::Number,
        },
    }
}

/// A date that the file has as ISO text.
fn iso_cell(text: &str) -> Cell {
    let written = text.parse::<jiff::civil::DateTime>();
    let Ok(written) = written.or_else(|_| text.parse().map(jiff::civil::Date::into)) else {
        return Cell::text(text);
    };
    let seconds = written.to_zoned(jiff::tz::TimeZone::UTC);
    let Ok(seconds) = seconds.map(|at| at.timestamp().as_second()) else {
        return Cell::text(text);
    };
    let clock = seconds.rem_euclid(DAY_SECONDS);
    let read = DateReading {
        days: seconds.div_euclid(DAY_SECONDS),
        clock: (clock > 0).then_some((clock, Precision::Second)),
    };
    Cell {
        text: text.into(),
        kind: CellKind::Date(read),
    }
}

/// The epoch that a date cell counts from; the flag itself is not public, the date is.
fn epoch(date: &ExcelDateTime) -> date::Epoch {
    let as_1900 = ExcelDateTime::new(date.as_f64(), calamine::ExcelDateTimeType::DateTime, false);
    if as_1900.to_ymd_hms_milli() == date.to_ymd_hms_milli() {
        date::Epoch::Y1900
    } else {
        date::Epoch::Y1904
    }
}

/// The shortest decimal text that reads back as this number; with more than 15 significant digits
/// (noise of a spreadsheet's arithmetic) rounded to 15, as a spreadsheet shows it. Numbers that a
/// spreadsheet cannot hold exactly keep all their digits, so that they can be told.
pub(crate) fn decimal(number: f64) -> String {
    let shortest = number.to_string();
    let digits = shortest
        .trim_start_matches('-')
        .trim_start_matches(['0', '.'])
        .bytes()
        .filter(u8::is_ascii_digit)
        .count();
    if digits <= 15 || !shortest.contains('.') {
        return shortest;
    }
    let scientific = format!("{number:.14e}");
    let Ok(rounded) = scientific.parse::<f64>() else {
        return shortest;
    };
    rounded.to_string()
}

/// What the XML says of a sheet and calamine does not.
#[derive(Clone, Copy, Default, Debug)]
struct Look {
    right_to_left: Option<bool>,
    n_hidden: usize,
    n_merged: usize,
    epoch: date::Epoch,
}

struct Looks(Vec<Look>);

impl Looks {
    /// Of an XLSX, by the parts of its sheets in order; of other formats nothing.
    fn of(bytes: &[u8]) -> Self {
        let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
            return Self(Vec::new());
        };
        let epoch = epoch_of(&mut archive);
        let mut looks = Vec::new();
        while let Ok(mut part) =
            archive.by_name(&format!("xl/worksheets/sheet{}.xml", looks.len() + 1))
        {
            let mut xml = Vec::new();
            // The sheet was opened by calamine before this, so its size is bounded by then.
            if part.read_to_end(&mut xml).is_err() {
                break;
            }
            let has = |needle: &[u8]| memchr::memmem::find(&xml, needle).is_some();
            let count = |needle: &[u8]| memchr::memmem::find_iter(&xml, needle).count();
            looks.push(Look {
                right_to_left: Some(has(b"rightToLeft=\"1\"") || has(b"rightToLeft=\"true\"")),
                n_hidden: hidden_rows(&xml),
                n_merged: count(b"<mergeCell "),
                epoch,
            });
        }
        Self(looks)
    }

    fn sheet(&self, index: usize) -> Look {
        self.0.get(index).copied().unwrap_or_default()
    }
}

/// Bytes of the part that describes a workbook which are looked at for its flag.
const WORKBOOK_PART_MAX: u64 = 1 << 20;

/// The day that an XLSX says it counts from.
fn epoch_of(archive: &mut zip::ZipArchive<Cursor<&[u8]>>) -> date::Epoch {
    let mut xml = Vec::new();
    let read = archive
        .by_name("xl/workbook.xml")
        .ok()
        .and_then(|part| part.take(WORKBOOK_PART_MAX).read_to_end(&mut xml).ok());
    let says = |flag: &[u8]| memchr::memmem::find(&xml, flag).is_some();
    if read.is_some() && (says(b"date1904=\"1\"") || says(b"date1904=\"true\"")) {
        date::Epoch::Y1904
    } else {
        date::Epoch::Y1900
    }
}

fn hidden_rows(xml: &[u8]) -> usize {
    memchr::memmem::find_iter(xml, b"<row ")
        .filter(|&start| {
            let tag = &xml[start..];
            let end = memchr::memchr(b'>', tag).unwrap_or(tag.len());
            memchr::memmem::find(&tag[..end], b"hidden=\"1\"").is_some()
                || memchr::memmem::find(&tag[..end], b"hidden=\"true\"").is_some()
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_xlsxwriter::{Format, Workbook};

    #[test]
    fn noise_of_floats_is_rounded_to_what_a_spreadsheet_shows() {
        for (number, text) in [
            ("76.45999999999999".parse().unwrap(), "76.46"),
            ("78.65000000000001".parse().unwrap(), "78.65"),
            (3255.5, "3255.5"),
            (380_000_000.0, "380000000"),
            (0.1, "0.1"),
            (-12.25, "-12.25"),
            (9_007_199_254_740_993.0, "9007199254740992"),
        ] {
            assert_eq!(decimal(number), text);
        }
    }

    #[test]
    fn cells_keep_what_the_file_says() {
        let mut workbook = Workbook::new();
        let date = Format::new().set_num_format("yyyy-mm-dd");
        let sheet = workbook.add_worksheet();
        sheet.set_right_to_left(true);
        sheet.write_string(0, 0, "شماره").unwrap();
        sheet.write_number(1, 1, 1.5).unwrap();
        sheet.write_string(1, 2, "007").unwrap();
        sheet
            .write_number_with_format(2, 0, 44_697.0, &date)
            .unwrap();
        for (column, number) in [(1, 44_697.437_5), (2, 0.4375), (3, -5.0)] {
            sheet
                .write_number_with_format(2, column, number, &date)
                .unwrap();
        }
        sheet
            .merge_range(4, 0, 4, 3, "جمع", &Format::new())
            .unwrap();
        sheet.set_row_hidden(2).unwrap();
        let bytes = workbook.save_to_buffer().unwrap();
        assert!(is_workbook(&bytes));
        let sheets = read("book.xlsx", &bytes).unwrap();
        let sheet = &sheets[0];
        assert!(sheet.right_to_left);
        assert_eq!((sheet.n_hidden, sheet.n_merged), (1, 1));
        assert_eq!(sheet.rows.len(), 5);
        assert_eq!(sheet.rows[1].cells[1].kind, CellKind::Number);
        assert_eq!(&*sheet.rows[1].cells[2].text, "007");
        let shown = |row: usize, column: usize| {
            let cell: &Cell = &sheet.rows[row].cells[column];
            let days = match cell.kind {
                CellKind::Date(date) => Some(date.days),
                _ => None,
            };
            (cell.text.to_string(), days)
        };
        assert_eq!(shown(2, 0), ("2022-05-16".to_owned(), Some(19_128)));
        assert_eq!(
            shown(2, 1),
            ("2022-05-16T10:30:00".to_owned(), Some(19_128))
        );
        assert_eq!(shown(2, 2), ("10:30:00".to_owned(), None));
        assert_eq!(
            shown(2, 3),
            ("-5".to_owned(), None),
            "no date that can be shown"
        );
        let broken = read("book.xlsx", &bytes[..bytes.len() / 2]).unwrap_err();
        assert_eq!(broken.code(), "ingest/container");
    }

    #[test]
    fn two_cells_at_the_ends_of_a_sheet_do_not_fill_the_memory() {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.write_string(0, 0, "first").unwrap();
        sheet.write_string(1_048_575, 16_383, "last").unwrap();
        let bytes = workbook.save_to_buffer().unwrap();
        let refused = read("far.xlsx", &bytes).unwrap_err().to_string();
        assert!(
            refused.contains("span more than 16000000 cells"),
            "{refused}"
        );
    }

    #[test]
    fn what_unpacks_to_more_than_it_may_is_told_without_believing_the_archive() {
        let mut bytes = Vec::new();
        let mut archive = zip::ZipWriter::new(Cursor::new(&mut bytes));
        let options = zip::write::SimpleFileOptions::default();
        for name in ["a", "b"] {
            archive.start_file(name, options).unwrap();
            std::io::Write::write_all(&mut archive, &[b'x'; 5_000]).unwrap();
        }
        archive.finish().unwrap();
        assert!(bytes.len() < 1_000);
        assert!(unpacks_beyond(&bytes, 9_999));
        assert!(!unpacks_beyond(&bytes, 10_000));
    }

    #[test]
    fn a_password_is_named() {
        let mut bytes = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
        bytes.resize(1_024, 0);
        bytes.extend("EncryptedPackage".bytes().flat_map(|letter| [letter, 0]));
        let refused = read("book.xlsx", &bytes).unwrap_err().to_string();
        assert!(refused.contains("protected by a password"), "{refused}");
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut zip = b"PK\x03\x04".to_vec();
            zip.extend(&bytes);
            let _ = read("x", &zip);
            let _ = read("x", &bytes);
        }
    }
}
