//! A book, from its sheets to one batch.
//!
//! Laws: every row of every sheet is one record in one bin; a book is one batch, because its rows link to
//! each other across sheets; what was taken for granted is said.

mod corrections;
mod decide;
mod keeper;
mod lists;

use super::balance::Balances;
use super::date::HabitChoice;
use super::delimited;
use super::equations::{self, Equation, Seen};
use super::ledger::{LedgerRecord, ReadRow, RowReader, RowReading, Words};
use super::normalise::{At, Booked, Normaliser};
use super::number::Votes;
use super::profile::Profile;
use super::propose::{self, SheetMap};
use super::repair::{Chains, Repairs};
use super::sheet::{Row, Sheet};
use super::two_rows::{self, Asked, Joined};
use super::workbook;
use crate::exchange::mapped;
use crate::{Error, Evidence, Format, Options, Outcome, Progress};
use corrections::corrected;
pub(crate) use decide::digit_counts;
use decide::{base, count_days, date_habit, dates, digits, enough, spellings};
use keeper::{Keepers, keepers};
pub(crate) use lists::iso_day;
use lists::{by_file_name, without_headers};
use moneytrail_model::{Locator, Place, RecordBin, RecordCounts};
use moneytrail_store::schema::{RecordPlace, RecordRow, Sink};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// How a file's text was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TextForm {
    pub(crate) encoding: String,
    pub(crate) has_byte_order_mark: bool,
    pub(crate) delimiter: char,
}

/// A book with all that is known before its rows are read.
pub(crate) struct Book {
    pub(crate) sheets: Vec<Sheet>,
    pub(crate) maps: Vec<SheetMap>,
    pub(crate) profile: Profile,
    pub(crate) form: Option<TextForm>,
    pub(crate) owner: String,
    /// Who keeps it, and who else may.
    pub(crate) keeper: Keepers,
    pub(crate) words: Words,
    pub(crate) dates: Option<HabitChoice>,
    /// What its numbers say about their decimal mark.
    pub(crate) votes: Votes,
    /// How rows were joined, where records take two.
    pub(crate) joined: Option<Joined>,
    /// Rows as a person corrected them; their raw cells stay in the sheets.
    corrected: FxHashMap<(usize, usize), Row>,
    pub(crate) assumptions: Vec<String>,
}

/// What a book becomes.
pub(crate) struct Booking {
    pub(crate) normaliser: Normaliser,
    pub(crate) taken: Vec<Taken>,
    pub(crate) balances: Balances,
    pub(crate) repairs: Repairs,
    pub(crate) equations: Vec<Equation>,
    pub(crate) remarks: Vec<String>,
}

/// A row of a book with what became of it.
pub(crate) struct Taken {
    pub(crate) sheet: usize,
    /// Its number in the file.
    pub(crate) row: u32,
    pub(crate) raw: Vec<Box<str>>,
    pub(crate) bin: RecordBin,
    pub(crate) reason: Option<String>,
}

/// The sheets of an exhibit.
///
/// # Errors
/// If a file is empty or does not open.
pub(crate) fn load(
    evidence: &Evidence,
    profile: Option<&Profile>,
) -> Result<(Vec<Sheet>, Option<TextForm>), Error> {
    let (mut sheets, mut form) = (Vec::new(), None);
    for file in &evidence.files {
        let Some(bytes) = file.map()? else {
            return Err(Error::Empty {
                path: file.name.clone(),
            });
        };
        if workbook::is_workbook(&bytes) {
            sheets.extend(workbook::read(&file.name, &bytes)?);
            continue;
        }
        let encoding = profile.and_then(|profile| profile.book.encoding.as_deref());
        let delimiter = profile.and_then(|profile| profile.book.delimiter);
        let text = delimited::read(&file.name, &bytes, encoding, delimiter)?;
        form = Some(TextForm {
            encoding: text.encoding.to_owned(),
            has_byte_order_mark: text.has_byte_order_mark,
            delimiter: text.delimiter,
        });
        sheets.push(text.sheet);
    }
    Ok((sheets, form))
}

