//! A profile proposed from plain headers and from what the columns look like.
//!
//! Laws: every choice has a score and a runner-up, which `inspect` shows; what is not said by header or
//! content is not guessed. Without a date or serial, an amount and a direction there is no proposal.

use super::date::DateReading;
use super::field::Field;
use super::header::{self, Candidate};
use super::lexicon::{Calendar, EntryType, lexicon, words};
use super::number::Votes;
use super::profile::{ColumnProfile, MoneyColumn, Profile, Unit, currency};
use super::shape::Shape;
use super::sheet::{Cell, CellKind, Row, Sheet};
use super::text::fold;
use crate::Error;
use std::collections::BTreeMap;

/// Rows in which a header is looked for.
const HEADER_ROWS: usize = 40;
/// A column whose best field scores less is not read.
const SCORE_MIN: u32 = 351;
/// A header cell whose best field scores less is not counted as known.
const HEADER_SCORE_MIN: u32 = 500;

/// What a column of a sheet is taken for.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ColumnMap {
    pub(crate) header: String,
    pub(crate) field: Option<Field>,
    /// Currency of all its amounts, if header or profile say so.
    pub(crate) currency: Option<Box<str>>,
    pub(crate) unit: Option<Unit>,
    pub(crate) score: u32,
    pub(crate) runner_up: Option<Candidate>,
    pub(crate) shape: Shape,
}

/// How a sheet is read.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct SheetMap {
    /// The hawaladar whose account the sheet is, by its name.
    pub(crate) counterpart: Option<String>,
    /// Currency of the sheet, by its name.
    pub(crate) unit: Option<Unit>,
    /// What its rows book where none of them says it: the sheet is a list of orders that were sent, or received.
    pub(crate) entry: Option<EntryType>,
    /// The day of rows that have none, and the calendar that it is written in.
    pub(crate) date: Option<(DateReading, Calendar)>,
    /// Position of the header row; `None` if the sheet has none that is known.
    pub(crate) header: Option<usize>,
    pub(crate) columns: Vec<ColumnMap>,
}

impl SheetMap {
    pub(crate) fn has(&self, field: Field) -> bool {
        self.columns
            .iter()
            .any(|column| column.field == Some(field))
    }

    /// Positions of the columns of a field.
    pub(crate) fn of(&self, field: Field) -> impl Iterator<Item = usize> {
        self.columns
            .iter()
            .enumerate()
            .filter(move |(_, column)| column.field == Some(field))
            .map(|(index, _)| index)
    }
}

/// The header row of a sheet: of its first rows the one with the most known header cells.
pub(crate) fn find_header(sheet: &Sheet) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for (index, row) in sheet.rows.iter().take(HEADER_ROWS).enumerate() {
        let cells: Vec<&str> = row
            .cells
            .iter()
            .filter(|cell| !cell.is_empty())
            .map(Cell::trimmed)
            .collect();
        if cells.len() < 3 {
            continue;
        }
        let language = header::language_of(&cells);
        let known = cells
            .iter()
            .filter(|cell| {
                header::read_header(cell, language)
                    .candidates
                    .first()
                    .is_some_and(|best| best.score >= HEADER_SCORE_MIN)
            })
            .count();
        let numbers = row
            .cells
            .iter()
            .filter(|cell| matches!(cell.kind, CellKind::Number | CellKind::Date(_)))
            .count();
        let enough = known >= 3 && known * 2 >= cells.len() && numbers == 0;
        if enough && best.is_none_or(|(_, most)| known > most) {
            best = Some((index, known));
        }
    }
    best.map(|(index, _)| index)
}

/// The header row that a profile speaks of: its number, else the row with the most of its headers.
pub(crate) fn header_by_profile(sheet: &Sheet, profile: &Profile) -> Option<usize> {
    if let Some(number) = profile.book.header_row {
        return sheet.rows.iter().position(|row| row.number == number);
    }
    let headers: Vec<String> = profile
        .columns
        .keys()
        .filter(|header| !header.starts_with('#'))
        .map(|header| fold(header))
        .collect();
    let hits = |row: &Row| {
        row.cells
            .iter()
            .filter(|cell| !cell.is_empty() && headers.contains(&fold(&cell.text)))
            .count()
    };
    let (index, most) = sheet
        .rows
        .iter()
        .take(HEADER_ROWS)
        .map(hits)
        .enumerate()
        .max_by_key(|&(index, hits)| (hits, std::cmp::Reverse(index)))?;
    (most > 0).then_some(index)
}

