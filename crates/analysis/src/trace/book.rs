//! The books of one trace: ends, balance, reservations, origins.
//!
//! Law (rule 10): per seed and asset, what was seeded or arrived by conversion is the sum of the ends.

use super::mixture::{Mixtures, Scales};
use super::piece::{Piece, is_traced};
use super::table::{self, Cell, IN};
use super::view::{LinkFacts, View};
use crate::Error;
use moneytrail_model::trace::{BalanceLine, End, EndKind, Label, Origin, StopReason};
use moneytrail_model::{AssetIdx, NodeIdx, TransferIdx};
use moneytrail_store::graph::LinkId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// What has a label of its own in a trace to the sources.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) enum Labelled {
    /// Each origin.
    #[default]
    Each,
    /// Each of these accounts where money is first known, and each service; all other such accounts together, all that was issued, and what
    /// was not looked behind for each other reason.
    Kinds(FxHashSet<NodeIdx>),
    /// Each mixture of origins.
    Mixed,
}

/// What went in, per seed and asset.
#[derive(Clone, Copy, Default, Debug)]
struct In {
    seeded: u128,
    arrived: u128,
}

/// Everything that the nodes of one trace share.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// Transfers still to come, first first.
    pub(super) queue: BinaryHeap<Reverse<TransferIdx>>,
    /// Reserved pieces. A link without an entry reserves clean money in full.
    reserved: FxHashMap<LinkId, Vec<Piece>>,
    /// Whether links reserve more of a transfer than there is, as far as that was asked.
    exceeded: FxHashMap<TransferIdx, bool>,
    ends: FxHashMap<(NodeIdx, AssetIdx, u32, EndKind), u128>,
    inputs: FxHashMap<(u32, AssetIdx), In>,
    unexplained: FxHashMap<(NodeIdx, AssetIdx), u128>,
    /// Pieces that were drawn: how much work it was.
    pub(super) n_pieces: usize,
    /// Parts of pools that draws looked at, under haircut.
    pub(super) n_parts: usize,
    pub(super) mixtures: Mixtures,
    labelled: Labelled,
    origins: Vec<Origin>,
    origin_positions: FxHashMap<Origin, u32>,
}

fn add(sum: &mut u128, amount: u128, node: NodeIdx) -> Result<(), Error> {
    *sum = sum.checked_add(amount).ok_or(Error::TooLarge(node))?;
    Ok(())
}

impl Book {
    /// Empty books.
    pub(super) fn new(labelled: Labelled) -> Self {
        Self {
            labelled,
            ..Self::default()
        }
    }

    /// Whether labels are mixtures.
    pub(super) fn is_mixed(&self) -> bool {
        self.labelled == Labelled::Mixed
    }

