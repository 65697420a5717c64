//! Decisions of people that say what the index carries once: a row of a book and transfers of a chain, or two rows of two books.
//!
//! Laws. The index is a function of the exhibits and of the last decision about each thing; the order in which decisions about different things
//! were made says nothing. A decision names what it is about as a person can find it again, with what it said then: where the evidence has it no
//! longer so, it decides nothing, and that is noted. Taking a decision back gives the index as it was.

use crate::{Case, Error};
use moneytrail_model::{Asset, AssetKey, Network, RuleId, TransferKind};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A line of a book and transfers of a chain are two sides of one settlement.
pub const CRYPTO_MIRROR: RuleId = RuleId {
    name: "crypto-mirror",
    version: 2,
};

/// How the parameters of a claim begin that a person accepted.
pub const ACCEPTED: &str = "accepted by a person";

/// Somebody decided it, whatever a rule says.
pub const MANUAL: RuleId = RuleId {
    name: "manual",
    version: 1,
};

/// Schema of decisions on two rows of two books.
pub const OF_ORDERS: &str = "moneytrail-order-decision/1";

/// Schema of decisions on mirrors.
pub const OF_MIRRORS: &str = "moneytrail-mirror-decision/1";

/// What a person decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It counts: a claim joins although it is held back, a cell is read as proposed.
    Accept,
    /// It does not count.
    Reject,
    /// As if nobody had decided.
    Reopen,
}

impl Verdict {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Reopen => "reopen",
        }
    }
}

/// Which way the keeper of a book moved money.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// He paid.
    Out,
    /// He was paid.
    In,
}

/// What is moved: an asset and how much of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Moved {
    /// Key of the asset.
    pub asset: String,
    /// Its decimals where the units were read.
    pub decimals: u8,
    /// Smallest units, in decimal digits.
    pub units: String,
}

impl Moved {
    /// Smallest units of the same asset with so many decimals; none if they do not fit.
    pub(crate) fn units_at(&self, decimals: u8) -> Option<i128> {
        let units: i128 = self.units.parse().ok()?;
        if let Some(more) = decimals.checked_sub(self.decimals) {
            return units.checked_mul(10_i128.checked_pow(more.into())?);
        }
        let divisor = 10_i128.checked_pow((self.decimals - decimals).into())?;
        (units % divisor == 0).then_some(units / divisor)
    }

    /// Whether it is so much of this asset.
    pub(crate) fn is(&self, asset: &Asset, units: i128) -> bool {
        let key = self.asset.parse::<AssetKey>();
        key.is_ok_and(|key| key == *asset.key()) && self.units_at(asset.decimals()) == Some(units)
    }
}

/// A movement that a row of a book states.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct RowMovement {
    /// Exhibit and place: `X2/book.csv!-!R7`.
    pub row: String,
    /// Word of the transfer's kind.
    pub kind: String,
    /// Which way.
    pub way: Way,
    /// What.
    #[serde(flatten)]
    pub moved: Moved,
}

impl RowMovement {
    pub(crate) fn is_settlement(&self) -> bool {
        self.kind == TransferKind::Settlement.as_str()
    }
}

/// A transfer of a chain.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ChainMovement {
    /// Word of the network.
    pub network: String,
    /// The transaction as people write it, in hexadecimal.
    pub txid: String,
    /// The paying account; empty where a transaction mixes its inputs.
    pub from: String,
    /// The paid account.
    pub to: String,
    /// What.
    #[serde(flatten)]
    pub moved: Moved,
    /// Which one of equal transfers of the transaction, from 0.
    pub nth: u32,
}

impl ChainMovement {
    pub(crate) fn network(&self) -> Option<Network> {
        let of_word = |network: &Network| network.as_str() == self.network;
        Network::ALL.into_iter().find(of_word)
    }

    pub(crate) fn txid(&self) -> Option<[u8; 32]> {
        hex::decode(&self.txid).ok()?.try_into().ok()
    }
}

/// A decision on a mirror, with the whole of what was proposed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MirrorDecision {
    /// [`OF_MIRRORS`].
    pub schema: String,
    /// What was decided.
    pub verdict: Verdict,
    /// `M-` and eight hexadecimal digits of what rows and transfers it is of.
    pub id: String,
    /// `rule@version` that proposed it.
    pub rule: String,
    /// How good it was when it was decided: chance, competing candidates.
    pub says: String,
    /// Rows of books, ascending.
    pub rows: Vec<RowMovement>,
    /// Transfers of chains, ascending.
    pub transfers: Vec<ChainMovement>,
    /// Why.
    pub reason: String,
}

