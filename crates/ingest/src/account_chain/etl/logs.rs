//! Logs of contracts, of which those are read that say what an issuer did to an account's holding of its token.
//!
//! Law: a log is known by its first topic, the hash of its event's name and types. The account stands in the second
//! topic where the contract indexes it (USDC, some copies of USDT), else in the first word of the data; the amount
//! in the next word. All other logs say nothing here and are passed over.

use super::header::{Column, Head};
use crate::account_chain::field::{Address, shown};
use moneytrail_model::Amount;
use moneytrail_model::freeze::Change;
use std::borrow::Cow;

/// Bytes of a word of the machine.
const WORD: usize = 32;

/// What a log says.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) account: Address,
    pub(super) change: Change,
    /// Units; zero unless something was destroyed.
    pub(super) amount: Amount,
}

/// Whether a row says something that is read.
pub(super) fn is_read(head: &Head, cells: &[Cow<'_, [u8]>]) -> bool {
    let topics = head.text(cells, Column::Topics).unwrap_or_default();
    topic(topics, 0).is_some_and(|first| Change::of_topic(&first).is_some())
}

/// A topic by its number. Exporters write lists of them with commas or strokes between, in brackets and quotes or without.
fn topic(topics: &str, number: usize) -> Option<[u8; WORD]> {
    let words = topics.split(|c: char| !c.is_ascii_alphanumeric());
    let word = words.filter(|word| !word.is_empty()).nth(number)?;
    let mut topic = [0; WORD];
    hex::decode_to_slice(word.strip_prefix("0x").unwrap_or(word), &mut topic).ok()?;
    Some(topic)
}

/// A word of the data by its number.
fn word(data: &str, number: usize) -> Option<[u8; WORD]> {
    let digits = data.strip_prefix("0x").unwrap_or(data);
    let digits = digits.get(2 * WORD * number..2 * WORD * (number + 1))?;
    let mut word = [0; WORD];
    hex::decode_to_slice(digits, &mut word).ok()?;
    Some(word)
}

/// An address as a word holds it: the last twenty bytes, zeros before. TRON's machine may leave its 41 before them.
fn address(word: [u8; WORD]) -> Option<Address> {
    let (padding, address) = word.split_at(WORD - 20);
    let is_plain = padding[..11].iter().all(|&byte| byte == 0) && [0, 0x41].contains(&padding[11]);
    is_plain.then(|| address.try_into().expect("twenty bytes"))
}

/// Reads a log that [`is_read`].
pub(super) fn said(topics: &str, data: &str) -> Result<Said, String> {
    let first = topic(topics, 0).ok_or("the log names no event")?;
    let change = Change::of_topic(&first).ok_or("the log is of no event that is read")?;
    let indexed = topic(topics, 1);
    let at = usize::from(indexed.is_none());
    let account = indexed.or_else(|| word(data, 0)).and_then(address);
    let account = account.ok_or_else(|| {
        format!(
            "the log names no account: topics `{}`, data `{}`",
            shown(topics),
            shown(data)
        )
    })?;
    let amount = match change {
        Change::Destroyed => amount(data, at)?,
        Change::Frozen | Change::Unfrozen => Amount::ZERO,
    };
    Ok(Said {
        account,
        change,
        amount,
    })
}

fn amount(data: &str, at: usize) -> Result<Amount, String> {
    let word = word(data, at).ok_or("the log does not say how much was destroyed")?;
    let (high, low) = word.split_at(WORD / 2);
    let low = u128::from_be_bytes(low.try_into().expect("sixteen bytes"));
    let units = i128::try_from(low).ok();
    let units = units.filter(|_| high.iter().all(|&byte| byte == 0));
    let amount = units.and_then(|units| Amount::new(units).ok());
    amount.ok_or_else(|| "amount of 10³⁸ units or more".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Change, said, topic};

    const ADDED: &str = "0x42e160154868087d6bfdc0ca23d96a1c1cfa32f1b72ba9ba27b69b98a0d819dc";
    const DESTROYED: &str = "0x61e6e66b0d6339b2980aecc6ccc0039736791f0ccde9ed512e789a7fbdd698c6";

    fn of(byte: &str) -> String {
        format!("{}{}", "0".repeat(24), byte.repeat(20))
    }

    #[test]
    fn the_account_stands_in_a_topic_or_in_the_data() {
        let data = format!("0x{}", of("ab"));
        let plain = said(ADDED, &data).unwrap();
        let indexed = said(&format!("['{ADDED}', '0x{}']", of("ab")), "0x").unwrap();
        assert_eq!(plain.account, [0xab; 20]);
        assert_eq!(
            (plain.account, plain.change),
            (indexed.account, Change::Frozen)
        );
        assert_eq!(indexed.change, Change::Frozen);
        // The same of what was destroyed, whose amount moves up a word.
        let units = format!("{:064x}", 7_000_000);
        let plain = said(DESTROYED, &format!("{data}{units}")).unwrap();
        let indexed = said(
            &format!("{DESTROYED},0x{}", of("ab")),
            &format!("0x{units}"),
        )
        .unwrap();
        assert_eq!(plain.amount, indexed.amount);
        assert_eq!(plain.amount.units(), 7_000_000);
        assert_eq!(plain.account, indexed.account);
    }

    #[test]
    fn what_names_no_account_is_refused() {
        assert!(said(ADDED, "0x").is_err());
        assert!(said(ADDED, &format!("0x{}", "ff".repeat(32))).is_err());
        assert!(said(DESTROYED, &format!("0x{}", of("ab"))).is_err());
        let far = format!("0x{}{}", of("ab"), "ff".repeat(32));
        assert!(said(DESTROYED, &far).is_err());
        assert!(said("", "").is_err());
        assert!(said(ADDED, "0xé").is_err());
        assert_eq!(topic("[]", 0), None);
    }
}