impl Book {
    /// Opens a book: loads its sheets and decides how they are read.
    ///
    /// # Errors
    /// If it does not open, or neither a profile nor its headers say what the columns mean.
    pub(crate) fn open(evidence: &Evidence, options: &Options) -> Result<Self, Error> {
        let given = options.profile.as_deref().map(Profile::parse).transpose()?;
        let (mut sheets, form) = load(evidence, given.as_ref())?;
        let joined = join_rows(&mut sheets, given.as_ref());
        let mut maps = Vec::with_capacity(sheets.len());
        for sheet in &sheets {
            maps.push(match &given {
                Some(profile) if !selected(profile, sheet) => SheetMap::default(),
                Some(profile) if !profile.columns.is_empty() => {
                    propose::map_by_profile(sheet, profile)?
                }
                _ => propose::map_by_headers(sheet),
            });
        }
        let mut assumptions = propose::continue_headers(&sheets, &mut maps);
        assumptions.extend(propose::by_sheet_names(&sheets, &mut maps));
        let path = evidence.files.first().map_or("", |file| file.name.as_str());
        if given
            .as_ref()
            .is_none_or(|profile| profile.columns.is_empty())
            && maps.iter().all(|map| map.columns.is_empty())
        {
            assumptions.extend(without_headers(&sheets, &mut maps));
        }
        let book = given.as_ref().map(|profile| &profile.book);
        assumptions.extend(by_file_name(path, book, &mut maps)?);
        enough(path, &sheets, &maps)?;
        let mut profile = given.clone().unwrap_or_default();
        if profile.columns.is_empty() {
            let proposed = propose::profile_of(&sheets, &maps);
            profile.columns = proposed.columns;
            for (word, entry) in proposed.types {
                profile.types.entry(word).or_insert(entry);
            }
            for (word, code) in proposed.currencies {
                profile.currencies.entry(word).or_insert(code);
            }
            assumptions.push(
                "the meaning of the columns is proposed from their headers and content".to_owned(),
            );
        }
        if let Some(joined) = &joined {
            profile.book.rows_per_record = Some(2);
            assumptions.push(said(joined));
        }
        count_days(&mut sheets, &maps);
        let keeper = keepers(path, &sheets, &maps, &mut profile, &mut assumptions);
        let owner = keeper.best.name.clone();
        let dates = dates(&sheets, &maps);
        let date = date_habit(&mut profile, dates.as_ref(), &mut assumptions)?;
        let votes = propose::votes(&sheets, &maps);
        let number = profile.number_habit(votes.habit());
        if profile.book.decimal_mark.is_none() {
            profile.book.decimal_mark = Some(number.decimal);
            if votes.point + votes.comma == 0 && votes.ambiguous_point + votes.ambiguous_comma > 0 {
                assumptions.push(format!(
                    "no number shows the decimal mark; it is taken to be {}, so that a mark before three digits groups thousands",
                    if number.decimal == '.' { "a point" } else { "a comma" }
                ));
            }
        }
        let base = base(&mut profile, &sheets, &maps, &mut assumptions)?;
        if profile.book.time_zone.is_none() {
            assumptions.push("times are taken as UTC; no time zone is given".to_owned());
        }
        if profile.currencies.values().any(|code| code.contains('*')) {
            assumptions.push("one toman is ten rials (IRR)".to_owned());
        }
        if profile.book.digits.is_none() {
            profile.book.digits = digits(&sheets);
        }
        if profile.hawaladars.is_empty() {
            profile.hawaladars = spellings(&sheets, &maps);
        }
        let corrected = corrected(&sheets, &maps, &profile, &mut assumptions)?;
        let words = Words::of(&profile, base, date, number)?;
        Ok(Self {
            sheets,
            maps,
            profile,
            form,
            owner,
            keeper,
            words,
            dates,
            votes,
            joined,
            corrected,
            assumptions,
        })
    }

    fn locator(&self, sheet: usize, row: usize) -> String {
        let sheet = &self.sheets[sheet];
        Locator {
            path: sheet.path.clone(),
            place: Place::Cell {
                sheet: sheet.name.clone(),
                row: sheet.rows[row].number,
                column: None,
            },
        }
        .to_string()
    }

