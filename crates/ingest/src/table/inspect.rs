//! What a table looks like to a person who has to decide whether to take it in.
//!
//! Law: inspecting reads as adding does, so what it shows is what `add` would do.

use super::book::{Book, Booking, load};
use super::date;
use super::equations::Equation;
use super::field::Field;
use super::lexicon::Calendar;
use super::list;
use super::number;
use super::profile::Profile;
use super::properties::{self, Property};
use super::propose;
use super::repair::{Break, Repair};
use super::sheet::{Cell, Sheet};
use super::workbook;
use crate::exchange::mapped;
use crate::{Error, Evidence, Format, Options};
use moneytrail_model::{RecordBin, RecordCounts};
use moneytrail_store::schema::{Batch, RecordPlace};
use serde::Serialize;

/// Cells shown of a column.
const SAMPLES: usize = 3;
/// Rows shown that would be quarantined.
const QUARANTINED: usize = 50;

/// A table as it would be read.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// The format's word on the command line.
    pub format: &'static str,
    /// Encoding of delimited text.
    pub encoding: Option<String>,
    /// Delimiter of delimited text.
    pub delimiter: Option<char>,
    /// Its sheets; delimited text is one, named `-`.
    pub sheets: Vec<SheetInspection>,
    /// What would become of its rows.
    pub counts: RecordCounts,
    /// The first rows that would be quarantined.
    pub quarantined: Vec<QuarantinedRow>,
    /// All rows that would move nothing: titles, headers, totals, balances brought forward and the like.
    pub context: Vec<ContextRow>,
    /// What the book says about itself as a whole; nothing for plain lists.
    pub properties: Vec<Property>,
    /// What its figures have to do with each other, besides running balances, and how often it holds.
    pub equations: Vec<Equation>,
    /// Cells that, read otherwise, would make equations hold; nothing is changed by them.
    pub repairs: Vec<Repair>,
    /// Rows where equations do not hold, and no one reading mends them.
    pub breaks: Vec<Break>,
    /// What would be taken for granted.
    pub assumptions: Vec<String>,
    /// What a person should look at.
    pub remarks: Vec<String>,
    /// The profile that it would be read by, as TOML; none for plain lists.
    pub profile: Option<String>,
}

/// A sheet as it would be read.
#[derive(Clone, Debug, Serialize)]
pub struct SheetInspection {
    /// Its name, `-` for delimited text.
    pub name: String,
    /// Whether it runs from right to left.
    pub right_to_left: bool,
    /// Its rows, blank ones too.
    pub n_rows: usize,
    /// Row of the header, from 1.
    pub header_row: Option<u32>,
    /// Its columns.
    pub columns: Vec<ColumnInspection>,
}

/// A column as it would be read.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnInspection {
    /// From 1.
    pub number: usize,
    /// Row of the record that it is a column of: 1, or 2 where records take two rows.
    pub record_row: u8,
    /// Text of its header.
    pub header: String,
    /// What it is taken for; `None` if it is not read.
    pub meaning: Option<&'static str>,
    /// Currency of all its amounts, if its header names one.
    pub currency: Option<String>,
    /// How well header and content fit, 0 to 1000.
    pub score: u32,
    /// The next best meaning and its score.
    pub runner_up: Option<(&'static str, u32)>,
    /// First cells, raw and as read.
    pub samples: Vec<Sample>,
}

/// A cell, raw and as read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Sample {
    /// As the file has it.
    pub raw: String,
    /// What it is read as; `None` if it is not understood.
    pub reading: Option<String>,
}

/// A row that would be understood, and moves nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ContextRow {
    /// Its sheet.
    pub sheet: String,
    /// Its number, from 1.
    pub row: u32,
    /// What it is.
    pub reason: String,
}

/// A row that would be quarantined.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct QuarantinedRow {
    /// Its sheet.
    pub sheet: String,
    /// Its number, from 1.
    pub row: u32,
    /// Why.
    pub reason: String,
    /// Its raw cells.
    pub raw: Vec<String>,
}

/// Reads a table as `add` would, into nothing.
///
/// # Errors
/// As reading it.
pub(crate) fn inspect(
    format: Format,
    evidence: &Evidence,
    options: &Options,
) -> Result<Inspection, Error> {
    match format {
        Format::TransferList | Format::TransferParquet => inspect_list(format, evidence),
        _ => inspect_book(evidence, options),
    }
}

