//! A block as it was decided, before its transactions have ids.
//!
//! Law: an input names the coin that it spends by its place; the id of the coin's transaction is looked
//! up, or waited for if it is of the same block, when the block is sealed. So deciding and hashing run
//! side by side.

use std::ops::Range;

/// Why a transaction was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Why {
    /// One payee and mostly a change output.
    Payment,
    /// A whole wallet goes to its exchange account.
    Sweep,
    /// A hop of a peel chain.
    Peel,
    /// An exchange pays many customers.
    Batch,
    /// A miner pays what a block earned.
    Payout,
    /// Many coins of one wallet become one.
    Consolidation,
    /// A coordinator makes coins of a denomination.
    Split,
    /// Prepares coins for Whirlpool.
    Tx0,
    Whirlpool,
    Wasabi,
    WasabiOneOne,
    WasabiTwo,
    JoinMarket,
    /// One wallet pays, and looks like two.
    Stonewall,
    /// Two wallets mix a payment.
    StonewallOfTwo,
    /// Payer and payee spend together.
    PayJoin,
    /// An employer pays equal salaries.
    Payroll,
}

impl Why {
    pub(super) const ALL: [Self; 17] = [
        Self::Payment,
        Self::Sweep,
        Self::Peel,
        Self::Batch,
        Self::Payout,
        Self::Consolidation,
        Self::Split,
        Self::Tx0,
        Self::Whirlpool,
        Self::Wasabi,
        Self::WasabiOneOne,
        Self::WasabiTwo,
        Self::JoinMarket,
        Self::Stonewall,
        Self::StonewallOfTwo,
        Self::PayJoin,
        Self::Payroll,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Sweep => "sweep",
            Self::Peel => "peel",
            Self::Batch => "batch",
            Self::Payout => "payout",
            Self::Consolidation => "consolidation",
            Self::Split => "split",
            Self::Tx0 => "tx0",
            Self::Whirlpool => "whirlpool",
            Self::Wasabi => "wasabi-1.0",
            Self::WasabiOneOne => "wasabi-1.1",
            Self::WasabiTwo => "wasabi-2",
            Self::JoinMarket => "joinmarket",
            Self::Stonewall => "stonewall",
            Self::StonewallOfTwo => "stonewall-of-two",
            Self::PayJoin => "payjoin",
            Self::Payroll => "payroll",
        }
    }

    /// Whether owners of several inputs differ.
    pub(super) const fn is_of_several(self) -> bool {
        matches!(
            self,
            Self::Whirlpool
                | Self::Wasabi
                | Self::WasabiOneOne
                | Self::WasabiTwo
                | Self::JoinMarket
                | Self::StonewallOfTwo
                | Self::PayJoin
        )
    }
}

/// What an output is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Use {
    Payment,
    Change,
    /// Of a CoinJoin's denomination.
    Mixed,
    Premix,
    CoordinatorFee,
    /// `OP_RETURN`.
    Data,
}

impl Use {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Change => "change",
            Self::Mixed => "mixed",
            Self::Premix => "premix",
            Self::CoordinatorFee => "coordinator fee",
            Self::Data => "data",
        }
    }
}

/// An input.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spend {
    /// Place of the coin.
    pub(super) coin: u32,
    pub(super) vout: u32,
    pub(super) address: u32,
    pub(super) wallet: u32,
    pub(super) value: u64,
    /// Position of the transaction that made the coin, if it is in this block.
    pub(super) parent: Option<u32>,
}

/// An output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pay {
    /// Place of the coin; none for data.
    pub(super) coin: u32,
    pub(super) address: u32,
    pub(super) wallet: u32,
    pub(super) value: u64,
    pub(super) purpose: Use,
}

/// A transaction: its parts stand in the lists of its block.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) why: Why,
    /// Who made it: the taker or coordinator of a CoinJoin.
    pub(super) wallet: u32,
    pub(super) version: u8,
    pub(super) sequence: u8,
    pub(super) lock_time: u32,
    pub(super) spends: Range<usize>,
    pub(super) pays: Range<usize>,
    /// In satoshi.
    pub(super) fee: u64,
    /// Number of the peel chain that it is a hop of.
    pub(super) peel: Option<u64>,
    /// Longest chain of transactions of this block that it needs.
    pub(super) depth: u32,
}

/// A block without its coinbase's id, merkle root and work.
#[derive(Clone, Debug, Default)]
pub(super) struct BlockDraft {
    pub(super) height: u32,
    /// Seconds since 1970.
    pub(super) time: u32,
    pub(super) drafts: Vec<Draft>,
    pub(super) spends: Vec<Spend>,
    pub(super) pays: Vec<Pay>,
    /// The output of the coinbase; subsidy and fees.
    pub(super) reward: Option<Pay>,
    /// First address number that is new in this block, and the wallet of each one.
    pub(super) first_address: u32,
    pub(super) addresses: Vec<u32>,
}

impl BlockDraft {
    pub(super) fn spends_of(&self, draft: &Draft) -> &[Spend] {
        &self.spends[draft.spends.clone()]
    }

    pub(super) fn pays_of(&self, draft: &Draft) -> &[Pay] {
        &self.pays[draft.pays.clone()]
    }
}