    /// Reads all rows: what each is.
    pub(crate) fn read_rows(&self) -> Vec<(usize, usize, ReadRow)> {
        let mut rows = Vec::new();
        for (sheet_index, (sheet, map)) in self.sheets.iter().zip(&self.maps).enumerate() {
            let selected = selected(&self.profile, sheet);
            let mut reader = RowReader::new(map, &self.words);
            for (index, row) in sheet.rows.iter().enumerate() {
                let row = self.corrected.get(&(sheet_index, index)).unwrap_or(row);
                let read = if row.is_orphan() {
                    ReadRow::plain(RowReading::Quarantine(
                        "a second row of a record whose first is missing".to_owned(),
                    ))
                } else if selected || row.is_blank() {
                    reader.read(index, row)
                } else {
                    ReadRow::plain(RowReading::Context(
                        "sheet not selected by the profile".to_owned(),
                    ))
                };
                rows.push((sheet_index, index, read));
            }
        }
        rows
    }

    /// Books all rows.
    pub(crate) fn normalise(&self, evidence: &Evidence) -> Booking {
        let rows = self.read_rows();
        let mut normaliser = Normaliser::new(evidence.book, &self.owner, &self.profile.hawaladars);
        normaliser.batch.sources = self.sheets.iter().map(Sheet::source).collect();
        let (mut balances, mut taken) = (Balances::default(), Vec::with_capacity(rows.len()));
        let mut chains = Chains::default();
        let mut openings_differ = Vec::new();
        let mut doubts: BTreeMap<&str, u64> = BTreeMap::new();
        for (position, (sheet, row, read)) in rows.iter().enumerate() {
            let at = At {
                source: u32::try_from(*sheet).unwrap_or(u32::MAX),
                row: self.sheets[*sheet].rows[*row].number,
                locator: self.locator(*sheet, *row),
            };
            let (bin, reason) = match &read.reading {
                RowReading::Context(reason) => (RecordBin::Contextual, Some(reason.clone())),
                RowReading::Quarantine(reason) => (RecordBin::Quarantined, Some(reason.clone())),
                RowReading::Opening { money: None, .. } => (
                    RecordBin::Contextual,
                    Some("opening without an amount".to_owned()),
                ),
                RowReading::Opening {
                    money: Some(money),
                    time,
                } => {
                    chains.opening(&money.asset, money.amount, &at.locator);
                    match balances.opening(&money.asset, money.amount) {
                        Some(same) => {
                            if !same {
                                openings_differ.push(at.locator.clone());
                            }
                            (
                                RecordBin::Contextual,
                                Some("opening brought from the rows before".to_owned()),
                            )
                        }
                        None if money.amount.units() == 0 => {
                            (RecordBin::Contextual, Some("opening of nothing".to_owned()))
                        }
                        None => {
                            normaliser.opening(&at, money, *time);
                            (RecordBin::Transferred, None)
                        }
                    }
                }
                RowReading::Entry(record) => {
                    count_doubts(record, &mut doubts);
                    if let Some(stated) = &read.stated {
                        balances.row(stated, &at.locator);
                        chains.row(stated, &at.locator);
                    }
                    let next = rows.get(position + 1).and_then(|next| entry(next, *sheet));
                    match normaliser.book(&at, record, next) {
                        Ok(Booked::Transferred) => (RecordBin::Transferred, None),
                        Ok(Booked::Context(reason)) => (RecordBin::Contextual, Some(reason)),
                        Err(reason) => (RecordBin::Quarantined, Some(reason)),
                    }
                }
            };
            let kept = self.kept(*sheet, *row, at.source, bin, reason.as_deref());
            for (record, row) in kept {
                normaliser.batch.records.push(record);
                taken.push(row);
            }
        }
        let mut remarks: Vec<String> = balances.remark().into_iter().collect();
        if !openings_differ.is_empty() {
            remarks.push(format!(
                "opening balances differ from the balance before them at {}",
                openings_differ.join(", ")
            ));
        }
        remarks.extend(
            doubts
                .iter()
                .map(|(doubt, n)| format!("{doubt} ({n} rows)")),
        );
        let (repairs, equations) = self.equations(&rows, &chains);
        remarks.extend(repairs.remarks());
        remarks.extend(self.remarks());
        Booking {
            normaliser,
            taken,
            balances,
            repairs,
            equations,
            remarks,
        }
    }