/// A decision on whether two rows of two books describe one order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrderDecision {
    /// [`OF_ORDERS`].
    pub schema: String,
    /// What was decided.
    pub verdict: Verdict,
    /// `rule@version` whose pair it was, or might have been.
    pub rule: String,
    /// What the rule said then.
    pub says: String,
    /// Exhibit and place of the row of who took the order: `X1/book.csv!-!R7`.
    pub sent: String,
    /// Exhibit and place of the row of who was to pay it out.
    pub received: String,
    /// Sums that the first row stated then.
    #[serde(default)]
    pub sent_sums: Vec<Moved>,
    /// Sums that the second row stated then.
    #[serde(default)]
    pub received_sums: Vec<Moved>,
    /// Why.
    pub reason: String,
}

/// Of each pair of rows the last decision, ascending by rows.
///
/// # Errors
/// If a file of that schema does not read.
pub fn orders(case: &Case) -> Result<Vec<OrderDecision>, Error> {
    let all = of_schema::<OrderDecision>(case, OF_ORDERS)?.into_iter();
    let by_rows = all.map(|of| {
        let (a, b) = (of.sent.clone(), of.received.clone());
        (if a < b { (a, b) } else { (b, a) }, of)
    });
    let last: BTreeMap<(String, String), OrderDecision> = by_rows.collect();
    Ok(last.into_values().collect())
}

/// Of each mirror the last decision, by id.
///
/// # Errors
/// If a file of that schema does not read.
pub fn last_mirrors(case: &Case) -> Result<BTreeMap<String, MirrorDecision>, Error> {
    let all = of_schema::<MirrorDecision>(case, OF_MIRRORS)?.into_iter();
    Ok(all.map(|of| (of.id.clone(), of)).collect())
}

/// What people decided that the index carries.
#[derive(Debug, Default)]
pub(crate) struct Decided {
    /// Accepted mirrors, ascending by id.
    pub(crate) mirrors: Vec<MirrorDecision>,
    /// Pairs of rows that were accepted or rejected, ascending.
    pub(crate) orders: Vec<OrderDecision>,
}

impl Decided {
    /// Reads `claims/`. Files of other schemas say nothing of the index.
    pub(crate) fn of(case: &Case) -> Result<Self, Error> {
        let last = last_mirrors(case)?.into_values();
        let mut orders = orders(case)?;
        orders.retain(|of| of.verdict != Verdict::Reopen);
        let accepted = last.filter(|of| of.verdict == Verdict::Accept);
        Ok(Self {
            mirrors: accepted.collect(),
            orders,
        })
    }

    /// What the index depends on, in bytes; empty if nothing is decided.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let said = self.mirrors.iter().map(|of| {
            serde_json::to_vec(&(&of.id, &of.rule, &of.says, &of.rows, &of.transfers))
                .expect("strings and numbers are JSON")
        });
        let orders = self.orders.iter().map(|of| {
            let sums = (&of.sent_sums, &of.received_sums);
            serde_json::to_vec(&(of.verdict, &of.rule, &of.says, &of.sent, &of.received, sums))
                .expect("strings and words are JSON")
        });
        said.chain(orders).flatten().collect()
    }
}

/// SHA-256 of what people decided that the index carries; none if they decided nothing.
///
/// # Errors
/// If a file of these schemas does not read.
pub fn digest(case: &Case) -> Result<Option<[u8; 32]>, Error> {
    let bytes = Decided::of(case)?.bytes();
    Ok((!bytes.is_empty()).then(|| Sha256::digest(&bytes).into()))
}

/// All decisions of a schema, in the order in which they were made.
fn of_schema<D: DeserializeOwned>(case: &Case, wanted: &str) -> Result<Vec<D>, Error> {
    #[derive(Deserialize)]
    struct SchemaOnly {
        schema: String,
    }
    let mut decisions = Vec::new();
    for (name, bytes) in case.claims()? {
        let is_one = serde_json::from_slice::<SchemaOnly>(&bytes);
        if is_one.is_ok_and(|of| of.schema == wanted) {
            let read = serde_json::from_slice(&bytes);
            let read =
                read.map_err(|error| Error::damaged(format!("claims/{name}"), error.to_string()))?;
            decisions.push(read);
        }
    }
    Ok(decisions)
}
