//! Kraken's ledgers: one row for each change of a balance; `refid` names what belongs together.
//!
//! A deposit or withdrawal stands twice while it is pending: the first row has neither ledger id nor balance.

use super::cells::{Cells, symbol};
use super::header::Column;
use super::line::{Balance, Change, Group, Line, Told, What};

pub(super) fn ledger(cells: &Cells<'_>) -> Told {
    if cells.text(Column::Id).is_empty() && cells.text(Column::Balance).is_empty() {
        return Told::Nothing(
            "no ledger id and no balance: pending, and booked in a row of its own once it moves"
                .to_owned(),
        );
    }
    row(cells).into()
}

/// What a type books; `None` within the account.
fn kind(kind: &str, subtype: &str, negative: bool) -> Result<Option<What>, String> {
    let what = match (kind, subtype) {
        ("deposit", _) => What::Deposit,
        ("withdrawal", _) => What::Withdrawal,
        ("trade" | "spend" | "receive" | "conversion" | "sale" | "nfttrade" | "settled", _) => {
            What::Trade
        }
        ("staking", _) | ("earn", "reward" | "bonding reward" | "") => What::Interest,
        ("earn", _)
        | (
            "transfer",
            "spottostaking" | "stakingfromspot" | "stakingtospot" | "spotfromstaking"
            | "spottofutures" | "spotfromfutures",
        ) => return Ok(None),
        ("reward" | "dividend" | "credit" | "invite bonus", _) => What::Reward,
        ("margin" | "rollover" | "adjustment" | "transfer", _) => What::Settled,
        _ => {
            return Err(format!(
                "type `{} {}` is not known: nothing says what moved",
                kind.chars().take(40).collect::<String>(),
                subtype.chars().take(40).collect::<String>()
            ));
        }
    };
    let contradicts = match what {
        What::Deposit => negative,
        What::Withdrawal => !negative,
        _ => false,
    };
    if contradicts {
        return Err(format!("the sign of the amount contradicts `{kind}`"));
    }
    Ok(Some(what))
}

fn row(cells: &Cells<'_>) -> Result<Line, String> {
    let raw = cells.text(Column::Coin);
    let (asset, time) = (asset(raw)?, cells.time()?);
    let amount = cells.number(Column::Amount, "amount")?;
    let fee = cells.number_or_none(Column::Fee)?.unwrap_or_default();
    let [kind_text, subtype] =
        [Column::Type, Column::Subtype].map(|column| cells.text(column).to_lowercase());
    let what = kind(&kind_text, &subtype, amount.negative && !amount.is_zero())?;
    let mut line = Line::new(cells.row.number, time, Vec::new());
    if let Some(what) = what.filter(|_| !amount.is_zero()) {
        line.changes
            .push(Change::new(what, asset.clone(), amount.clone()));
    }
    let is_out = !fee.negative;
    if !fee.is_zero() {
        // A fee below zero is a rebate.
        line.changes
            .push(Change::new(What::Fee, asset, fee.clone().negated(is_out)));
    }
    if line.changes.is_empty() {
        line.why = Some(if what.is_none() {
            "moved between wallets of the same account"
        } else {
            "a change of nothing"
        });
    }
    let reference = cells.text(Column::Reference);
    if what == Some(What::Trade) && !reference.is_empty() {
        line.group = Some(Group::Stated(reference.to_owned()));
    }
    if let Some(after) = cells.number_or_none(Column::Balance)? {
        line.balance = Some(Balance {
            of: format!("{raw} {}", cells.text(Column::Account))
                .trim_end()
                .to_owned(),
            before: None,
            after,
            changes: vec![amount, fee.negated(is_out)],
        });
    }
    Ok(line)
}

/// Kraken's code of an asset as its usual symbol: `XXBT` is BTC, `ZEUR` EUR; what stands behind a point says in
/// which product it is held (`ETH.S`, `EUR.HOLD`).
fn asset(code: &str) -> Result<Box<str>, String> {
    let code = symbol(code)?;
    let bare = match code.rsplit_once('.') {
        Some((bare, "S" | "M" | "F" | "B" | "P" | "T" | "HOLD")) => bare,
        _ => &code,
    };
    Ok(match bare {
        "XXBT" | "XBT" => "BTC".into(),
        "XXDG" | "XDG" => "DOGE".into(),
        "XETH" | "XETC" | "XLTC" | "XXRP" | "XXMR" | "XXLM" | "XZEC" | "XREP" | "XMLN" | "ZEUR"
        | "ZUSD" | "ZGBP" | "ZCAD" | "ZJPY" | "ZAUD" => bare[1..].into(),
        bare => bare.into(),
    })
}
