//! One node of a trace: its pools, and how far its transfers have been gone through.
//!
//! Inflows that nobody delivered are taken in lazily, when the node next pays or is paid, so a hub
//! costs its degree once. At equal ids (a transfer to oneself) the outflow comes first.

use super::book::Book;
use super::opening::{Gap, gaps, openings, read_history};
use super::piece::{Piece, append, convert, settle, take_front, take_pro_rata, total};
use super::pool::Pool;
use super::serve::served;
use super::view::{LinkFacts, View};
use crate::Error;
use moneytrail_model::trace::{EndKind, Label, Origin, Placement, Policy};
use moneytrail_model::{AssetIdx, NodeIdx, TransferIdx};
use moneytrail_store::graph::TransferList;
use rustc_hash::FxHashMap;

/// Outflows of a node that the disk is asked for at a time.
const N_ASKED: usize = 32;

/// A node that is computed.
#[derive(Debug)]
pub(super) struct Node<'a> {
    at: NodeIdx,
    ins: TransferList<'a>,
    outs: TransferList<'a>,
    /// Inflows gone through.
    n_in: usize,
    /// Outflows gone through.
    n_out: usize,
    /// Outflows that the disk has been asked for.
    n_asked: usize,
    pools: FxHashMap<AssetIdx, Pool>,
    gaps: Vec<Gap>,
    is_junction: bool,
    /// Of a junction, per asset and ascending by transfer: how much traced money each outflow is to have, where a rule
    /// looks at all of them. Found before the first leaves.
    served: FxHashMap<AssetIdx, Option<Vec<(TransferIdx, u128)>>>,
    /// What money is first known by that came unseen: in a trace to the sources.
    origin: Option<Origin>,
}

impl<'a> Node<'a> {
    /// A node before its first transfer, with its opening balances under `Placement::Earliest`.
    pub(super) fn open(view: &View<'a>, book: &mut Book, node: NodeIdx) -> Result<Self, Error> {
        let is_junction = view.graph.is_junction(node);
        let gaps = if is_junction {
            gaps(view, node)?
        } else {
            Vec::new()
        };
        let mut opened = Self {
            at: node,
            ins: view.graph.transfers_in(node),
            outs: view.graph.transfers_out(node),
            n_in: 0,
            n_out: 0,
            n_asked: 0,
            pools: FxHashMap::default(),
            gaps,
            is_junction,
            served: FxHashMap::default(),
            origin: view.closure.as_ref().map(|_| Origin::FirstKnown(node)),
        };
        if view.spec.placement == Placement::Earliest && !view.may_owe(node) {
            for (asset, amount) in openings(view, node, &opened.gaps)? {
                opened.put_unseen(view, book, asset, amount)?;
            }
        }
        Ok(opened)
    }

    /// A node that is not looked behind: all it pays, but for what links say, is of this origin.
    pub(super) fn closed(view: &View<'a>, node: NodeIdx, origin: Origin) -> Self {
        Self {
            at: node,
            ins: view.graph.transfers_in(node),
            outs: view.graph.transfers_out(node),
            n_in: 0,
            n_out: 0,
            n_asked: 0,
            pools: FxHashMap::default(),
            gaps: Vec::new(),
            is_junction: view.graph.is_junction(node),
            served: FxHashMap::default(),
            origin: Some(origin),
        }
    }

    /// Goes through inflows before `ins_before`, and outflows up to `outs_through`, whose money is
    /// not followed.
    pub(super) fn replay(
        &mut self,
        view: &View<'_>,
        book: &mut Book,
        ins_before: TransferIdx,
        outs_through: Option<TransferIdx>,
    ) -> Result<(), Error> {
        let n_in = self.ins.partition_point(|transfer| transfer < ins_before);
        let n_out = outs_through.map_or(0, |through| {
            self.outs.partition_point(|transfer| transfer <= through)
        });
        let ins = self.ins.iter().take(n_in).skip(self.n_in);
        read_history(
            view,
            ins.chain(self.outs.iter().take(n_out).skip(self.n_out)),
        );
        while let Some(transfer) = self.outs.get(self.n_out)
            && outs_through.is_some_and(|through| transfer <= through)
        {
            view.check(self.n_out)?;
            if view.exists(transfer) {
                self.absorb(view, book, transfer)?;
                self.draw(view, book, transfer)?;
            }
            self.n_out += 1;
        }
        self.absorb(view, book, ins_before)
    }

