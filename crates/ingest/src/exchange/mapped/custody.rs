//! Rows that change a customer's account with a custodian.
//!
//! Law: which way an amount went is said by its column, by its sign, or by the word of its type, as the profile says.

use super::super::balance::Balances;
use super::super::cells::symbol;
use super::super::emit::Emitter;
use super::super::line::{Balance, Change, Group, Line, Other, What, in_time};
use super::chain::Rows;
use super::sheet::{Mapped, Role, State};
use crate::table::Row;
use crate::table::field::Field;
use crate::table::text::fold;
use moneytrail_model::{BookId, RecordBin};

type Told = (RecordBin, String);

/// Reads the rows of a sheet.
pub(super) fn rows(mapped: &Mapped<'_>, book: BookId) -> Rows {
    let sheet = mapped.sheet;
    // A key of an account sets custodian and number apart by a slash.
    let custodian = mapped.custodian().unwrap_or_default().replace('/', " ");
    let owner = mapped.profile.book.owner.as_deref();
    let mut emitter = Emitter::new(sheet, &custodian, (owner, None), book);
    let mut lines = Vec::new();
    for (at, row) in sheet.rows.iter().enumerate() {
        match mapped.role(at, row) {
            Role::Context(why) => emitter.keep(row, RecordBin::Contextual, Some(why)),
            Role::Data => match line(mapped, row) {
                Ok(line) => lines.push(line),
                Err((bin, why)) => emitter.keep(row, bin, Some(&why)),
            },
        }
    }
    in_time(&mut lines);
    let mut balances = Balances::default();
    for line in &lines {
        balances.check(line);
    }
    emitter.take(lines, sheet);
    let (batch, mut figures, mut remarks, assumptions) = emitter.finish();
    figures.extend(balances.figures());
    remarks.extend(balances.remarks());
    (batch, figures, remarks, assumptions)
}

/// What a word of the profile's types books; `None`: nothing.
fn what(word: &str) -> Option<What> {
    Some(match word {
        "deposit" | "receive" => What::Deposit,
        "withdraw" | "send" | "release" => What::Withdrawal,
        "exchange" => What::Trade,
        "commission" => What::Commission,
        "expense" => What::Fee,
        "payment" | "refund" => What::Payment,
        "settle" => What::Settled,
        _ => return None,
    })
}

/// What the row's type books; `None` in a table without types.
fn booked(mapped: &Mapped<'_>, row: &Row) -> Result<Option<What>, Told> {
    if !mapped.has(Field::Type) {
        return Ok(None);
    }
    let text = mapped.text(row, Field::Type);
    let mut types = mapped.profile.types.iter();
    let known = types.find(|(known, _)| fold(known) == fold(text));
    let (_, word) = known.ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        let why = format!("type `{shown}` stands not under [types] of the profile");
        (RecordBin::Quarantined, why)
    })?;
    match what(word) {
        Some(what) => Ok(Some(what)),
        None => Err((RecordBin::Contextual, format!("{word}: moves nothing"))),
    }
}

fn line(mapped: &Mapped<'_>, row: &Row) -> Result<Line, Told> {
    let wrong = |why: String| (RecordBin::Quarantined, why);
    match mapped.state(row).map_err(wrong)? {
        State::Done => {}
        State::Failed => return Err((RecordBin::SetAside, "failed: nothing moved".to_owned())),
        State::Waits => {
            let why = "had not moved when this was exported";
            return Err((RecordBin::SetAside, why.to_owned()));
        }
    }
    let time = mapped.time(row).map_err(wrong)?;
    let booked = booked(mapped, row)?;
    let mut line = Line::new(row.number, time, Vec::new());
    let mut balance_changes = Vec::new();
    for (field, currency, is_out) in [
        (Field::AmountIn, Field::CurrencyIn, Some(false)),
        (Field::Credit, Field::CurrencyIn, Some(false)),
        (Field::AmountOut, Field::CurrencyOut, Some(true)),
        (Field::Debit, Field::CurrencyOut, Some(true)),
        (Field::Amount, Field::Currency, None),
    ] {
        let Some(number) = mapped
            .number(row, field)
            .map_err(wrong)?
            .filter(|number| !number.is_zero())
        else {
            continue;
        };
        let negative = match is_out {
            Some(is_out) => is_out,
            None => negative(mapped.sign(), number.negative, booked).map_err(wrong)?,
        };
        let asset = held(mapped, row, field, currency).map_err(wrong)?;
        let what = booked.unwrap_or(if negative {
            What::Withdrawal
        } else {
            What::Deposit
        });
        let contradicts = match what {
            What::Deposit => negative,
            What::Withdrawal => !negative,
            _ => false,
        };
        if contradicts {
            return Err(wrong(
                "the way that the amount went contradicts its type".to_owned(),
            ));
        }
        let number = number.negated(negative);
        balance_changes.push(number.clone());
        line.changes.push(Change::new(what, asset, number));
    }
    if line.changes.is_empty() {
        line.why = Some("a change of nothing");
    }
    let fee = mapped.number(row, Field::Fee).map_err(wrong)?;
    if let Some(fee) = fee.filter(|fee| !fee.is_zero()) {
        let currency = if mapped.text(row, Field::FeeCurrency).is_empty() {
            Field::Currency
        } else {
            Field::FeeCurrency
        };
        let asset = held(mapped, row, Field::Fee, currency).map_err(wrong)?;
        let fee = fee.negated(true);
        balance_changes.push(fee.clone());
        line.changes.push(Change::new(What::Fee, asset, fee));
    }
    let network = mapped.network_of(row).map_err(wrong)?;
    line.other = Other {
        network: network.map_or_else(String::new, |network| network.to_string()),
        address: mapped.text(row, Field::Wallet).to_owned(),
        txid: mapped.txid(row).map_err(wrong)?,
        ..Other::default()
    };
    if booked == Some(What::Trade) {
        line.group = Some(match mapped.text(row, Field::Token) {
            "" => Group::Second(time.earliest()),
            token => Group::Stated(token.to_owned()),
        });
    }
    if let (Some(after), Some(change)) = (
        mapped.number(row, Field::Balance).map_err(wrong)?,
        line.changes.first(),
    ) {
        line.balance = Some(Balance {
            of: change.asset.to_string(),
            before: None,
            after,
            changes: balance_changes,
        });
    }
    Ok(line)
}

/// Whether an amount went out.
fn negative(sign: &str, negative: bool, booked: Option<What>) -> Result<bool, String> {
    match (sign, booked) {
        ("plus-out", _) => Ok(!negative),
        ("by-type", Some(What::Deposit)) => Ok(false),
        ("by-type", Some(What::Withdrawal | What::Fee)) => Ok(true),
        ("by-type", _) => Err("its type does not say which way the amount went".to_owned()),
        _ => Ok(negative),
    }
}

/// The symbol of an asset as the custodian holds it.
fn held(mapped: &Mapped<'_>, row: &Row, field: Field, currency: Field) -> Result<Box<str>, String> {
    let currency = if mapped.text(row, currency).is_empty() {
        Field::Currency
    } else {
        currency
    };
    let (asset, _) = mapped.asset(row, (field, currency), None)?;
    symbol(asset.symbol())
}
