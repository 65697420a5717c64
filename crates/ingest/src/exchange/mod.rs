//! What exchanges export of a customer's account: Binance, Kraken, Coinbase, OKX → rows (`chains.md` §1).
//!
//! Laws. A customer's account is an account with a custodian, named by the exchange and the user's number; where
//! the file states none and no profile does, by the exhibit. What the exchange holds for all of its customers is an
//! account too, and stands on the other side of every booking. A deposit that names its transaction is the movement
//! on the chain, as a reference, and a linked credit; a withdrawal is a debit, and a linked movement. So the index
//! leads a trace from the chain into the account and out of it (decision 15). A trade is one event of two linked
//! legs. Amounts are exact: an asset has the most decimal places that the file shows of it. What a row says that
//! did not happen moves nothing and is set aside; what is not understood is quarantined. Rows in = out.
//!
//! Reading order: `header` tells files apart, `cells` reads a row's cells, `line` is what rows become; `binance`,
//! `kraken`, `coinbase`, `okx` read rows; `balance` checks stated balances; `emit` makes rows of a segment; `mapped`
//! reads any other table of transfers by a profile.

mod balance;
mod binance;
mod cells;
mod coinbase;
mod emit;
mod header;
mod kraken;
mod line;
pub(crate) mod mapped;
mod okx;
mod symbols;

use crate::table::delimited;
use crate::table::number::Votes;
use crate::table::profile::Profile;
use crate::table::text;
use crate::{Error, Evidence, Format, Options, Outcome, Progress};
use balance::Balances;
use cells::{Cells, Zone};
use emit::Emitter;
use header::{Head, Layout};
use line::{Line, Told};
use moneytrail_model::{RecordBin, RecordCounts};
use moneytrail_store::schema::Sink;

/// Bytes at the beginning of a file in which a header is looked for.
const HEAD_LEN: usize = 64 * 1024;

/// Whether the one file of an exhibit is an export of an exchange that is known here.
///
/// # Errors
/// If it cannot be mapped.
pub(crate) fn sniff(evidence: &Evidence) -> Result<bool, Error> {
    let [file] = &evidence.files[..] else {
        return Ok(false);
    };
    let Some(map) = file.map()? else {
        return Ok(false);
    };
    let head = &map[..map.len().min(HEAD_LEN)];
    let decoded = text::decode(head, text::encoding_of(head));
    if decoded.contains('\0') || !header::may_begin(&decoded) {
        return Ok(false);
    }
    let read = delimited::read("", decoded.as_bytes(), Some("utf-8"), None)?;
    Ok(Head::of(&read.sheet).is_some())
}

/// Reads an export. A profile may say the customer's number (`owner`), the time zone and the decimal mark.
///
/// # Errors
/// If the file has no header of an exchange, the profile does not read, or the sink refuses the batch.
pub(crate) fn read(
    evidence: &Evidence,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    let profile = options.profile.as_deref().map(Profile::parse).transpose()?;
    let profile = profile.unwrap_or_default();
    let mut whole: Option<Outcome> = None;
    for file in &evidence.files {
        let path = || file.name.clone();
        let map = file.map()?.ok_or_else(|| Error::Empty { path: path() })?;
        let (encoding, delimiter) = (profile.book.encoding.as_deref(), profile.book.delimiter);
        let sheet = delimited::read(&file.name, &map, encoding, delimiter)?.sheet;
        let head = Head::of(&sheet).ok_or_else(|| Error::UnknownFormat {
            path: path(),
            seen: "its first lines hold no header that Binance, Kraken, Coinbase or OKX writes"
                .to_owned(),
        })?;
        let outcome = read_sheet(&sheet, &head, &profile, evidence, sink)?;
        progress.advance(map.len() as u64);
        whole = Some(match whole {
            Some(known) => known.and(outcome),
            None => outcome,
        });
    }
    whole.ok_or_else(|| Error::Empty {
        path: String::new(),
    })
}