    /// Takes in the inflows before `before` that no computed node has delivered.
    pub(super) fn absorb(
        &mut self,
        view: &View<'_>,
        book: &mut Book,
        before: TransferIdx,
    ) -> Result<(), Error> {
        while let Some(transfer) = self.ins.get(self.n_in)
            && transfer < before
        {
            view.check(self.n_in)?;
            if view.exists(transfer) {
                let amount = view.amount(transfer)?.unwrap_or(0);
                let mut pieces = Vec::new();
                append(&mut pieces, Piece::plain(Label::Clean, amount));
                self.arrive(view, book, transfer, pieces)?;
            }
            self.n_in += 1;
        }
        Ok(())
    }

    /// Takes in a delivered inflow, after all before it.
    pub(super) fn receive(
        &mut self,
        view: &View<'_>,
        book: &mut Book,
        transfer: TransferIdx,
        pieces: Vec<Piece>,
    ) -> Result<(), Error> {
        self.absorb(view, book, transfer)?;
        self.n_in += 1;
        self.arrive(view, book, transfer, pieces)
    }

    /// Rule 4: reserves for links in the order of the later transfers, from the front (haircut: pro
    /// rata); the rest enters the pool.
    fn arrive(
        &mut self,
        view: &View<'_>,
        book: &mut Book,
        transfer: TransferIdx,
        mut pieces: Vec<Piece>,
    ) -> Result<(), Error> {
        let (at, asset) = (self.at, view.graph.asset_of(transfer));
        let mut kept = Vec::new();
        for link in view.links_spent_by(transfer) {
            let facts = link?;
            let reserved = match view.spec.policy {
                Policy::Haircut => take_pro_rata(&mut pieces, facts.consumed),
                _ => take_front(&mut pieces, facts.consumed),
            };
            if view.keeps_units(&facts) {
                let n_kept = total(&reserved);
                let own = self
                    .origin
                    .map_or(Label::Clean, |origin| book.origin(origin));
                book.seeded(own, self.at, asset, n_kept)?;
                append(&mut kept, Piece::plain(own, n_kept));
            }
            book.reserve(&facts, reserved);
        }
        let pool = self.pool(view, book, asset);
        for piece in kept.into_iter().chain(pieces) {
            pool.push(piece, &mut book.mixtures)
                .ok_or(Error::TooLarge(at))?;
        }
        self.fill_gap(view, book, transfer)
    }

    /// Puts what an input of unknown value must have brought in at its place.
    fn fill_gap(
        &mut self,
        view: &View<'_>,
        book: &mut Book,
        transfer: TransferIdx,
    ) -> Result<(), Error> {
        let Some(&gap) = self.gaps.iter().find(|gap| gap.place == transfer) else {
            return Ok(());
        };
        if gap.amount == 0 {
            return Ok(());
        }
        let label = match (&view.closure, gap.seed) {
            (Some(_), _) => book.origin(Origin::FirstKnown(view.graph.from(transfer))),
            (None, Some(seed)) => view.label(view.seed_of(seed).expect("it is a seed")),
            (None, None) => Label::Unexplained,
        };
        book.seeded(label, self.at, gap.asset, gap.amount)?;
        let event = view.graph.event_of(transfer);
        let at = self.at;
        let pool = self.pool(view, book, gap.asset);
        pool.push(
            Piece::labelled(label, gap.amount, event),
            &mut book.mixtures,
        )
        .ok_or(Error::TooLarge(at))
    }

    /// What the seed transfer of unknown amount brought into this junction, at most.
    pub(super) fn gap_of_seed(&self, transfer: TransferIdx) -> u128 {
        let gap = self.gaps.iter().find(|gap| gap.seed == Some(transfer));
        gap.map_or(0, |gap| gap.amount)
    }