pub(crate) fn cells_below(sheet: &Sheet, header: Option<usize>, column: usize) -> Vec<&Cell> {
    sheet
        .rows
        .iter()
        .skip(header.map_or(0, |header| header + 1))
        .filter_map(|row| row.cell(column))
        .collect()
}

fn header_text(sheet: &Sheet, header: Option<usize>, column: usize) -> String {
    header
        .and_then(|header| sheet.rows[header].cells.get(column))
        .map(|cell| cell.trimmed().to_owned())
        .unwrap_or_default()
}

/// How a sheet is read under a given profile.
///
/// # Errors
/// If a currency of the profile is no currency.
pub(crate) fn map_by_profile(sheet: &Sheet, profile: &Profile) -> Result<SheetMap, Error> {
    let by_position = profile.columns.keys().any(|header| header.starts_with('#'));
    let header = header_by_profile(sheet, profile);
    if header.is_none() && !by_position {
        return Ok(SheetMap::default());
    }
    let folded: BTreeMap<String, &ColumnProfile> = profile
        .columns
        .iter()
        .filter(|(header, _)| !header.starts_with('#'))
        .map(|(header, column)| (fold(header), column))
        .collect();
    let mut columns = Vec::new();
    for index in 0..sheet.n_columns() {
        let text = header_text(sheet, header, index);
        let column = profile
            .columns
            .get(&sheet.position_key(index))
            .or_else(|| folded.get(&fold(&text)).copied());
        let currency_code = column.and_then(ColumnProfile::currency);
        columns.push(ColumnMap {
            header: text,
            field: column
                .and_then(|column| Field::from_word(column.field()))
                .filter(|&field| field != Field::Ignore),
            currency: currency_code.map(Box::from),
            unit: currency_code.map(currency).transpose()?,
            score: if column.is_some() { 1000 } else { 0 },
            runner_up: None,
            shape: Shape::of(&cells_below(sheet, header, index)),
        });
    }
    Ok(SheetMap {
        header,
        columns,
        ..SheetMap::default()
    })
}

/// How a sheet is read by its headers and content; without a header it is not read.
pub(crate) fn map_by_headers(sheet: &Sheet) -> SheetMap {
    let Some(header) = find_header(sheet) else {
        return SheetMap::default();
    };
    let texts: Vec<String> = (0..sheet.n_columns())
        .map(|column| header_text(sheet, Some(header), column))
        .collect();
    let known: Vec<&str> = texts
        .iter()
        .map(String::as_str)
        .filter(|text| !text.is_empty())
        .collect();
    let language = header::language_of(&known);
    let mut columns: Vec<ColumnMap> = Vec::new();
    let mut scored: Vec<Vec<Candidate>> = Vec::new();
    for (index, text) in texts.into_iter().enumerate() {
        let mut reading = header::read_header(&text, language);
        if sheet
            .folded
            .is_some_and(|width| index >= width && columns[index - width].header == text)
        {
            second_of_two(&mut reading.candidates);
        }
        let shape = Shape::of(&cells_below(sheet, Some(header), index));
        scored.push(scores(&reading.candidates, &shape));
        columns.push(ColumnMap {
            header: text,
            field: None,
            unit: reading
                .currency
                .as_deref()
                .and_then(|code| currency(code).ok()),
            currency: reading.currency,
            score: 0,
            runner_up: None,
            shape,
        });
    }
    assign(&mut columns, &scored);
    by_neighbours(&mut columns);
    SheetMap {
        header: Some(header),
        columns,
        ..SheetMap::default()
    }
}

