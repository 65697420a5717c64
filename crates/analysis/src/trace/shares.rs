//! Pari passu: what rests at an account, shared out among all who paid in, by what each paid in, whenever (*Barlow
//! Clowes v Vaughan* [1992] 4 All ER 22). No rule of flow: it says nothing of what went out.
//!
//! Laws: per asset, the shares are what rests; a contributor's share is in proportion to what he paid in, floors first,
//! left-over units to the largest remainders, ties in the order of the first payment. What links hold for somebody is
//! neither counted nor shared out.

use super::opening::{free_inflow, free_outflow, openings};
use super::view::View;
use crate::Error;
use moneytrail_model::trace::{Direction, Placement, Policy, StopRules, Trace, TraceSpec};
use moneytrail_model::{AssetIdx, Layer, NodeIdx, TransferIdx, money};
use moneytrail_store::graph::Graph;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
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
    /// In the order of the first payment; what came unseen first. An account whose payments are partly a seed's stands twice.
    pub shares: Vec<Share>,
    /// How much of it seeds have.
    pub of_seeds: u128,
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
    shared_out(&View::new(graph, &spec)?, account)
}

/// What the seeds of these traces of one question have of what rests where they paid in themselves, by asset and account,
/// ascending. Not told of an account to which traced money came through others too, because how much came is what a rule of flow
/// says; nor where links decide, nor of services, at which a trace stops. What rests there by no policy is told as well.
/// O(steps + transfers of these accounts + their links).
///
/// # Errors
/// As [`pari_passu`].
pub fn pari_passu_of_seeds(
    graph: &Graph,
    traces: &[Trace],
) -> Result<BTreeMap<(AssetIdx, NodeIdx), u128>, Error> {
    let mut found = BTreeMap::new();
    let Some(first) = traces.first() else {
        return Ok(found);
    };
    let spec = TraceSpec {
        as_of: first
            .spec
            .as_of
            .into_iter()
            .chain(first.spec.stops.until)
            .min(),
        ..first.spec.clone()
    };
    let view = View::new(graph, &spec)?;
    let (mut paid, mut through) = (BTreeSet::new(), BTreeSet::new());
    for step in traces.iter().flat_map(|trace| &trace.steps) {
        let place = (graph.asset_of(step.transfer), graph.to(step.transfer));
        if view.seed_of(step.transfer).is_some() {
            paid.insert(place);
        } else if step.carried.traced() > 0 {
            through.insert(place);
        }
    }
    let is_shared = |place: &&(AssetIdx, NodeIdx)| {
        let (asset, node) = **place;
        let of_asset = |transfer: &TransferIdx| graph.asset_of(*transfer) == asset;
        let mut ins = graph.transfers_in(node).iter().filter(of_asset);
        let mut outs = graph.transfers_out(node).iter().filter(of_asset);
        !through.contains(*place)
            && !graph.is_junction(node)
            && !graph.is_boundary(node)
            && view.seed_account(node).is_none()
            && view.node_stop(node).is_none()
            && ins.all(|transfer| view.links_spent_by(transfer).next().is_none())
            && outs.all(|transfer| view.links_spending(transfer).next().is_none())
    };
    for &(asset, node) in paid.iter().filter(is_shared) {
        let shares = shared_out(&view, node)?.into_iter();
        let of_asset = shares.filter(|shares| shares.asset == asset);
        found.extend(of_asset.map(|shares| ((asset, node), shares.of_seeds)));
    }
    Ok(found)
}

fn shared_out(view: &View<'_>, account: NodeIdx) -> Result<Vec<Shares>, Error> {
    let graph = view.graph;
    let mut assets: BTreeMap<AssetIdx, Account> = BTreeMap::new();
    if !view.may_owe(account) {
        for (asset, units) in openings(view, account, &[])? {
            let of = assets.entry(asset).or_default();
            of.came((None, Whose::Others), units)
                .ok_or(Error::TooLarge(account))?;
        }
    }
    let is_own = |transfer| graph.from(transfer) == graph.to(transfer);
    let counts = |transfer: &TransferIdx| view.exists(*transfer) && !is_own(*transfer);
    for transfer in graph.transfers_in(account).iter().filter(counts) {
        let units = free_inflow(view, transfer)?;
        let of = assets.entry(graph.asset_of(transfer)).or_default();
        let whose = match view.seed_of(transfer) {
            Some(_) => Whose::Seeds,
            None => Whose::Others,
        };
        of.came((Some(graph.from(transfer)), whose), units)
            .ok_or(Error::TooLarge(account))?;
    }
    for transfer in graph.transfers_out(account).iter().filter(counts) {
        let units = free_outflow(view, transfer)?;
        let of = assets.entry(graph.asset_of(transfer)).or_default();
        let went = of.went.checked_add(units);
        of.went = went.ok_or(Error::TooLarge(account))?;
    }
    Ok(assets
        .into_iter()
        .map(|(asset, of)| of.share_out(asset))
        .collect())
}

/// Whether a payment is a seed's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Whose {
    Seeds,
    Others,
}

/// Who paid, and whether as a seed.
type Contributor = (Option<NodeIdx>, Whose);

/// What came and went of one asset.
#[derive(Default)]
struct Account {
    shares: Vec<Share>,
    whose: Vec<Whose>,
    places: FxHashMap<Contributor, usize>,
    came: u128,
    went: u128,
}

impl Account {
    /// `None` if the sum leaves 128 bits.
    fn came(&mut self, contributor: Contributor, units: u128) -> Option<()> {
        if units == 0 {
            return Some(());
        }
        self.came = self.came.checked_add(units)?;
        let next = self.shares.len();
        let place = *self.places.entry(contributor).or_insert(next);
        if place == next {
            self.whose.push(contributor.1);
            self.shares.push(Share {
                contributor: contributor.0,
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
        let seeds = self.whose.iter().zip(&self.shares);
        let seeds = seeds.filter(|(whose, _)| **whose == Whose::Seeds);
        Shares {
            asset,
            rests,
            of_seeds: seeds.map(|(_, share)| share.share).sum(),
            shares: self.shares,
        }
    }
}