    /// Books where the traced ones among `pieces` ended.
    pub(super) fn end<'a>(
        &mut self,
        kind: EndKind,
        node: NodeIdx,
        asset: AssetIdx,
        pieces: impl IntoIterator<Item = &'a Piece>,
    ) -> Result<(), Error> {
        // What of mixtures ended otherwise is what is left of their origins.
        if self.is_mixed() && !matches!(kind, EndKind::Reached | EndKind::Converted) {
            return Ok(());
        }
        for piece in pieces {
            if let Some(seed) = piece.seed().filter(|_| piece.amount > 0) {
                let sum = self.ends.entry((node, asset, seed, kind)).or_default();
                add(sum, piece.amount, node)?;
            }
        }
        Ok(())
    }

    /// Books what a seed or an origin put in.
    pub(super) fn seeded(
        &mut self,
        label: Label,
        node: NodeIdx,
        asset: AssetIdx,
        amount: u128,
    ) -> Result<(), Error> {
        match label {
            Label::Seed(seed) if amount > 0 => add(
                &mut self.inputs.entry((seed, asset)).or_default().seeded,
                amount,
                node,
            ),
            Label::Unexplained if amount > 0 => add(
                self.unexplained.entry((node, asset)).or_default(),
                amount,
                node,
            ),
            _ => Ok(()),
        }
    }

    /// Books what arrived by conversion.
    pub(super) fn arrived(
        &mut self,
        node: NodeIdx,
        asset: AssetIdx,
        pieces: &[Piece],
    ) -> Result<(), Error> {
        for piece in pieces {
            if let Some(seed) = piece.seed() {
                let line = self.inputs.entry((seed, asset)).or_default();
                add(&mut line.arrived, piece.amount, node)?;
            }
        }
        Ok(())
    }

    /// Reserves pieces for the later transfer of a link. Clean money in full needs no entry.
    pub(super) fn reserve(&mut self, link: &LinkFacts, pieces: Vec<Piece>) {
        if is_traced(&pieces) {
            self.queue.push(Reverse(link.later));
        }
        let plain = [Piece::plain(Label::Clean, link.consumed)];
        if pieces != plain {
            self.reserved.insert(link.id, pieces);
        }
    }

    /// Takes a reservation; `None` if it is clean money in full.
    pub(super) fn take_reserved(&mut self, link: LinkId) -> Option<Vec<Piece>> {
        self.reserved.remove(&link)
    }

    /// Units that the earlier transfer of a link has for it: all that it consumes, unless evidence
    /// reserves more than there is. O(links of the earlier transfer) once for each, and for each link
    /// of one that is reserved beyond its amount.
    pub(super) fn reserved_units(
        &mut self,
        view: &View<'_>,
        facts: &LinkFacts,
    ) -> Result<u128, Error> {
        let amount = view.amount(facts.earlier)?.unwrap_or(0);
        let known = self.exceeded.get(&facts.earlier).copied();
        let is_exceeded = if let Some(known) = known {
            known
        } else {
            let mut sum = 0_u128;
            for other in view.links_spent_by(facts.earlier) {
                sum = sum.saturating_add(other?.consumed);
            }
            self.exceeded.insert(facts.earlier, sum > amount);
            sum > amount
        };
        let mut left = amount;
        if is_exceeded {
            for other in view.links_spent_by(facts.earlier) {
                let other = other?;
                if other.id == facts.id {
                    break;
                }
                left = left.saturating_sub(other.consumed);
            }
        }
        Ok(facts.consumed.min(left))
    }

    /// Whether traced money is reserved for the transfer.
    pub(super) fn is_awaited(&self, view: &View<'_>, transfer: TransferIdx) -> bool {
        let mut links = view.graph.links_spending(transfer);
        links.any(|link| {
            self.reserved
                .get(&link.id)
                .is_some_and(|pieces| is_traced(pieces))
        })
    }

    /// The label of an origin; a new origin gets the next position.
    pub(super) fn origin(&mut self, origin: Origin) -> Label {
        let next =
            u32::try_from(self.origins.len()).expect("fewer origins than nodes and transfers");
        let key = match &self.labelled {
            Labelled::Kinds(apart) => kind_of(origin, apart),
            _ => origin,
        };
        let position = *self.origin_positions.entry(key).or_insert(next);
        if position == next {
            self.origins.push(origin);
            if self.is_mixed() {
                self.mixtures.enter();
            }
        }
        Label::Seed(if self.is_mixed() {
            self.mixtures.alone(position)
        } else {
            position
        })
    }

    /// What is still reserved, in the order of the links: held where it arrived.
    pub(super) fn drain_reserved(&mut self) -> Vec<(LinkId, Vec<Piece>)> {
        let mut left: Vec<_> = std::mem::take(&mut self.reserved).into_iter().collect();
        left.sort_unstable_by_key(|entry| entry.0);
        left
    }

    /// What ended as mixtures, and what arrived as such, by origin; what of an origin neither reached a target nor was converted went elsewhere,
    /// and stands where the origin is. So does what was converted.
    fn tell_apart(&mut self, view: &View<'_>) -> Result<(), Error> {
        let ends = sorted(std::mem::take(&mut self.ends));
        let inputs = sorted(std::mem::take(&mut self.inputs));
        let mut assets: BTreeMap<AssetIdx, ByMixture> = BTreeMap::new();
        for ((node, asset, mixture, kind), units) in ends {
            let of = assets.entry(asset).or_default();
            // What was converted anywhere is one column, behind the targets.
            let column = (kind == EndKind::Reached).then_some(node).ok_or(());
            of.columns.entry(column).or_default().push((mixture, units));
        }
        for ((mixture, asset), sums) in inputs {
            let of = assets.entry(asset).or_default();
            if sums.seeded > 0 {
                of.seeded.push((mixture, sums.seeded));
            }
            if sums.arrived > 0 {
                of.arrived.push((mixture, sums.arrived));
            }
        }
        let mut scales = self.mixtures.scales();
        for (asset, of) in assets {
            for (origin, parts) in self.parts(view, asset, &of, &mut scales)? {
                let at = match self.origins[origin as usize] {
                    Origin::FirstKnown(node) | Origin::Stopped(node, _) => node,
                    Origin::Issued(transfer) => view.graph.to(transfer),
                };
                self.inputs.insert((origin, asset), parts.came);
                let mut left = parts.came.seeded.saturating_add(parts.came.arrived);
                for (column, units) in parts.columns {
                    left -= units;
                    let (node, kind) = match column {
                        Ok(target) => (target, EndKind::Reached),
                        Err(()) => (at, EndKind::Converted),
                    };
                    self.ends.insert((node, asset, origin, kind), units);
                }
                if left > 0 {
                    let key = (at, asset, origin, EndKind::Elsewhere);
                    self.ends.insert(key, left);
                }
            }
        }
        Ok(())
    }

    /// Of one asset, what came of each origin and where it ended, rounded. O(n log n) in the mixtures for each column.
    fn parts(
        &self,
        view: &View<'_>,
        asset: AssetIdx,
        of: &ByMixture,
        scales: &mut Scales,
    ) -> Result<BTreeMap<u32, Parts>, Error> {
        let unbalanced = |expected| Error::DoesNotBalance {
            what: "what is of each origin".to_owned(),
            asset,
            expected,
            found: 0,
        };
        let (mut found, mut sums) = (Vec::new(), Vec::new());
        for units in std::iter::once(&of.arrived).chain(of.columns.values()) {
            let sum = units
                .iter()
                .try_fold(0_u128, |sum, of| sum.checked_add(of.1));
            sums.push(sum.ok_or_else(|| unbalanced(u128::MAX))?);
            found.push(self.mixtures.carry_back(units, scales, view.watch)?);
        }
        // The origins of this asset are rows; what is of none stands behind them, and has no bound.
        let seeding = of.seeded.iter();
        let seeding = seeding.filter_map(|&(mixture, _)| self.mixtures.origin(mixture));
        let ended = found.iter().flat_map(|of| of.0.iter().map(|part| part.0));
        let mut origins: Vec<u32> = seeding.chain(ended).collect();
        origins.sort_unstable();
        origins.dedup();
        let row = |origin: u32| origins.partition_point(|&of| of < origin);
        let mut seeded = vec![0; origins.len()];
        seeded.push(u128::MAX >> 1);
        for &(mixture, units) in &of.seeded {
            if let Some(origin) = self.mixtures.origin(mixture) {
                seeded[row(origin)] = units;
            }
        }
        let mut cells = Vec::new();
        for (column, (parts, of_none)) in found.into_iter().enumerate() {
            let parts = parts.into_iter().map(|of| (row(of.0), of.1));
            let parts = parts.chain([(origins.len(), of_none)]);
            cells.extend(parts.map(|(row, exact)| Cell { row, column, exact }));
        }
        let whole = table::rounded(&cells, &seeded, &sums).ok_or_else(|| unbalanced(sums[IN]))?;
        let mut parts: BTreeMap<u32, Parts> = BTreeMap::new();
        for (&origin, &seeded) in origins.iter().zip(&seeded) {
            if seeded > 0 {
                parts.entry(origin).or_default().came.seeded = seeded;
            }
        }
        let columns: Vec<Column> = of.columns.keys().copied().collect();
        for (cell, units) in cells.iter().zip(whole) {
            let Some(&origin) = origins.get(cell.row).filter(|_| units > 0) else {
                continue;
            };
            let of = parts.entry(origin).or_default();
            match cell.column {
                IN => of.came.arrived = units,
                column => of.columns.push((columns[column - 1], units)),
            }
        }
        Ok(parts)
    }

    /// Closes the books. Under a policy without amounts nothing is booked.
    pub(super) fn close(mut self, view: &View<'_>) -> Result<Closed, Error> {
        if !view.spec.policy.has_amounts() {
            return Ok(Closed {
                origins: self.origins,
                ..Closed::default()
            });
        }
        if self.is_mixed() {
            self.tell_apart(view)?;
        }
        let ends: Vec<End> = sorted(self.ends)
            .into_iter()
            .map(|((node, asset, seed, kind), amount)| End {
                kind,
                node,
                asset,
                seed,
                amount,
            })
            .collect();
        let mut lines: FxHashMap<(u32, AssetIdx), BalanceLine> = FxHashMap::default();
        for ((seed, asset), sums) in sorted(self.inputs) {
            let line = line_of(&mut lines, seed, asset);
            (line.seeded, line.arrived) = (sums.seeded, sums.arrived);
        }
        for end in &ends {
            let line = line_of(&mut lines, end.seed, end.asset);
            let sum = match end.kind {
                EndKind::Rests => &mut line.resting,
                EndKind::Fees => &mut line.fees,
                EndKind::Burned => &mut line.burned,
                EndKind::Returned => &mut line.returned,
                EndKind::TakenOver => &mut line.taken_over,
                EndKind::CutOff(_) => &mut line.cut_off,
                EndKind::Converted => &mut line.converted,
                EndKind::Reached => &mut line.reached,
                EndKind::Elsewhere => &mut line.elsewhere,
            };
            add(sum, end.amount, end.node)?;
        }
        let balance: Vec<BalanceLine> = sorted(lines).into_iter().map(|of| of.1).collect();
        for line in &balance {
            if !line.holds() {
                return Err(Error::DoesNotBalance {
                    what: format!("ends of seed {}", line.seed),
                    asset: line.asset,
                    expected: line.seeded.saturating_add(line.arrived),
                    found: ends
                        .iter()
                        .filter(|end| (end.seed, end.asset) == (line.seed, line.asset))
                        .fold(0, |sum, end| sum.saturating_add(end.amount)),
                });
            }
        }
        let unexplained = sorted(self.unexplained).into_iter();
        Ok(Closed {
            mixtures: match self.labelled {
                Labelled::Mixed => Some(self.mixtures),
                _ => None,
            },
            ends,
            balance,
            unexplained: unexplained
                .map(|((node, asset), amount)| (node, asset, amount))
                .collect(),
            origins: self.origins,
        })
    }
}