/// Scores of a column's candidates: seven tenths header, three tenths look; a look that contradicts
/// halves the score.
fn scores(candidates: &[Candidate], shape: &Shape) -> Vec<Candidate> {
    let mut scored: Vec<Candidate> = candidates
        .iter()
        .map(|&Candidate { field, score }| {
            let score = match shape.fit(field) {
                None => score * 7 / 10 + 150,
                Some(fit) if fit < 200 => score * 35 / 100 + fit * 3 / 10,
                Some(fit) => score * 7 / 10 + fit * 3 / 10,
            };
            Candidate { field, score }
        })
        .collect();
    if let Some(field) = shape.suggestion()
        && !scored.iter().any(|candidate| candidate.field == field)
    {
        scored.push(Candidate { field, score: 450 });
    }
    scored.sort_by_key(|candidate| std::cmp::Reverse(candidate.score));
    scored
}

/// Under one header the first row of a record is about who pays in, the second about who is paid out.
fn second_of_two(candidates: &mut [Candidate]) {
    for (first, second) in [
        (Field::AmountIn, Field::AmountOut),
        (Field::CurrencyIn, Field::CurrencyOut),
        (Field::PlaceFrom, Field::PlaceTo),
        (Field::Sender, Field::Beneficiary),
        (Field::SenderPhone, Field::BeneficiaryPhone),
        (Field::SenderFather, Field::BeneficiaryFather),
        (Field::SenderId, Field::BeneficiaryId),
    ] {
        let of = |field: Field| {
            candidates
                .iter()
                .position(|candidate| candidate.field == field)
        };
        if let (Some(first), Some(second)) = (of(first), of(second)) {
            let score = candidates[first].score.max(candidates[second].score);
            let other = candidates[first].score.min(candidates[second].score);
            candidates[second].score = score;
            candidates[first].score = other.saturating_sub(1);
        }
    }
}

/// Gives each column its field: the best pairs first, no field twice but notes and money by currency.
fn assign(columns: &mut [ColumnMap], scored: &[Vec<Candidate>]) {
    let mut pairs: Vec<(u32, usize, Field)> = scored
        .iter()
        .enumerate()
        .flat_map(|(column, candidates)| {
            candidates
                .iter()
                .map(move |candidate| (candidate.score, column, candidate.field))
        })
        .filter(|&(score, ..)| score >= SCORE_MIN)
        .collect();
    pairs.sort_by_key(|&(score, column, field)| (std::cmp::Reverse(score), column, field));
    let mut taken: Vec<(Field, Option<Box<str>>)> = Vec::new();
    for (score, column, field) in pairs {
        let key = (
            field,
            columns[column]
                .currency
                .clone()
                .filter(|_| field.is_money()),
        );
        if columns[column].field.is_some() || (!field.may_repeat() && taken.contains(&key)) {
            continue;
        }
        taken.push(key);
        columns[column].field = Some(field);
        columns[column].score = score;
        columns[column].runner_up = scored[column]
            .iter()
            .copied()
            .find(|candidate| candidate.field != field);
    }
}

/// A father, telephone or document belongs to the person whose column stands before it.
fn by_neighbours(columns: &mut [ColumnMap]) {
    let has =
        |columns: &[ColumnMap], field| columns.iter().any(|column| column.field == Some(field));
    for (general, beneficiary) in [
        (Field::Father, Field::BeneficiaryFather),
        (Field::Phone, Field::BeneficiaryPhone),
        (Field::IdNo, Field::BeneficiaryId),
    ] {
        let mut person = None;
        for index in 0..columns.len() {
            match columns[index].field {
                Some(Field::Sender | Field::Beneficiary) => person = columns[index].field,
                Some(field)
                    if field == general
                        && person == Some(Field::Beneficiary)
                        && !has(columns, beneficiary)
                        && general == Field::Father =>
                {
                    columns[index].field = Some(beneficiary);
                }
                _ => {}
            }
        }
    }
}

