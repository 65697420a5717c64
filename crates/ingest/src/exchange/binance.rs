//! Binance: histories of deposits and withdrawals, and the account statement.
//!
//! Law: a row with a status that is not known is quarantined; one that failed or waits is set aside.

use super::cells::Cells;
use super::header::{Column, Layout};
use super::line::{Change, Group, Line, Other, Told, What};

/// What a status says.
enum Status {
    Done,
    Failed,
    Waits,
}

fn status(text: &str) -> Option<Status> {
    Some(match &*text.to_lowercase() {
        "completed" | "complete" | "success" | "successful" | "succeeded" | "credited" => {
            Status::Done
        }
        "failed" | "failure" | "fail" | "cancelled" | "canceled" | "rejected" | "refunded"
        | "expired" => Status::Failed,
        "pending" | "processing" | "in progress" | "awaiting approval" | "confirming"
        | "waiting" | "email sent" => Status::Waits,
        _ => return None,
    })
}

/// A row of a history of deposits or withdrawals.
pub(super) fn history(cells: &Cells<'_>, layout: Layout) -> Told {
    let text = cells.text(Column::Status);
    match status(text) {
        Some(Status::Done) => moved(cells, layout).into(),
        Some(Status::Failed) => Told::Nothing(format!("`{text}`: nothing moved")),
        Some(Status::Waits) => {
            Told::Nothing(format!("`{text}`: had not moved when this was exported"))
        }
        None if text.is_empty() => {
            Told::Wrong("no status: nothing says whether it moved".to_owned())
        }
        None => Told::Wrong(format!(
            "status `{}` is not known: nothing says whether it moved",
            text.chars().take(40).collect::<String>()
        )),
    }
}

fn moved(cells: &Cells<'_>, layout: Layout) -> Result<Line, String> {
    let is_out = layout == Layout::BinanceWithdrawals;
    let asset = cells.coin()?;
    let amount = cells.number(Column::Amount, "amount")?;
    if amount.negative || amount.is_zero() {
        return Err("the amount is not above zero".to_owned());
    }
    let what = if is_out {
        What::Withdrawal
    } else {
        What::Deposit
    };
    let mut changes = vec![Change::new(what, asset.clone(), amount.negated(is_out))];
    let fee = cells.number_or_none(Column::Fee)?;
    if let Some(fee) = fee.filter(|fee| !fee.is_zero()) {
        if fee.negative {
            return Err("the fee is below zero".to_owned());
        }
        changes.push(Change::new(What::Fee, asset, fee.negated(true)));
    }
    let mut line = Line::new(cells.row.number, cells.time()?, changes);
    line.user = user(cells);
    let (txid, within) = transaction(cells.text(Column::Txid));
    line.other = Other {
        network: cells.text(Column::Network).to_owned(),
        address: cells.text(Column::Address).to_owned(),
        from: cells.text(Column::From).to_owned(),
        txid,
        within,
        account: None,
    };
    if txid.is_none() && line.other.within.is_none() {
        line.doubt = Some(
            "deposits and withdrawals name no transaction of 64 hexadecimal digits: they are joined to no chain",
        );
    }
    Ok(line)
}

fn user(cells: &Cells<'_>) -> Option<String> {
    let user = cells.text(Column::User);
    (!user.is_empty()).then(|| user.to_owned())
}

/// A transaction id (an output's number may stand behind it), or what Binance calls a transfer between customers.
fn transaction(text: &str) -> (Option<[u8; 32]>, Option<String>) {
    let bare = text.strip_prefix("0x").unwrap_or(text);
    let bare = match bare.split_once(':') {
        Some((txid, output)) if output.bytes().all(|byte| byte.is_ascii_digit()) => txid,
        _ => bare,
    };
    let mut txid = [0; 32];
    if hex::decode_to_slice(bare, &mut txid).is_ok() {
        return (Some(txid), None);
    }
    let lower = text.to_lowercase();
    let is_within =
        lower.starts_with("internal transfer") || lower.starts_with("off-chain transfer");
    (None, is_within.then_some(lower))
}