/// The entries of a map, ascending.
fn sorted<K: Ord + Send, V: Send>(of: FxHashMap<K, V>) -> Vec<(K, V)> {
    let mut entries: Vec<(K, V)> = of.into_iter().collect();
    entries.par_sort_unstable_by(|a, b| a.0.cmp(&b.0));
    entries
}

/// A target, or what was converted.
type Column = Result<NodeIdx, ()>;

/// Of one asset, units by mixture.
#[derive(Debug, Default)]
struct ByMixture {
    columns: BTreeMap<Column, Vec<(u32, u128)>>,
    seeded: Vec<(u32, u128)>,
    arrived: Vec<(u32, u128)>,
}

/// Of one asset and origin, what came, and what ended in each column.
#[derive(Debug, Default)]
struct Parts {
    came: In,
    columns: Vec<(Column, u128)>,
}

/// What stands for an origin where those of a kind have one label.
fn kind_of(origin: Origin, apart: &FxHashSet<NodeIdx>) -> Origin {
    let any = NodeIdx::from_raw(u32::MAX);
    match origin {
        Origin::Issued(_) => Origin::Issued(TransferIdx::from_raw(u32::MAX)),
        Origin::FirstKnown(node) if !apart.contains(&node) => Origin::FirstKnown(any),
        Origin::Stopped(_, reason) if reason != StopReason::Service => Origin::Stopped(any, reason),
        Origin::FirstKnown(_) | Origin::Stopped(..) => origin,
    }
}

/// Books that balance.
#[derive(Debug, Default)]
pub(super) struct Closed {
    pub(super) ends: Vec<End>,
    pub(super) balance: Vec<BalanceLine>,
    pub(super) unexplained: Vec<(NodeIdx, AssetIdx, u128)>,
    pub(super) origins: Vec<Origin>,
    /// Where labels are mixtures.
    pub(super) mixtures: Option<Mixtures>,
}

fn line_of(
    lines: &mut FxHashMap<(u32, AssetIdx), BalanceLine>,
    seed: u32,
    asset: AssetIdx,
) -> &mut BalanceLine {
    lines.entry((seed, asset)).or_insert(BalanceLine {
        seed,
        asset,
        seeded: 0,
        arrived: 0,
        resting: 0,
        fees: 0,
        burned: 0,
        returned: 0,
        taken_over: 0,
        cut_off: 0,
        converted: 0,
        reached: 0,
        elsewhere: 0,
    })
}