fn inspect_list(format: Format, evidence: &Evidence) -> Result<Inspection, Error> {
    let file = super::only_file(evidence)?;
    let bytes = super::mapped(file)?;
    if format == Format::TransferParquet {
        let mut batches: Vec<Batch> = Vec::new();
        let outcome = list::read_parquet(file, &Options::default(), &mut batches, &())?;
        return Ok(of_list(format, None, &outcome, &batches, Vec::new()));
    }
    let (head, outcome, batches) = list::inspect_delimited(file, &bytes)?;
    let columns = head
        .header
        .iter()
        .zip(&head.columns.roles)
        .enumerate()
        .map(|(index, (header, role))| ColumnInspection {
            number: index + 1,
            record_row: 1,
            header: header.clone(),
            meaning: role.map(list::Role::as_str),
            currency: None,
            score: if role.is_some() { 1000 } else { 0 },
            runner_up: None,
            samples: Vec::new(),
        })
        .collect();
    let sheet = SheetInspection {
        name: "-".to_owned(),
        right_to_left: false,
        n_rows: usize::try_from(outcome.counts.total()).unwrap_or(usize::MAX),
        header_row: Some(head.header_row),
        columns,
    };
    let form = (head.encoding.name().to_owned(), char::from(head.delimiter));
    Ok(of_list(format, Some(form), &outcome, &batches, vec![sheet]))
}

fn of_list(
    format: Format,
    form: Option<(String, char)>,
    outcome: &crate::Outcome,
    batches: &[Batch],
    sheets: Vec<SheetInspection>,
) -> Inspection {
    let quarantined = batches
        .iter()
        .flat_map(|batch| &batch.records)
        .filter(|record| record.bin == RecordBin::Quarantined)
        .take(QUARANTINED)
        .map(|record| QuarantinedRow {
            sheet: "-".to_owned(),
            row: match record.place {
                RecordPlace::Row(row) => row,
                RecordPlace::Bytes(..) => 0,
            },
            reason: record.reason.as_deref().unwrap_or("").to_owned(),
            raw: record.raw.iter().map(ToString::to_string).collect(),
        })
        .collect();
    let (encoding, delimiter) = form.unzip();
    Inspection {
        format: format.as_str(),
        encoding,
        delimiter,
        sheets,
        counts: outcome.counts,
        quarantined,
        context: Vec::new(),
        properties: Vec::new(),
        equations: Vec::new(),
        repairs: Vec::new(),
        breaks: Vec::new(),
        assumptions: outcome.assumptions.clone(),
        remarks: outcome.remarks.clone(),
        profile: None,
    }
}

/// A table of transfers: by the profile that is given, or that its columns propose.
fn inspect_mapped(
    evidence: &Evidence,
    profile: &Profile,
    sheets: &[Sheet],
) -> Result<Inspection, Error> {
    let mut batches: Vec<Batch> = Vec::new();
    let outcome = mapped::read(evidence, profile, &mut batches, &())?;
    let mut inspected = Vec::with_capacity(sheets.len());
    for sheet in sheets {
        let map = propose::map_by_profile(sheet, profile)?;
        let samples = |column: usize| {
            let cells = propose::cells_below(sheet, map.header, column);
            let raw = cells
                .into_iter()
                .take(SAMPLES)
                .map(|cell| cell.text.to_string());
            raw.map(|raw| Sample { raw, reading: None }).collect()
        };
        let columns = map
            .columns
            .iter()
            .enumerate()
            .map(|(column, mapped)| ColumnInspection {
                number: column + 1,
                record_row: 1,
                header: mapped.header.clone(),
                meaning: mapped.field.map(Field::as_str),
                currency: mapped.currency.as_deref().map(str::to_owned),
                score: mapped.score,
                runner_up: None,
                samples: samples(column),
            });
        inspected.push(SheetInspection {
            name: sheet.name.to_string(),
            right_to_left: sheet.right_to_left,
            n_rows: sheet.rows.len(),
            header_row: map.header.map(|header| sheet.rows[header].number),
            columns: columns.collect(),
        });
    }
    Ok(Inspection {
        profile: Some(profile.to_toml()?),
        ..of_list(Format::Table, None, &outcome, &batches, inspected)
    })
}

fn inspect_book(evidence: &Evidence, options: &Options) -> Result<Inspection, Error> {
    let asked = mapped::asked(options)?;
    if asked.is_some() || options.profile.is_none() {
        let sheets = load(evidence, asked.as_ref())?.0;
        let proposed = || sheets.iter().find_map(mapped::propose);
        if let Some(profile) = asked.or_else(proposed) {
            return inspect_mapped(evidence, &profile, &sheets);
        }
    }
    let book = Book::open(evidence, options)?;
    let Booking {
        taken,
        balances,
        repairs,
        equations,
        remarks,
        ..
    } = book.normalise(evidence);
    let mut counts = RecordCounts::default();
    for row in &taken {
        counts.count(row.bin);
    }
    let quarantined = taken
        .iter()
        .filter(|taken| taken.bin == RecordBin::Quarantined)
        .take(QUARANTINED)
        .map(|taken| {
            let sheet = &book.sheets[taken.sheet];
            QuarantinedRow {
                sheet: sheet.name.to_string(),
                row: taken.row,
                reason: taken.reason.clone().unwrap_or_default(),
                raw: taken.raw.iter().map(ToString::to_string).collect(),
            }
        })
        .collect();
    let context = taken
        .iter()
        .filter(|taken| taken.bin == RecordBin::Contextual)
        .map(|taken| {
            let sheet = &book.sheets[taken.sheet];
            ContextRow {
                sheet: sheet.name.to_string(),
                row: taken.row,
                reason: taken.reason.clone().unwrap_or_default(),
            }
        })
        .collect();
    let sheets = (0..book.sheets.len())
        .map(|index| sheet(&book, index))
        .collect();
    Ok(Inspection {
        format: Format::Table.as_str(),
        encoding: book.form.as_ref().map(|form| form.encoding.clone()),
        delimiter: book.form.as_ref().map(|form| form.delimiter),
        sheets,
        counts,
        quarantined,
        context,
        properties: properties::of(&book, &balances),
        equations,
        repairs: repairs.repairs,
        breaks: repairs.breaks,
        assumptions: book.assumptions.clone(),
        remarks,
        profile: Some(book.profile.to_toml()?),
    })
}

