//! Coinbase's transaction report: one row holds both sides of a purchase or sale; a conversion's other side stands
//! in its note, and so does the address of what was sent.

use super::cells::{Cells, Number, symbol};
use super::header::Column;
use super::line::{Change, Line, Other, Told, What};
use moneytrail_model::{AccountKey, Network};

pub(super) fn report(cells: &Cells<'_>) -> Told {
    row(cells).into()
}

enum Entry {
    Buys,
    Sells,
    Converts,
    In(What),
    Out(What),
    /// To or from the user's account at the trading platform of the same house.
    Platform {
        is_out: bool,
    },
    Within,
}

fn entry(kind: &str) -> Option<Entry> {
    Some(match kind {
        "buy" | "advanced trade buy" | "advance trade buy" => Entry::Buys,
        "sell" | "advanced trade sell" | "advance trade sell" => Entry::Sells,
        "convert" => Entry::Converts,
        "receive" | "deposit" => Entry::In(What::Deposit),
        "send" | "withdrawal" => Entry::Out(What::Withdrawal),
        "staking income" | "inflation reward" | "interest" | "usdc rewards" => {
            Entry::In(What::Interest)
        }
        "rewards income"
        | "reward income"
        | "coinbase earn"
        | "learning reward"
        | "incentives rewards payout"
        | "subscription rebate"
        | "airdrop" => Entry::In(What::Reward),
        "cardspend" | "card spend" | "order" | "payment" | "merchant payment" => {
            Entry::Out(What::Payment)
        }
        "card buy back" | "refund" => Entry::In(What::Payment),
        "exchange deposit" | "pro deposit" => Entry::Platform { is_out: true },
        "exchange withdrawal" | "pro withdrawal" => Entry::Platform { is_out: false },
        "retail staking transfer" | "retail unstaking transfer" => Entry::Within,
        _ => return None,
    })
}

fn row(cells: &Cells<'_>) -> Result<Line, String> {
    let kind = cells.text(Column::Type);
    let entry = entry(&kind.to_lowercase()).ok_or_else(|| {
        format!(
            "transaction type `{}` is not known: nothing says what moved",
            kind.chars().take(40).collect::<String>()
        )
    })?;
    let asset = cells.coin()?;
    let quantity = cells.number(Column::Amount, "quantity")?;
    let mut line = Line::new(cells.row.number, cells.time()?, Vec::new());
    if quantity.is_zero() {
        line.why = Some("a change of nothing");
        return Ok(line);
    }
    let one = |what, is_out| Change::new(what, asset.clone(), quantity.clone().negated(is_out));
    match entry {
        Entry::Within => line.why = Some("moved between wallets of the same account"),
        Entry::In(what) => line.changes.push(one(what, false)),
        Entry::Out(what) => {
            line.changes.push(one(what, true));
            if what == What::Withdrawal {
                line.other = sent_to(cells.text(Column::Remark), &asset);
                if line.other.network == "ETH" {
                    line.doubt =
                        Some("addresses of EVM networks in notes are taken to be of Ethereum");
                }
            }
        }
        Entry::Platform { is_out } => {
            line.changes.push(one(What::Payment, is_out));
            line.other.within = Some("Coinbase Exchange".to_owned());
        }
        Entry::Converts => {
            let (other, number) = converted(cells, &asset)?;
            line.changes.push(one(What::Trade, true));
            line.changes.push(Change::new(What::Trade, other, number));
            line.doubt =
                Some("the fee of a conversion is within its rate and moves nothing of its own");
        }
        Entry::Buys | Entry::Sells => {
            let buys = matches!(entry, Entry::Buys);
            let currency = symbol(cells.text(Column::PriceCurrency))?;
            let subtotal = cells.number(Column::Subtotal, "subtotal")?;
            let fee = cells.number_or_none(Column::Fee)?.unwrap_or_default();
            line.changes.push(one(What::Trade, !buys));
            line.changes.push(Change::new(
                What::Trade,
                currency.clone(),
                subtotal.negated(buys),
            ));
            if !fee.is_zero() {
                line.changes
                    .push(Change::new(What::Fee, currency, fee.negated(true)));
            }
        }
    }
    Ok(line)
}

/// `Converted 0.5 ETH to 0.03 BTC`: what it became.
fn converted(cells: &Cells<'_>, from: &str) -> Result<(Box<str>, Number), String> {
    let note = cells.text(Column::Remark);
    let wrong = || {
        format!(
            "the note `{}` does not say what the asset was converted to",
            note.chars().take(60).collect::<String>()
        )
    };
    let words: Vec<&str> = note.split_whitespace().collect();
    let [verb, _, given, "to", amount, taken] = words[..] else {
        return Err(wrong());
    };
    if !verb.eq_ignore_ascii_case("converted") || !given.eq_ignore_ascii_case(from) {
        return Err(wrong());
    }
    let number = cells.read(amount)?;
    if number.is_zero() || number.negative {
        return Err(wrong());
    }
    Ok((symbol(taken)?, number))
}

/// The address in `Sent 0.1 BTC to bc1q…`.
fn sent_to(note: &str, asset: &str) -> Other {
    let network = match asset {
        "BTC" => Network::Bitcoin,
        "LTC" => Network::Litecoin,
        "BCH" => Network::BitcoinCash,
        "DOGE" => Network::Dogecoin,
        _ => Network::Ethereum,
    };
    let words = note
        .split_whitespace()
        .skip_while(|word| *word != "to")
        .skip(1);
    let mut words = words.map(|word| word.trim_matches(['(', ')', ',', '.']));
    let found = words.find_map(|word| {
        let account = AccountKey::parse(word, network)?;
        (account.network() == Some(network)).then(|| (word.to_owned(), account))
    });
    found.map_or_else(Other::default, |(address, account)| Other {
        address,
        network: network.symbol().to_owned(),
        account: Some(account),
        ..Other::default()
    })
}