/// What the names of sheets say where a book has several: a currency, or whose account a sheet is.
/// Months, numbers and names that programs give say nothing.
pub(crate) fn by_sheet_names(sheets: &[Sheet], maps: &mut [SheetMap]) -> Option<String> {
    if sheets.len() < 2 {
        return None;
    }
    let mut names = Vec::new();
    for (sheet, map) in sheets
        .iter()
        .zip(maps)
        .filter(|(_, map)| !map.columns.is_empty())
    {
        let name = super::sheet::trim(&sheet.name);
        if let Some(code) = lexicon().currencies.exact(name) {
            map.unit = currency(&code).ok();
            names.push(name);
        } else if !map.has(Field::Counterpart) && is_name(name) {
            map.counterpart = Some(name.to_owned());
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| {
        format!(
            "sheets are accounts with the hawaladar, or in the currency, of their name: {}",
            names.join(", ")
        )
    })
}

/// Lets a sheet without a header be read as the sheet before it, if it has as many columns and dates
/// stand where dates stood.
pub(crate) fn continue_headers(sheets: &[Sheet], maps: &mut [SheetMap]) -> Vec<String> {
    let mut said = Vec::new();
    for index in 1..sheets.len() {
        let before = &maps[index - 1];
        let (sheet, width) = (&sheets[index], sheets[index].n_columns());
        let dated = |column: usize| Shape::of(&cells_below(sheet, None, column)).date > 700;
        let continues = maps[index].columns.is_empty()
            && width > 0
            && width <= before.columns.len()
            && sheet.folded == sheets[index - 1].folded
            && before.of(Field::Date).any(dated);
        if continues {
            let map = SheetMap {
                header: None,
                ..before.clone()
            };
            maps[index] = map;
            said.push(format!(
                "sheet `{}` has no header and is read by that of the sheet before it",
                sheet.name
            ));
        }
    }
    said
}

/// Whether the columns of a sheet are enough to book by, and if not what is missing.
pub(crate) fn lacks(map: &SheetMap) -> Vec<&'static str> {
    let has = |fields: &[Field]| fields.iter().any(|&field| map.has(field));
    let mut lacks = Vec::new();
    if !has(&[Field::Date, Field::Serial]) && map.date.is_none() {
        lacks.push("date or serial number");
    }
    if !has(&[
        Field::Amount,
        Field::AmountIn,
        Field::AmountOut,
        Field::Credit,
        Field::Debit,
    ]) {
        lacks.push("amount");
    }
    let sentences = map
        .of(Field::Detail)
        .any(|column| map.columns[column].shape.sentence > 300);
    if !(map.entry.is_some()
        || has(&[Field::Type])
        || sentences
        || has(&[Field::Credit]) && has(&[Field::Debit]))
    {
        lacks.push("direction (columns for in and out, or a type)");
    }
    lacks
}

/// The profile that says what these maps say.
pub(crate) fn profile_of(sheets: &[Sheet], maps: &[SheetMap]) -> Profile {
    let mut profile = Profile::default();
    for (sheet, map) in sheets.iter().zip(maps) {
        let headers: Vec<String> = map
            .columns
            .iter()
            .map(|column| fold(&column.header))
            .collect();
        for (index, column) in map.columns.iter().enumerate() {
            let Some(field) = column.field else { continue };
            let unique = headers
                .iter()
                .filter(|header| **header == headers[index])
                .count()
                == 1;
            let key = if unique && !headers[index].is_empty() && !column.header.starts_with('#') {
                column.header.clone()
            } else {
                sheet.position_key(index)
            };
            let spec = match &column.currency {
                Some(code) if field.is_money() => ColumnProfile::Money(MoneyColumn {
                    field: field.as_str().to_owned(),
                    currency: code.to_string(),
                }),
                _ => ColumnProfile::Field(field.as_str().to_owned()),
            };
            profile.columns.entry(key).or_insert(spec);
        }
        words_of(sheet, map, &mut profile);
    }
    profile
}

