//! The books of one trace: ends, balance, reservations, origins.
//!
//! Law (rule 10): per seed and asset, what was seeded or arrived by conversion is the sum of the ends.

use super::piece::{Piece, is_traced};
use super::view::{LinkFacts, View};
use crate::Error;
use moneytrail_model::trace::{BalanceLine, End, EndKind, Label, Origin, Policy};
use moneytrail_model::{AssetIdx, NodeIdx, TransferIdx};
use moneytrail_store::graph::LinkId;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

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
    ends: BTreeMap<(NodeIdx, AssetIdx, u32, EndKind), u128>,
    inputs: BTreeMap<(u32, AssetIdx), In>,
    unexplained: BTreeMap<(NodeIdx, AssetIdx), u128>,
    /// Pieces that were drawn: how much work it was.
    pub(super) n_pieces: usize,
    origins: Vec<Origin>,
    origin_positions: FxHashMap<Origin, u32>,
}

fn add(sum: &mut u128, amount: u128, node: NodeIdx) -> Result<(), Error> {
    *sum = sum.checked_add(amount).ok_or(Error::TooLarge(node))?;
    Ok(())
}

impl Book {
    /// Books where the traced ones among `pieces` ended.
    pub(super) fn end<'a>(
        &mut self,
        kind: EndKind,
        node: NodeIdx,
        asset: AssetIdx,
        pieces: impl IntoIterator<Item = &'a Piece>,
    ) -> Result<(), Error> {
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
        let position = *self.origin_positions.entry(origin).or_insert(next);
        if position == next {
            self.origins.push(origin);
        }
        Label::Seed(position)
    }

    /// What is still reserved, in the order of the links: held where it arrived.
    pub(super) fn drain_reserved(&mut self) -> Vec<(LinkId, Vec<Piece>)> {
        let mut left: Vec<_> = std::mem::take(&mut self.reserved).into_iter().collect();
        left.sort_unstable_by_key(|entry| entry.0);
        left
    }

    /// Closes the books. Under a policy without amounts nothing is booked.
    pub(super) fn close(self, policy: Policy) -> Result<Closed, Error> {
        if !policy.has_amounts() {
            return Ok(Closed {
                ends: Vec::new(),
                balance: Vec::new(),
                unexplained: Vec::new(),
                origins: self.origins,
            });
        }
        let ends: Vec<End> = self
            .ends
            .into_iter()
            .map(|((node, asset, seed, kind), amount)| End {
                kind,
                node,
                asset,
                seed,
                amount,
            })
            .collect();
        let mut lines: BTreeMap<(u32, AssetIdx), BalanceLine> = BTreeMap::new();
        for ((seed, asset), sums) in self.inputs {
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
        let balance: Vec<BalanceLine> = lines.into_values().collect();
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
        let unexplained = self.unexplained.into_iter();
        Ok(Closed {
            ends,
            balance,
            unexplained: unexplained
                .map(|((node, asset), amount)| (node, asset, amount))
                .collect(),
            origins: self.origins,
        })
    }
}

/// Books that balance.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) ends: Vec<End>,
    pub(super) balance: Vec<BalanceLine>,
    pub(super) unexplained: Vec<(NodeIdx, AssetIdx, u128)>,
    pub(super) origins: Vec<Origin>,
}

fn line_of(
    lines: &mut BTreeMap<(u32, AssetIdx), BalanceLine>,
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