fn sheet(book: &Book, index: usize) -> SheetInspection {
    let (sheet, map) = (&book.sheets[index], &book.maps[index]);
    let columns = map
        .columns
        .iter()
        .enumerate()
        .map(|(column, mapped)| ColumnInspection {
            number: sheet.file_column(column).0 + 1,
            record_row: sheet.file_column(column).1,
            header: mapped.header.clone(),
            meaning: mapped.field.map(Field::as_str),
            currency: mapped.currency.as_deref().map(str::to_owned),
            score: mapped.score,
            runner_up: mapped
                .runner_up
                .map(|candidate| (candidate.field.as_str(), candidate.score)),
            samples: sheet
                .rows
                .iter()
                .skip(map.header.map_or(0, |header| header + 1))
                .filter_map(|row| row.cell(column))
                .take(SAMPLES)
                .map(|cell| sample(book, mapped.field, cell))
                .collect(),
        })
        .collect();
    SheetInspection {
        name: sheet.name.to_string(),
        right_to_left: sheet.right_to_left,
        n_rows: sheet.rows.iter().map(|row| row.parts().len()).sum(),
        header_row: map.header.map(|header| sheet.rows[header].number),
        columns,
    }
}

fn sample(book: &Book, field: Option<Field>, cell: &Cell) -> Sample {
    let reading = match field {
        None => None,
        Some(Field::Date | Field::DateAlt | Field::PaidAt) => book
            .dates
            .as_ref()
            .and_then(|choice| date::read(cell, choice.habit))
            .or_else(|| {
                date::choose(&[cell], Calendar::Gregorian)
                    .and_then(|choice| date::read(cell, choice.habit))
            })
            .map(|date| book.words.instant(date).to_string()),
        Some(field) if field.is_money() || field == Field::Rate => {
            let habit = book.profile.number_habit(number::NumberHabit::default());
            number::read(cell, habit).map(|number| {
                let sign = if number.negative { "-" } else { "" };
                format!("{sign}{}", number.text)
            })
        }
        Some(Field::Type) => book
            .words
            .entry(cell.trimmed())
            .map(|entry| entry.as_str().to_owned()),
        Some(
            Field::Currency | Field::CurrencyIn | Field::CurrencyOut | Field::CommissionCurrency,
        ) => book
            .words
            .unit(cell.trimmed())
            .map(|unit| match unit.factor {
                1 => unit.asset.symbol().to_owned(),
                factor => format!("{factor}*{}", unit.asset.symbol()),
            }),
        Some(_) => Some(cell.trimmed().to_owned()),
    };
    Sample {
        raw: cell.text.to_string(),
        reading,
    }
}

/// Whether the bytes look like a table that a person could map: a spreadsheet, or text with columns.
pub(crate) fn looks_like_table(bytes: &[u8]) -> bool {
    if workbook::is_workbook(bytes) {
        return true;
    }
    let head = &bytes[..bytes.len().min(64 * 1024)];
    let encoding = super::text::encoding_of(head);
    let text = super::text::decode(head, encoding);
    let first = text.trim_start().chars().next();
    if matches!(first, None | Some('{' | '[' | '<')) || text.contains('\0') {
        return false;
    }
    let n_strange = text
        .chars()
        .filter(|c| c.is_control() && !c.is_whitespace() || *c == '\u{fffd}')
        .count();
    if n_strange * 50 > text.chars().count() {
        return false;
    }
    let Ok(read) = super::delimited::read("", text.as_bytes(), Some("utf-8"), None) else {
        return false;
    };
    let widths: Vec<usize> = read
        .sheet
        .rows
        .iter()
        .filter(|row| !row.is_blank())
        .map(|row| row.cells.len())
        .collect();
    let wide = widths.iter().filter(|&&width| width >= 3).count();
    wide >= 1 && wide * 2 >= widths.len()
}