/// The decimal mark: the profile's, else a point, in which all of them write; a file of commas passed through
/// somebody's spreadsheet, and one that has both is not guessed.
fn decimal_mark(
    sheet: &crate::table::Sheet,
    head: &Head,
    profile: &Profile,
) -> Result<char, Error> {
    use header::Column::{Amount, Balance, Before, Fee, Subtotal, Total};
    if let Some(mark) = profile.book.decimal_mark {
        return Ok(mark);
    }
    let columns = [Amount, Balance, Before, Fee, Subtotal, Total];
    let columns: Vec<usize> = columns
        .iter()
        .filter_map(|&column| head.column(column))
        .collect();
    let mut votes = Votes::default();
    for row in sheet.rows.iter().filter(|row| row.number > head.row) {
        let cells = columns.iter().filter_map(|&column| row.cell(column));
        cells.for_each(|cell| votes.add(cell.trimmed()));
    }
    match (votes.point, votes.comma) {
        (_, 0) => Ok('.'),
        (0, _) => Ok(','),
        (n_point, n_comma) => Err(Error::Profile(format!(
            "{}: {n_point} numbers have a decimal point and {n_comma} a decimal comma: decimal_mark under [book] in a profile states which",
            sheet.path
        ))),
    }
}

fn read_sheet(
    sheet: &crate::table::Sheet,
    head: &Head,
    profile: &Profile,
    evidence: &Evidence,
    sink: &mut dyn Sink,
) -> Result<Outcome, Error> {
    let mut assumptions = Vec::new();
    let zone = Zone::of(head, profile, &mut assumptions)?;
    let decimal = decimal_mark(sheet, head, profile)?;
    let layout = head.told_apart(sheet, decimal, &mut assumptions);
    let user = profile.book.owner.as_ref().or(head.user.as_ref());
    if user.is_none() && head.column(header::Column::User).is_none() {
        assumptions.push(
            "no row says whose account it is: it is taken for one of its own (owner under [book] in a profile states the customer, whom other files may name)"
                .to_owned(),
        );
    }
    let said = (user.map(String::as_str), head.name.as_deref());
    let mut emitter = Emitter::new(sheet, layout.exchange(), said, evidence.book);
    let mut lines: Vec<Line> = Vec::new();
    let mut balances = Balances::default();
    for row in &sheet.rows {
        let cells = Cells::new(head, row, &zone, decimal);
        let told = match row {
            _ if row.is_blank() => Told::Context("blank"),
            _ if row.number < head.row => Told::Context("preamble"),
            _ if head.is_header(row) => Told::Context("header"),
            _ => match layout {
                Layout::BinanceDeposits | Layout::BinanceWithdrawals => {
                    binance::history(&cells, layout)
                }
                Layout::BinanceStatement => binance::statement(&cells),
                Layout::Kraken => kraken::ledger(&cells),
                Layout::Coinbase => coinbase::report(&cells),
                Layout::Okx => okx::bill(&cells),
            },
        };
        match told {
            Told::Line(line) => lines.push(*line),
            Told::Context(why) => emitter.keep(row, RecordBin::Contextual, Some(why)),
            Told::Nothing(why) => emitter.keep(row, RecordBin::SetAside, Some(&why)),
            Told::Wrong(why) => emitter.keep(row, RecordBin::Quarantined, Some(&why)),
        }
    }
    line::in_time(&mut lines);
    for line in &lines {
        balances.check(line);
    }
    emitter.take(lines, sheet);
    let (batch, figures, mut remarks, taken) = emitter.finish();
    assumptions.extend(taken);
    remarks.extend(balances.remarks());
    let mut counts = RecordCounts::default();
    for record in &batch.records {
        counts.count(record.bin);
    }
    sink.push(batch)?;
    assumptions.insert(0, format!("read as {}", layout.as_str()));
    assumptions.extend(layout.assumptions().iter().map(|&one| one.to_owned()));
    let mut all = vec![("rows".to_owned(), counts.total())];
    all.extend(figures);
    all.extend(balances.figures());
    Ok(Outcome {
        format: Format::Exchange,
        network: None,
        counts,
        figures: all,
        stale: Vec::new(),
        assumptions,
        remarks,
        profile: None,
    })
}
