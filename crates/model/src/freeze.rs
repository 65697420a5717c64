//! What the issuer of a token does to an account's holding of it.
//!
//! Laws. A change is one of a token, at a time; the account's other assets are not touched. What is frozen still rests in
//! the account; what is destroyed is gone.

use crate::asset::AssetKey;
use crate::tag::Subject;
use crate::time::Instant;
use sha3::{Digest, Keccak256};
use std::sync::LazyLock;

/// What was done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Change {
    /// The account cannot pay out the token any more.
    Frozen,
    /// It can again.
    Unfrozen,
    /// What a frozen account held was destroyed; it stays frozen.
    Destroyed,
}

/// Events by which contracts say so: USDT's, which USDT on TRON shares, and USDC's. Sources: `chains.md` §1; the published
/// code of `TetherToken` and `FiatToken`.
const EVENTS: [(&str, Change); 5] = [
    ("AddedBlackList(address)", Change::Frozen),
    ("RemovedBlackList(address)", Change::Unfrozen),
    ("DestroyedBlackFunds(address,uint256)", Change::Destroyed),
    ("Blacklisted(address)", Change::Frozen),
    ("UnBlacklisted(address)", Change::Unfrozen),
];

static TOPICS: LazyLock<[([u8; 32], Change); 5]> =
    LazyLock::new(|| EVENTS.map(|(event, change)| (Keccak256::digest(event).into(), change)));

impl Change {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Frozen, Self::Unfrozen, Self::Destroyed];

    /// The word in lists, segments and results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Unfrozen => "unfrozen",
            Self::Destroyed => "destroyed",
        }
    }

    /// The change with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.as_str() == word)
    }

    /// What an event of this name says, as far as a name tells: `AddedBlackList`.
    pub fn of_name(name: &str) -> Option<Self> {
        let is_it = |event: &str| event.split_once('(').is_some_and(|(own, _)| own == name);
        let known = EVENTS.iter().find(|known| is_it(known.0));
        known.map(|known| known.1)
    }

    /// What a contract's log with this first topic says.
    pub fn of_topic(topic: &[u8; 32]) -> Option<Self> {
        TOPICS
            .iter()
            .find(|known| known.0 == *topic)
            .map(|known| known.1)
    }
}

/// How a segment keeps a change beside an account: `tron:TR7… at 1700000000`, seconds since 1970, or `… at -`.
#[must_use]
pub fn written(asset: &AssetKey, time: Instant) -> String {
    match time.seconds() {
        Some(seconds) => format!("{asset} at {seconds}"),
        None => format!("{asset} at -"),
    }
}

/// Reads what [`written`] wrote; a time to the second.
pub fn read(text: &str) -> Option<(AssetKey, Instant)> {
    let (asset, time) = text.rsplit_once(" at ")?;
    let time = match time {
        "-" => Instant::UNKNOWN,
        seconds => Instant::at(seconds.parse().ok()?),
    };
    Some((asset.parse().ok()?, time))
}

/// A change that a list asserts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Asserted {
    /// Whose holding.
    pub subject: Subject,
    /// Of which token, as written: its symbol, or network and contract.
    pub asset: Box<str>,
    /// What was done.
    pub change: Change,
    /// When.
    pub time: Instant,
    /// Who says so.
    pub source: Box<str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Network;

    #[test]
    fn topics_are_those_that_contracts_write() {
        // Published with transactions of USDT and USDC on Ethereum.
        for (topic, change) in [
            (
                "42e160154868087d6bfdc0ca23d96a1c1cfa32f1b72ba9ba27b69b98a0d819dc",
                Change::Frozen,
            ),
            (
                "61e6e66b0d6339b2980aecc6ccc0039736791f0ccde9ed512e789a7fbdd698c6",
                Change::Destroyed,
            ),
            (
                "117e3210bb9aa7d9baff172026820255c6f6c30ba8999d1c2fd88e2848137c4e",
                Change::Unfrozen,
            ),
        ] {
            let mut bytes = [0; 32];
            for (byte, digits) in bytes.iter_mut().zip(topic.as_bytes().chunks(2)) {
                let digits = std::str::from_utf8(digits).unwrap();
                *byte = u8::from_str_radix(digits, 16).unwrap();
            }
            assert_eq!(Change::of_topic(&bytes), Some(change));
        }
        assert_eq!(Change::of_topic(&[0; 32]), None);
        assert_eq!(Change::of_name("UnBlacklisted"), Some(Change::Unfrozen));
        assert_eq!(Change::of_name("Transfer"), None);
        assert_eq!(Change::of_name(""), None);
    }

    #[test]
    fn what_is_written_reads_back() {
        let asset = AssetKey::Token(Network::Ethereum, "0xdac1".into());
        for time in [Instant::at(1_700_000_000), Instant::UNKNOWN] {
            let text = written(&asset, time);
            assert_eq!(read(&text), Some((asset.clone(), time)), "{text}");
        }
        assert_eq!(read("ethereum at noon"), None);
    }
}
