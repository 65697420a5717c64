//! A pool: what a node holds of one asset and no link reserves, and the rule by which outflows draw
//! on it (rules 3 and 5).
//!
//! Law: what is drawn plus what is short is what was asked for; what is left plus what was drawn is
//! what was there. A new policy is a new rule here; nothing else in the engine knows how a draw is made.
//!
//! Cost of a draw: fifo, lifo and tiho, the pieces drawn; haircut, the labels held, n log n, or one mixture of them; libr and traced
//! first, the seeds held, n log n, and the other pieces drawn; poison, constant.

use super::apart::Apart;
use super::mixture::Mixtures;
use super::piece::{Piece, append, insert_by_label, take_pro_rata};
use moneytrail_model::trace::{Label, Policy};
use std::collections::VecDeque;

/// What a node holds of one asset.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    rule: Rule,
    total: u128,
}

#[derive(Clone, Debug)]
enum Rule {
    /// Segments in order of arrival, drawn from the front.
    Fifo(VecDeque<Piece>),
    /// Segments in order of arrival, drawn from the back.
    Lifo(VecDeque<Piece>),
    /// One piece per label, in label order.
    Haircut(Vec<Piece>),
    /// One piece, whose label is a mixture.
    Mixed(Option<Piece>),
    /// Traced money apart from other money.
    Apart(Apart),
    /// At most how many units are marked, and the mark if there is one.
    Poison(Option<Piece>),
}

impl Pool {
    /// An empty pool, of a junction or of an account, with or without a part for every label.
    pub(super) fn new(policy: Policy, is_junction: bool, is_mixed: bool) -> Self {
        let rule = match policy {
            Policy::Haircut if is_mixed => Rule::Mixed(None),
            Policy::Tiho if is_junction => Rule::Apart(Apart::new(policy)),
            Policy::Libr | Policy::TracedFirst => Rule::Apart(Apart::new(policy)),
            Policy::Fifo | Policy::Tiho => Rule::Fifo(VecDeque::new()),
            Policy::Lifo => Rule::Lifo(VecDeque::new()),
            Policy::Haircut => Rule::Haircut(Vec::new()),
            Policy::Poison => Rule::Poison(None),
        };
        Self { rule, total: 0 }
    }

    /// Known units.
    pub(super) const fn total(&self) -> u128 {
        self.total
    }

    /// Parts that a draw looks at, where it looks at all.
    pub(super) const fn n_parts(&self) -> usize {
        match &self.rule {
            Rule::Haircut(totals) => totals.len(),
            _ => 0,
        }
    }

    /// Adds a piece behind the others; `None` if the total leaves 128 bits.
    pub(super) fn push(&mut self, piece: Piece, mixtures: &mut Mixtures) -> Option<()> {
        self.total = self.total.checked_add(piece.amount)?;
        match &mut self.rule {
            Rule::Fifo(segments) | Rule::Lifo(segments) => push_back(segments, piece),
            Rule::Haircut(totals) => insert_by_label(totals, piece),
            Rule::Mixed(held) if piece.amount > 0 => match held {
                Some(held) => {
                    let label =
                        mixtures.mix((held.label, held.amount), (piece.label, piece.amount));
                    held.merge(&piece);
                    held.label = label;
                }
                None => *held = Some(piece),
            },
            Rule::Mixed(_) => {}
            Rule::Apart(apart) => apart.push(piece),
            Rule::Poison(mark) => {
                if piece.seed().is_some() {
                    match mark {
                        Some(mark) => mark.merge(&piece),
                        None => *mark = Some(piece),
                    }
                }
            }
        }
        Some(())
    }

