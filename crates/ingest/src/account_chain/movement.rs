//! What readers of every format make: transactions with the movements in them.

use super::field::{Address, TxId, ZERO};
use moneytrail_model::freeze::Change;
use moneytrail_model::{Amount, Instant, RecordBin, TransferKind};
use moneytrail_store::schema::RecordPlace;

/// Where a record stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Place {
    /// Position of its file in the exhibit.
    pub(super) file: u32,
    /// Row, or number of the element, from 1.
    pub(super) row: u32,
    /// Where its bytes begin in the file.
    pub(super) at: u64,
}

/// One end of a movement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum End {
    Account(Address),
    /// From where coins and tokens are created.
    Issuance,
    /// To where they are destroyed.
    Burned,
    /// Whoever is paid for carrying transactions out.
    Fees,
}

/// One movement of coins or of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Leg {
    pub(super) from: End,
    pub(super) to: End,
    /// Contract of the token; `None` for the network's coin.
    pub(super) token: Option<Address>,
    /// Zero where a record states a transfer of nothing.
    pub(super) amount: Amount,
    pub(super) kind: TransferKind,
    /// The record that states it.
    pub(super) place: Place,
}

impl Leg {
    /// A movement between two addresses, of which the zero address creates and destroys.
    pub(super) fn between(
        [from, to]: [Address; 2],
        token: Option<Address>,
        amount: Amount,
        place: Place,
    ) -> Self {
        let or = |address: Address, end: End| {
            if address == ZERO {
                end
            } else {
                End::Account(address)
            }
        };
        Self {
            from: or(from, End::Issuance),
            to: or(to, End::Burned),
            token,
            amount,
            kind: TransferKind::Payment,
            place,
        }
    }

    /// What an account pays for having a transaction carried out.
    pub(super) const fn fee(from: Address, amount: Amount, place: Place) -> Self {
        Self {
            from: End::Account(from),
            to: End::Fees,
            token: None,
            amount,
            kind: TransferKind::Fee,
            place,
        }
    }
}

/// What an issuer did to an account's holding of its token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Freeze {
    pub(super) account: Address,
    pub(super) token: Address,
    pub(super) change: Change,
    pub(super) time: Instant,
    pub(super) place: Place,
}

/// A block, as far as a transaction's records say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BlockFacts {
    pub(super) hash: [u8; 32],
    pub(super) height: u32,
    pub(super) seconds: i64,
    pub(super) place: Place,
}

/// What happens together or not at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Transaction {
    /// `None` for what a block does of itself: rewards.
    pub(super) id: Option<TxId>,
    pub(super) height: Option<u32>,
    /// Where hash and time are known.
    pub(super) block: Option<BlockFacts>,
    pub(super) tx_index: Option<u32>,
    pub(super) time: Instant,
    /// The record that describes it best.
    pub(super) place: Place,
    /// Records that say something of it and state no movement, such as its receipt: cited behind those that do.
    pub(super) also: Vec<Place>,
    /// In the order in which they happen, the fee last.
    pub(super) legs: Vec<Leg>,
}

/// A record that gave no transfer, with its raw cells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Kept {
    pub(super) file: u32,
    pub(super) place: RecordPlace,
    pub(super) bin: RecordBin,
    pub(super) reason: Box<str>,
    pub(super) raw: Vec<Box<str>>,
}

impl Kept {
    /// File and row, for sorting.
    pub(super) const fn position(&self) -> (u32, u64) {
        match self.place {
            RecordPlace::Row(row) => (self.file, row as u64),
            RecordPlace::Bytes(start, _) => (self.file, start),
        }
    }
}

/// Characters of a cell or an element that a kept record shows.
pub(super) const RAW_LEN_MAX: usize = 1_000;

/// The first characters of a cell.
pub(super) fn clip(text: &str) -> Box<str> {
    match text.char_indices().nth(RAW_LEN_MAX) {
        Some((end, _)) => text[..end].into(),
        None => text.into(),
    }
}