    /// What an outflow draws: linked pieces first, in the order of the earlier transfers, then by
    /// the policy, then unexplained. The inflows before it have been absorbed.
    pub(super) fn draw(
        &mut self,
        view: &View<'_>,
        book: &mut Book,
        transfer: TransferIdx,
    ) -> Result<Vec<Piece>, Error> {
        let asset = view.graph.asset_of(transfer);
        let event = view.graph.event_of(transfer);
        let policy = view.spec.policy;
        let mut drawn = Vec::new();
        let Some(amount) = view.amount(transfer)? else {
            // Reach goes on where amounts end.
            let mark = self.pools.get(&asset).and_then(Pool::mark);
            return Ok(mark
                .map(|mark| Piece {
                    amount: 0,
                    ..mark.moved(event)
                })
                .into_iter()
                .collect());
        };
        let wanted = self.wanted(view, asset, transfer)?;
        let mut rest = amount;
        for link in view.links_spending(transfer) {
            let facts = link?;
            let linked = self.draw_link(view, book, &facts, rest)?;
            rest -= total(&linked);
            if view.pays_units(&facts) {
                let mut own = Vec::new();
                let other = wanted.map(|_| 0);
                self.draw_pool(book, asset, total(&linked), other, &mut own)?;
                book.end(EndKind::TakenOver, self.at, asset, &own)?;
            }
            for piece in linked {
                append(&mut drawn, piece);
            }
        }
        self.draw_pool(book, asset, rest, wanted, &mut drawn)?;
        let mut moved = Vec::with_capacity(drawn.len());
        for piece in drawn {
            append(&mut moved, piece.moved(event));
        }
        settle(policy, &mut moved);
        book.n_pieces += moved.len();
        Ok(moved)
    }

    /// What a link pays, at most `rest`.
    fn draw_link(
        &mut self,
        view: &View<'_>,
        book: &mut Book,
        facts: &LinkFacts,
        rest: u128,
    ) -> Result<Vec<Piece>, Error> {
        let paid_max = facts.paid.min(rest);
        let holder = view.graph.to(facts.earlier);
        let mut reserved = match book.take_reserved(facts.id) {
            Some(reserved) => reserved,
            None => plain_reservation(view, book, facts)?,
        };
        let asset = view.graph.asset_of(facts.earlier);
        if facts.one_asset {
            let linked = match view.spec.policy {
                Policy::Haircut => take_pro_rata(&mut reserved, paid_max),
                _ => take_front(&mut reserved, paid_max),
            };
            if facts.one_pool {
                // Evidence that pays one outflow twice: what it did not need is free again.
                let at = self.at;
                let pool = self.pool(view, book, asset);
                for piece in reserved {
                    pool.push(piece, &mut book.mixtures)
                        .ok_or(Error::TooLarge(at))?;
                }
            } else {
                book.end(EndKind::Rests, holder, asset, &reserved)?;
            }
            return Ok(linked);
        }
        let converted = convert(&reserved, facts.consumed, facts.paid, paid_max);
        book.end(EndKind::Converted, holder, asset, &reserved)?;
        book.arrived(self.at, view.graph.asset_of(facts.later), &converted)?;
        Ok(converted)
    }

    fn pool(&mut self, view: &View<'_>, book: &Book, asset: AssetIdx) -> &mut Pool {
        let pool = self.pools.entry(asset);
        pool.or_insert_with(|| Pool::new(view.spec.policy, self.is_junction, book.is_mixed()))
    }

    /// How much traced money an outflow is to have, where a rule looks at all outflows of a transaction.
    fn wanted(
        &mut self,
        view: &View<'_>,
        asset: AssetIdx,
        transfer: TransferIdx,
    ) -> Result<Option<u128>, Error> {
        let pool = self.pools.get(&asset).filter(|_| self.is_junction);
        let Some((pool, n_traced)) = pool.and_then(|pool| Some((pool, pool.n_traced()?))) else {
            return Ok(None);
        };
        if !self.served.contains_key(&asset) {
            let served = served(view, self.outs, asset, n_traced, pool.total() - n_traced)?;
            self.served.insert(asset, served);
        }
        let served = self.served[&asset].as_ref();
        Ok(served.map(|served| {
            let found = served.binary_search_by_key(&transfer, |entry| entry.0);
            found.map_or(0, |place| served[place].1)
        }))
    }