    /// The records of a row, one for each row of the file that it takes.
    fn kept(
        &self,
        sheet: usize,
        row: usize,
        source: u32,
        bin: RecordBin,
        reason: Option<&str>,
    ) -> Vec<(RecordRow, Taken)> {
        let row = &self.sheets[sheet].rows[row];
        let parts = row.parts().into_iter().enumerate();
        let kept = parts.map(|(part, (number, raw))| {
            let reason = match part {
                0 => reason.map(str::to_owned),
                _ => Some(of_second(reason, row.number)),
            };
            let record = RecordRow {
                source,
                place: RecordPlace::Row(number),
                bin,
                reason: reason.as_deref().map(Box::from),
                raw: raw.clone(),
            };
            let taken = Taken {
                sheet,
                row: number,
                raw,
                bin,
                reason,
            };
            (record, taken)
        });
        kept.collect()
    }

    /// What the equations of the book say of its figures and dates.
    fn equations(
        &self,
        rows: &[(usize, usize, ReadRow)],
        chains: &Chains,
    ) -> (Repairs, Vec<Equation>) {
        let mut repairs = chains.repairs();
        let seen: Vec<Seen<'_>> = rows
            .iter()
            .map(|(sheet, row, read)| Seen {
                locator: self.locator(*sheet, *row),
                sheet: *sheet,
                read,
            })
            .collect();
        let mut equations = equations::check(&seen, chains.sign(), &mut repairs);
        let (n, n_hold) = equations::disorder(&seen, self.words.date_habit(), &mut repairs);
        if n > 0 {
            equations.push(Equation {
                equation: "dates run on from row to row".to_owned(),
                n,
                n_hold,
                is_habit: n_hold * 100 >= n * 90,
            });
        }
        (repairs, equations)
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Some(choice) = &self.dates {
            if choice.n_backwards > 0 {
                remarks.push(format!(
                    "{} dates run backwards against the row before",
                    choice.n_backwards
                ));
            }
            for habit in &choice.alternatives {
                remarks.push(format!(
                    "all dates can also be read as {} {}",
                    habit.calendar.as_str(),
                    habit.order.as_str()
                ));
            }
        }
        for (sheet, map) in self.sheets.iter().zip(&self.maps) {
            if sheet.n_hidden > 0 {
                remarks.push(format!(
                    "{} rows of sheet `{}` are hidden; they are read",
                    sheet.n_hidden, sheet.name
                ));
            }
            if sheet.n_merged > 0 {
                remarks.push(format!(
                    "sheet `{}` has {} merged cells; their text stands in the first",
                    sheet.name, sheet.n_merged
                ));
            }
            let unread: Vec<&str> = map
                .columns
                .iter()
                .filter(|column| column.field.is_none() && column.shape.n > 0)
                .map(|column| column.header.as_str())
                .collect();
            if !unread.is_empty() && map.header.is_some() {
                remarks.push(format!(
                    "columns of sheet `{}` not read: {}",
                    sheet.name,
                    unread.join(", ")
                ));
            }
        }
        remarks
    }
}

/// What the reason of a second row ends with, before the number of its first.
const SECOND_ROW: &str = "second row of the record in row ";

/// The first row of the record that a row is the second of, by the reason that is stored with it.
pub fn second_of(reason: &str) -> Option<u32> {
    let (_, first) = reason.rsplit_once(SECOND_ROW)?;
    first.parse().ok()
}

/// Reason of the second row of a record: that of its first, and which that is.
fn of_second(reason: Option<&str>, first: u32) -> String {
    let second = format!("{SECOND_ROW}{first}");
    match reason {
        Some("header") => "header, second row".to_owned(),
        Some(reason) => format!("{reason}; {second}"),
        None => second,
    }
}

/// Joins the rows of sheets whose records take two: those of which the content shows it; else, where a profile says so, all.
///
/// Law: what a profile says that was itself read out of the content joins the same sheets again.
fn join_rows(sheets: &mut [Sheet], given: Option<&Profile>) -> Option<Joined> {
    match given.and_then(|profile| profile.book.rows_per_record) {
        Some(1) => None,
        Some(_) => join_sheets(sheets, given, Asked::Open)
            .or_else(|| join_sheets(sheets, given, Asked::Two)),
        None => join_sheets(sheets, given, Asked::Open),
    }
}