/// A row of the account statement.
pub(super) fn statement(cells: &Cells<'_>) -> Told {
    booked(cells).into()
}

fn booked(cells: &Cells<'_>) -> Result<Line, String> {
    let operation = cells.text(Column::Type);
    let change = cells.number(Column::Amount, "change")?;
    let kind = operation_of(&operation.to_lowercase(), change.negative).ok_or_else(|| {
        format!(
            "operation `{}` is not known: nothing says what moved",
            operation.chars().take(60).collect::<String>()
        )
    })?;
    let (asset, time) = (cells.coin()?, cells.time()?);
    let mut line = Line::new(cells.row.number, time, Vec::new());
    line.user = user(cells);
    match kind {
        Operation::Within => line.why = Some("moved between wallets of the same account"),
        Operation::Moves(_) if change.is_zero() => line.why = Some("a change of nothing"),
        Operation::Moves(what) => {
            if matches!(what, What::Trade | What::Fee) {
                line.group = Some(Group::Second(time.earliest()));
            }
            if what == What::Deposit && change.negative
                || what == What::Withdrawal && !change.negative
            {
                return Err(format!("the sign of the change contradicts `{operation}`"));
            }
            line.changes.push(Change::new(what, asset, change));
        }
    }
    Ok(line)
}

/// Products in which a customer's own money is put and from which it comes back, as operations begin.
const SAVED: [&str; 11] = [
    "simple earn",
    "savings",
    "flexible savings",
    "locked savings",
    "staking",
    "pos savings",
    "launchpool",
    "dual investment",
    "liquid swap",
    "liquidity farming",
    "pool",
];

enum Operation {
    Moves(What),
    Within,
}

/// Operations by their words. Names of some hundred are known to exist; those that move between wallets, trade,
/// pay or charge share words, and what has none of them is not guessed.
fn operation_of(operation: &str, negative: bool) -> Option<Operation> {
    use Operation::{Moves, Within};
    let has = |words: &[&str]| words.iter().any(|word| operation.contains(word));
    Some(match operation {
        "deposit" | "fiat deposit" | "crypto deposit" => Moves(What::Deposit),
        "withdraw" | "withdrawal" | "fiat withdraw" | "fiat withdrawal" | "crypto withdrawal" => {
            Moves(What::Withdrawal)
        }
        "send" | "receive" | "pay" | "binance pay" | "c2c transfer" => Moves(What::Payment),
        "buy" | "sell" | "buy crypto" | "token swap" | "eth 2.0 staking" => Moves(What::Trade),
        "fee" => Moves(What::Fee),
        "transfer_in" | "transfer_out" | "transfer in" | "transfer out" => Within,
        _ if has(&["transfer between", "main and funding"]) => Within,
        _ if has(&["interest"]) && negative => Moves(What::Fee),
        _ if has(&["interest", "staking reward", "locked reward"]) => Moves(What::Interest),
        _ if has(&["commission", "referral", "referrer", "kickback", "rebate"]) => {
            Moves(What::Commission)
        }
        _ if has(&[
            "reward",
            "airdrop",
            "distribution",
            "voucher",
            "bonus",
            "crypto box",
            "cashback",
        ]) =>
        {
            Moves(What::Reward)
        }
        _ if has(&["transaction fee", "trading fee"]) => Moves(What::Fee),
        _ if has(&[
            "funding fee",
            "insurance",
            "profit and loss",
            "loan",
            "repayment",
        ]) =>
        {
            Moves(What::Settled)
        }
        _ if SAVED.iter().any(|product| operation.starts_with(product))
            && has(&["purchase", "redemption", "subscription"]) =>
        {
            Within
        }
        _ if operation.starts_with("transaction ")
            || has(&[
                "convert",
                "otc trading",
                "small assets exchange",
                "auto-conversion",
            ]) =>
        {
            Moves(What::Trade)
        }
        _ if has(&["p2p", "card spending", "merchant"]) => Moves(What::Payment),
        _ => return None,
    })
}