/// The words of type and currency columns that the lexicon knows.
fn words_of(sheet: &Sheet, map: &SheetMap, profile: &mut Profile) {
    let lexicon = lexicon();
    let texts = |field: Field| {
        map.of(field)
            .flat_map(|column| cells_below(sheet, map.header, column))
            .map(|cell| cell.trimmed().to_owned())
            .collect::<Vec<String>>()
    };
    let types = texts(Field::Type);
    // Beside words that only orders are sent by, "received" speaks of orders and not of the cash box.
    let speaks_of_orders = types.iter().any(|text| {
        lexicon.lists.exact(text).is_some()
            && lexicon.sides.exact(text).is_none()
            && lexicon.types.of_cell(text).is_none()
    });
    for text in types {
        if let Some(entry) = lexicon.lists.exact(&text).filter(|_| speaks_of_orders) {
            profile
                .types
                .entry(text)
                .or_insert_with(|| entry.as_str().to_owned());
            continue;
        }
        if let Some(entry) = lexicon.types.of_cell(&text) {
            profile
                .types
                .entry(text)
                .or_insert_with(|| entry.as_str().to_owned());
        }
    }
    for field in [
        Field::Currency,
        Field::CurrencyIn,
        Field::CurrencyOut,
        Field::CommissionCurrency,
    ] {
        for text in texts(field) {
            if let Some(code) = lexicon.currencies.exact(&text)
                && *code != *text
            {
                profile
                    .currencies
                    .entry(text)
                    .or_insert_with(|| code.to_string());
            }
        }
    }
}

/// What the numbers of the money and rate columns say about the decimal mark.
pub(crate) fn votes(sheets: &[Sheet], maps: &[SheetMap]) -> Votes {
    let mut votes = Votes::default();
    for (sheet, map) in sheets.iter().zip(maps) {
        for (index, column) in map.columns.iter().enumerate() {
            let Some(field) = column.field else { continue };
            if !field.is_money() && field != Field::Rate {
                continue;
            }
            for cell in cells_below(sheet, map.header, index) {
                if cell.kind == CellKind::Text {
                    let before = votes;
                    votes.add(&cell.text);
                    if field == Field::Rate {
                        // `1.089` is how rates look, so such a rate says nothing.
                        votes.ambiguous_point = before.ambiguous_point;
                        votes.ambiguous_comma = before.ambiguous_comma;
                    }
                }
            }
        }
    }
    votes
}

/// The owner that a title row names: what is left of it without the words of titles, up to a dash.
pub(crate) fn owner_in_title(sheet: &Sheet, header: usize) -> Option<String> {
    sheet.rows[..header].iter().find_map(|row| {
        let mut filled = row.cells.iter().filter(|cell| !cell.is_empty());
        let (cell, more) = (filled.next()?, filled.next());
        if more.is_some() || cell.kind != CellKind::Text {
            return None;
        }
        let text = cell.trimmed();
        let first = text
            .split([':', '|', '\u{2013}', '\u{2014}'])
            .flat_map(|part| part.split(" - "))
            .map(str::trim)
            .find(|part| is_name(part))?;
        Some(strip_title_words(first))
    })
}

/// Whether a text may be a name: letters, at most six words, not only words of titles or months.
pub(crate) fn is_name(text: &str) -> bool {
    let program = [
        "sheet", "tabelle", "sayfa", "list", "feuil", "foglio", "blad", "data",
    ];
    if program.iter().any(|word| fold(text).starts_with(word)) {
        return false;
    }
    let n = strip_title_words(text).split_whitespace().count();
    (1..=6).contains(&n) && !text.chars().any(|c| super::text::digit(c).is_some())
}

fn strip_title_words(text: &str) -> String {
    let lexicon = lexicon();
    text.split_whitespace()
        .filter(|word| {
            let key = words(word);
            lexicon.titles.all(&key).is_empty() && lexicon.months.all(&key).is_empty()
        })
        .collect::<Vec<&str>>()
        .join(" ")
}

/// The name that a file's stem gives: its words without separators, digits and dates.
pub(crate) fn owner_in_file_name(name: &str) -> Option<String> {
    let base = name.rsplit('/').next().unwrap_or(name);
    let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
    let name = stem
        .split(|c: char| c == '_' || c == '-' || c == '.' || c.is_whitespace())
        .filter(|part| part.chars().any(char::is_alphabetic))
        .collect::<Vec<&str>>()
        .join(" ");
    let bare = strip_title_words(&name);
    let name = if bare.is_empty() { name } else { bare };
    (!name.is_empty()).then_some(name)
}
