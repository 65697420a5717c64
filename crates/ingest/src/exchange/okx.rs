//! OKX's bills of an account: what changed, with the balances before and after.
//!
//! Law: the balances say which way an amount went, and whether a fee was taken beside it.

use super::balance::Sum;
use super::cells::{Cells, Number};
use super::header::Column;
use super::line::{Balance, Change, Group, Line, Told, What};
use std::cmp::Ordering;

pub(super) fn bill(cells: &Cells<'_>) -> Told {
    row(cells).into()
}

enum Kind {
    Moves(What),
    Within,
}

fn kind(text: &str) -> Option<Kind> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    Some(match text {
        _ if has(&["deposit"]) => Kind::Moves(What::Deposit),
        _ if has(&["withdraw"]) => Kind::Moves(What::Withdrawal),
        _ if has(&["transfer"]) => Kind::Within,
        _ if has(&["rebate", "commission", "referral"]) => Kind::Moves(What::Commission),
        _ if has(&["interest", "earn", "saving", "staking"]) => Kind::Moves(What::Interest),
        _ if has(&["reward", "airdrop", "bonus", "gift"]) => Kind::Moves(What::Reward),
        _ if has(&["funding fee", "settle", "liquidation", "delivery"]) => {
            Kind::Moves(What::Settled)
        }
        _ if has(&["fee"]) => Kind::Moves(What::Fee),
        _ if has(&["buy", "sell", "convert", "trade", "swap"]) => Kind::Moves(What::Trade),
        _ => return None,
    })
}

fn row(cells: &Cells<'_>) -> Result<Line, String> {
    let text = cells.text(Column::Type);
    let kind = kind(&text.to_lowercase()).ok_or_else(|| {
        format!(
            "type `{}` is not known: nothing says what moved",
            text.chars().take(40).collect::<String>()
        )
    })?;
    let (asset, time) = (cells.coin()?, cells.time()?);
    let stated = cells.number(Column::Amount, "amount")?;
    let fee = cells.number_or_none(Column::Fee)?.unwrap_or_default();
    let before = cells.number_or_none(Column::Before)?;
    let after = cells.number_or_none(Column::Balance)?;
    let mut line = Line::new(cells.row.number, time, Vec::new());
    let (amount, fee_apart) = signed(&stated, &fee, before.as_ref(), after.as_ref());
    if !fee.is_zero() && !fee_apart {
        line.doubt = Some(
            "fees that the balances do not show are within the amounts and move nothing of their own",
        );
    }
    let mut changes = vec![amount.clone()];
    let what = match kind {
        Kind::Within => None,
        Kind::Moves(what) => Some(what),
    };
    if let Some(what) = what.filter(|_| !amount.is_zero()) {
        let contradicts = match what {
            What::Deposit => amount.negative,
            What::Withdrawal => !amount.negative,
            _ => false,
        };
        if contradicts {
            return Err(format!("the sign of the amount contradicts `{text}`"));
        }
        line.changes.push(Change::new(what, asset.clone(), amount));
    }
    if fee_apart && !fee.is_zero() {
        line.changes
            .push(Change::new(What::Fee, asset.clone(), fee.clone()));
        changes.push(fee);
    }
    if line.changes.is_empty() {
        line.why = Some(if what.is_none() {
            "moved between accounts of the same user"
        } else {
            "a change of nothing"
        });
    }
    if what.is_some_and(|what| matches!(what, What::Trade | What::Fee)) {
        line.group = Some(Group::Second(time.earliest()));
    }
    if let Some(after) = after {
        line.balance = Some(Balance {
            of: asset.to_string(),
            before,
            after,
            changes,
        });
    }
    Ok(line)
}

/// The amount with the sign that the balances give it, and whether the fee (below zero: charged) was taken beside it.
/// Balances that do not add up say no more than which way it went.
fn signed(
    stated: &Number,
    fee: &Number,
    before: Option<&Number>,
    after: Option<&Number>,
) -> (Number, bool) {
    let (Some(before), Some(after)) = (before, after) else {
        return (stated.clone(), true);
    };
    let fits = |amount: &Number, fee: Option<&Number>| {
        let sum = Sum::of(before).and_then(|sum| sum.plus(amount));
        let sum = sum.and_then(|sum| fee.map_or(Some(sum), |fee| sum.plus(fee)));
        sum.is_some_and(|sum| Some(sum) == Sum::of(after))
    };
    for (fee, is_apart) in [(Some(fee), true), (None, false)] {
        for negative in [stated.negative, !stated.negative] {
            let amount = stated.clone().negated(negative);
            if fits(&amount, fee) {
                return (amount, is_apart);
            }
        }
    }
    let negative = match Sum::of(after).cmp(&Sum::of(before)) {
        Ordering::Less => true,
        Ordering::Equal => stated.negative,
        Ordering::Greater => false,
    };
    (stated.clone().negated(negative), true)
}