    /// Draws `amount` units into `drawn`, in the order in which they leave, and returns how many
    /// are missing. A marked pool under poison marks the whole outflow, so nothing is missing. Where traced
    /// money is kept apart, about as much of it is drawn as is `wanted`, if anything is said.
    pub(super) fn draw(
        &mut self,
        amount: u128,
        wanted: Option<u128>,
        drawn: &mut Vec<Piece>,
    ) -> u128 {
        let available = amount.min(self.total);
        let missing = amount - available;
        self.total -= available;
        match &mut self.rule {
            Rule::Fifo(segments) => draw_front(segments, available, drawn),
            Rule::Apart(apart) => apart.draw(available, wanted, drawn),
            Rule::Lifo(segments) => draw_back(segments, available, drawn),
            Rule::Haircut(totals) => {
                for piece in take_pro_rata(totals, available) {
                    append(drawn, piece);
                }
            }
            Rule::Mixed(held) => {
                if let Some(piece) = held {
                    let taken = Piece {
                        amount: available,
                        ..*piece
                    };
                    append(drawn, taken);
                    piece.amount -= available;
                }
                *held = held.filter(|piece| piece.amount > 0);
            }
            Rule::Poison(mark) => return draw_marks(mark, self.total, amount, available, drawn),
        }
        missing
    }

    /// The mark under poison.
    pub(super) const fn mark(&self) -> Option<Piece> {
        match &self.rule {
            Rule::Poison(mark) => *mark,
            _ => None,
        }
    }

    /// Units of traced money, where it is kept apart.
    pub(super) const fn n_traced(&self) -> Option<u128> {
        match &self.rule {
            Rule::Apart(apart) => Some(apart.n_traced()),
            _ => None,
        }
    }

    /// What is left, in the pool's order.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        let none: &[Piece] = &[];
        let slices = match &self.rule {
            Rule::Fifo(segments) | Rule::Lifo(segments) => {
                let (front, back) = segments.as_slices();
                [front, back, none, none]
            }
            Rule::Haircut(totals) => [totals, none, none, none],
            Rule::Apart(apart) => apart.slices(),
            Rule::Poison(held) | Rule::Mixed(held) => [held.as_slice(), none, none, none],
        };
        slices.into_iter().flatten()
    }
}

pub(super) fn push_back(segments: &mut VecDeque<Piece>, piece: Piece) {
    if piece.amount == 0 {
        return;
    }
    match segments.back_mut() {
        Some(last)
            if (last.label, last.n_events, last.event)
                == (piece.label, piece.n_events, piece.event) =>
        {
            last.amount += piece.amount;
        }
        _ => segments.push_back(piece),
    }
}

pub(super) fn draw_front(segments: &mut VecDeque<Piece>, mut amount: u128, drawn: &mut Vec<Piece>) {
    while amount > 0
        && let Some(front) = segments.front_mut()
    {
        let taken = amount.min(front.amount);
        append(
            drawn,
            Piece {
                amount: taken,
                ..*front
            },
        );
        amount -= taken;
        front.amount -= taken;
        if front.amount == 0 {
            segments.pop_front();
        }
    }
}

/// A drawn piece keeps its inner order, so the block drawn from the back leaves front first.
fn draw_back(segments: &mut VecDeque<Piece>, mut amount: u128, drawn: &mut Vec<Piece>) {
    let mut block = Vec::new();
    while amount > 0
        && let Some(back) = segments.back_mut()
    {
        let taken = amount.min(back.amount);
        block.push(Piece {
            amount: taken,
            ..*back
        });
        amount -= taken;
        back.amount -= taken;
        if back.amount == 0 {
            segments.pop_back();
        }
    }
    for piece in block.into_iter().rev() {
        append(drawn, piece);
    }
}

fn draw_marks(
    mark: &mut Option<Piece>,
    left: u128,
    amount: u128,
    available: u128,
    drawn: &mut Vec<Piece>,
) -> u128 {
    if amount == 0 {
        return 0;
    }
    let mut missing = 0;
    if let Some(mark) = mark {
        // The greatest part of what is left that can be marked money: plain money leaves first.
        append(drawn, Piece { amount, ..*mark });
        mark.amount = mark.amount.min(left);
    } else {
        append(drawn, Piece::plain(Label::Clean, available));
        missing = amount - available;
    }
    if left == 0 {
        *mark = None;
    }
    missing
}