fn join_sheets(sheets: &mut [Sheet], given: Option<&Profile>, asked: Asked) -> Option<Joined> {
    let (mut all, mut width): (Option<Joined>, _) = (None, None);
    for sheet in sheets {
        if given.is_some_and(|profile| !selected(profile, sheet)) {
            continue;
        }
        let header = match given {
            Some(profile) if !profile.columns.is_empty() => {
                propose::header_by_profile(sheet, profile)
            }
            _ => propose::find_header(sheet),
        };
        let before = width.filter(|_| header.is_none());
        let Some((folded, joined)) = two_rows::join(sheet, header, asked, before) else {
            continue;
        };
        width = folded.folded;
        *sheet = folded;
        let sum = all.get_or_insert(Joined {
            is_shown: true,
            ..Joined::default()
        });
        sum.n_rows += joined.n_rows;
        sum.n_pairs += joined.n_pairs;
        sum.n_orphans += joined.n_orphans;
        sum.is_shown &= joined.is_shown;
    }
    all
}

/// That records take two rows, and by what.
fn said(joined: &Joined) -> String {
    let by = if joined.is_shown {
        "by what stands in every other row only"
    } else {
        "as the profile says; nothing but their order pairs them"
    };
    format!(
        "a record takes two rows, {by}: {} of {} rows stand in pairs",
        2 * joined.n_pairs,
        joined.n_rows
    )
}

/// Counts what speaks for another reading of a record.
fn count_doubts<'r>(record: &'r LedgerRecord, doubts: &mut BTreeMap<&'r str, u64>) {
    for doubt in &record.alternatives {
        let doubt = if doubt.starts_with("the second date") {
            "the second date column disagrees; the first is taken"
        } else {
            doubt
        };
        *doubts.entry(doubt).or_default() += 1;
    }
}

/// The next row's record, if it is an entry of the same sheet.
fn entry((sheet, _, read): &(usize, usize, ReadRow), of: usize) -> Option<&LedgerRecord> {
    match &read.reading {
        RowReading::Entry(record) if *sheet == of => Some(record),
        _ => None,
    }
}

fn selected(profile: &Profile, sheet: &Sheet) -> bool {
    let wanted = &profile.book.sheets;
    wanted.is_empty() || &*sheet.name == "-" || wanted.iter().any(|name| **name == *sheet.name)
}

/// Reads a book into one batch.
///
/// # Errors
/// If it does not open, its columns are not known, or the sink refuses the batch.
pub(crate) fn read(
    evidence: &Evidence,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    if let Some(profile) = mapped::asked(options)? {
        return mapped::read(evidence, &profile, sink, progress);
    }
    if options.profile.is_none() {
        let sheets = load(evidence, None)?.0;
        if let Some(sheet) = sheets.iter().find(|sheet| mapped::propose(sheet).is_some()) {
            return Err(Error::NeedsProfile {
                path: sheet.path.to_string(),
                why: "its columns hold addresses of a chain; `inspect --write-profile` proposes a profile that reads its rows as transfers, to be looked through and given with --profile".to_owned(),
            });
        }
    }
    let book = Book::open(evidence, options)?;
    let Booking {
        normaliser,
        taken,
        balances,
        remarks,
        ..
    } = book.normalise(evidence);
    let mut counts = RecordCounts::default();
    for row in &taken {
        counts.count(row.bin);
    }
    let mut figures = vec![
        ("rows".to_owned(), counts.total()),
        ("sheets".to_owned(), book.sheets.len() as u64),
    ];
    figures.extend(
        normaliser
            .figures
            .iter()
            .map(|(name, n)| ((*name).to_owned(), *n)),
    );
    let (n_rows, n_hold) = balances.figures();
    if n_rows > 0 {
        figures.push(("balances compared".to_owned(), n_rows));
        figures.push(("balances that add up".to_owned(), n_hold));
    }
    sink.push(normaliser.batch)?;
    for file in &evidence.files {
        progress.advance(fs_err::metadata(&file.path)?.len());
    }
    Ok(Outcome {
        format: Format::Table,
        network: None,
        counts,
        figures,
        stale: Vec::new(),
        profile: Some(book.profile.to_toml()?),
        assumptions: book.assumptions,
        remarks,
    })
}