    /// Draws on the free pool; what it lacks came unseen (rule 6).
    fn draw_pool(
        &mut self,
        book: &mut Book,
        asset: AssetIdx,
        amount: u128,
        wanted: Option<u128>,
        drawn: &mut Vec<Piece>,
    ) -> Result<(), Error> {
        let missing = match self.pools.get_mut(&asset) {
            Some(pool) => {
                book.n_parts += pool.n_parts();
                pool.draw(amount, wanted, drawn)
            }
            None => amount,
        };
        if missing > 0 {
            let label = self.unseen(book);
            book.seeded(label, self.at, asset, missing)?;
            append(drawn, Piece::plain(label, missing));
        }
        Ok(())
    }

    fn put_unseen(
        &mut self,
        view: &View<'_>,
        book: &mut Book,
        asset: AssetIdx,
        amount: u128,
    ) -> Result<(), Error> {
        let label = self.unseen(book);
        book.seeded(label, self.at, asset, amount)?;
        let at = self.at;
        let pool = self.pool(view, book, asset);
        pool.push(Piece::plain(label, amount), &mut book.mixtures)
            .ok_or(Error::TooLarge(at))
    }

    /// The label of money that came unseen: in a trace to the sources, the account is where it is
    /// first known.
    fn unseen(&self, book: &mut Book) -> Label {
        self.origin
            .map_or(Label::Unexplained, |origin| book.origin(origin))
    }

    /// The next outflow to be gone through.
    pub(super) fn next_outflow(&mut self, view: &View<'_>) -> Option<TransferIdx> {
        while let Some(transfer) = self.outs.get(self.n_out) {
            if self.n_asked <= self.n_out {
                self.n_asked = self.n_out + N_ASKED;
                read_history(view, self.outs.iter().take(self.n_asked).skip(self.n_out));
            }
            if view.exists(transfer) {
                return Some(transfer);
            }
            self.n_out += 1;
        }
        None
    }

    /// Which node it is.
    pub(super) const fn at(&self) -> NodeIdx {
        self.at
    }

    /// Notes that the next outflow has been gone through.
    pub(super) fn pass_outflow(&mut self) {
        self.n_out += 1;
    }

    /// Books what is left: it rests, or inside a transaction with unknown inputs it is fee. Returns
    /// the marked share of each pool.
    pub(super) fn close(
        &mut self,
        view: &View<'_>,
        book: &mut Book,
    ) -> Result<Vec<(AssetIdx, u128, u128)>, Error> {
        if !view.spec.policy.has_amounts() {
            // The share of marked money wants the whole pool.
            let end = TransferIdx::from_raw(u32::MAX);
            self.absorb(view, book, end)?;
        }
        let mut pools: Vec<(&AssetIdx, &Pool)> = self.pools.iter().collect();
        pools.sort_unstable_by_key(|entry| *entry.0);
        let mut marked = Vec::new();
        for (&asset, pool) in pools {
            let is_fee = self.gaps.iter().any(|gap| gap.asset == asset);
            let kind = if is_fee {
                EndKind::Fees
            } else {
                EndKind::Rests
            };
            if view.spec.policy.has_amounts() {
                book.end(kind, self.at, asset, pool.pieces())?;
            } else if let Some(mark) = pool.mark() {
                marked.push((asset, mark.amount, pool.total()));
            }
        }
        Ok(marked)
    }
}

/// A reservation of money that is not followed. In a trace to the sources, what a holder that is not
/// looked behind reserves is of that origin.
fn plain_reservation(
    view: &View<'_>,
    book: &mut Book,
    facts: &LinkFacts,
) -> Result<Vec<Piece>, Error> {
    let amount = if facts.one_pool {
        facts.consumed
    } else {
        book.reserved_units(view, facts)?
    };
    let holder = view.graph.to(facts.earlier);
    let closure = view.closure.as_ref();
    let origin = closure.and_then(|closure| closure.closed_origin(view, holder));
    let label = origin.map_or(Label::Clean, |origin| book.origin(origin));
    book.seeded(label, holder, view.graph.asset_of(facts.earlier), amount)?;
    let mut pieces = Vec::new();
    append(&mut pieces, Piece::plain(label, amount));
    Ok(pieces)
}
