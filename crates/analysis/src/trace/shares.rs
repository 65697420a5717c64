//! Pari passu: what rests at an account, shared out among all who paid in, by what each paid in, whenever (*Barlow
//! Clowes v Vaughan* [1992] 4 All ER 22). No rule of flow: it says nothing of what went out.
//!
//! Laws: per asset, the shares are what rests; a contributor's share is in proportion to what he paid in, floors first,
//! left-over units to the largest remainders, ties in the order of the first payment. What links hold for somebody is
//! neither counted nor shared out.

use super::opening::{free_inflow, free_outflow, openings};
use super::view::View;
use crate::Error;
use moneytrail_model::trace::{Direction, Placement, Policy, StopRules, TraceSpec};
use moneytrail_model::{AssetIdx, Layer, NodeIdx, TransferIdx, money};
use moneytrail_store::graph::Graph;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one contributor paid in, and his share of what rests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// Who paid; `None` for what came unseen: the least opening balance that the account must have had.
    pub contributor: Option<NodeIdx>,
    /// In all, in smallest units.
    pub paid_in: u128,
    /// Of what rests.
    pub share: u128,
}

/// What rests of one asset, and whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shares {
    /// The asset.
    pub asset: AssetIdx,
    /// What rests at the account.
    pub rests: u128,
    /// In the order of the first payment; what came unseen first.
    pub shares: Vec<Share>,
}

/// Shares out what rests at an account by the second `as_of`, or by the end of the evidence; ascending by asset.
/// O(d log d) in the transfers of the account and their links.
///
/// # Errors
/// [`Error::NoSuchAccount`]; [`Error::Negative`] and [`Error::TooLarge`] for amounts that cannot be added up.
pub fn pari_passu(
    graph: &Graph,
    account: NodeIdx,
    layer: Layer,
    as_of: Option<i64>,
) -> Result<Vec<Shares>, Error> {
    if account.idx() >= graph.n_accounts() {
        return Err(Error::NoSuchAccount(account));
    }
    // No policy and no seed is looked at: only which transfers exist, and their links.
    let spec = TraceSpec {
        direction: Direction::Forward,
        seeds: Vec::new(),
        layer,
        policy: Policy::Haircut,
        placement: Placement::Latest,
        stops: StopRules::default(),
        since: None,
        as_of,
        change: Arc::default(),
        // What a person accepted to be one with a row of a book is shared out as the chain has it.
        without: Arc::new([moneytrail_store::decision::CRYPTO_MIRROR]),
    };
    let view = View::new(graph, &spec)?;
    let mut assets: BTreeMap<AssetIdx, Account> = BTreeMap::new();
    if !view.may_owe(account) {
        for (asset, units) in openings(&view, account, &[])? {
            let came = assets.entry(asset).or_default().came(None, units);
            came.ok_or(Error::TooLarge(account))?;
        }
    }
    let is_own = |transfer| graph.from(transfer) == graph.to(transfer);
    let counts = |transfer: &TransferIdx| view.exists(*transfer) && !is_own(*transfer);
    for transfer in graph.transfers_in(account).iter().filter(counts) {
        let units = free_inflow(&view, transfer)?;
        let of = assets.entry(graph.asset_of(transfer)).or_default();
        let came = of.came(Some(graph.from(transfer)), units);
        came.ok_or(Error::TooLarge(account))?;
    }
    for transfer in graph.transfers_out(account).iter().filter(counts) {
        let units = free_outflow(&view, transfer)?;
        let of = assets.entry(graph.asset_of(transfer)).or_default();
        let went = of.went.checked_add(units);
        of.went = went.ok_or(Error::TooLarge(account))?;
    }
    Ok(assets
        .into_iter()
        .map(|(asset, of)| of.share_out(asset))
        .collect())
}

/// What came and went of one asset.
#[derive(Default)]
struct Account {
    shares: Vec<Share>,
    places: FxHashMap<Option<NodeIdx>, usize>,
    came: u128,
    went: u128,
}

impl Account {
    /// `None` if the sum leaves 128 bits.
    fn came(&mut self, contributor: Option<NodeIdx>, units: u128) -> Option<()> {
        if units == 0 {
            return Some(());
        }
        self.came = self.came.checked_add(units)?;
        let next = self.shares.len();
        let place = *self.places.entry(contributor).or_insert(next);
        if place == next {
            self.shares.push(Share {
                contributor,
                paid_in: 0,
                share: 0,
            });
        }
        self.shares[place].paid_in += units;
        Some(())
    }

    /// Where more went than came, nothing rests: the account owes.
    fn share_out(mut self, asset: AssetIdx) -> Shares {
        let rests = self.came.saturating_sub(self.went);
        let weights: Vec<u128> = self.shares.iter().map(|share| share.paid_in).collect();
        let parts = money::split_units(rests, &weights).unwrap_or_default();
        for (share, part) in self.shares.iter_mut().zip(parts) {
            share.share = part;
        }
        Shares {
            asset,
            rests,
            shares: self.shares,
        }
    }
}
