//! Money of which a rule treats the traced part apart: traced last (libr), traced first, or into the largest
//! outputs of a transaction (tiho).
//!
//! Law: what is left plus what was drawn is what was there, of the traced and of the other money alike.

use super::piece::{Piece, append, insert_by_label, take_pro_rata};
use super::pool::{draw_front, push_back};
use moneytrail_model::trace::Policy;
use std::collections::VecDeque;

/// Money with a seed's label, and all other.
#[derive(Clone, Debug)]
pub(super) struct Apart {
    traced: Traced,
    n_traced: u128,
    /// In order of arrival.
    others: VecDeque<Piece>,
    n_others: u128,
    traced_first: bool,
}

/// How seeds stand among themselves.
#[derive(Clone, Debug)]
enum Traced {
    /// One piece per label, in label order: drawn pro rata.
    ByLabel(Vec<Piece>),
    /// In order of arrival: drawn from the front.
    InOrder(VecDeque<Piece>),
}

impl Apart {
    /// Nothing yet, under libr, traced first or tiho.
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            traced: match policy {
                Policy::Tiho => Traced::InOrder(VecDeque::new()),
                _ => Traced::ByLabel(Vec::new()),
            },
            n_traced: 0,
            others: VecDeque::new(),
            n_others: 0,
            traced_first: policy != Policy::Libr,
        }
    }

    pub(super) fn push(&mut self, piece: Piece) {
        if piece.seed().is_none() {
            self.n_others += piece.amount;
            push_back(&mut self.others, piece);
            return;
        }
        self.n_traced += piece.amount;
        match &mut self.traced {
            Traced::ByLabel(totals) => insert_by_label(totals, piece),
            Traced::InOrder(segments) => push_back(segments, piece),
        }
    }

    pub(super) const fn n_traced(&self) -> u128 {
        self.n_traced
    }

    /// Draws `amount` units, no more than there are. Of traced money as much as the rule says, or about as much as
    /// is `wanted`: what the others lack it pays all the same.
    pub(super) fn draw(&mut self, amount: u128, wanted: Option<u128>, drawn: &mut Vec<Piece>) {
        let (least, most) = (
            amount.saturating_sub(self.n_others),
            amount.min(self.n_traced),
        );
        let by_rule = if self.traced_first { most } else { least };
        let n_traced = wanted.map_or(by_rule, |wanted| wanted.clamp(least, most));
        let n_others = amount - n_traced;
        self.n_traced -= n_traced;
        self.n_others -= n_others;
        if self.traced_first {
            self.draw_traced(n_traced, drawn);
            draw_front(&mut self.others, n_others, drawn);
        } else {
            draw_front(&mut self.others, n_others, drawn);
            self.draw_traced(n_traced, drawn);
        }
    }

    fn draw_traced(&mut self, amount: u128, drawn: &mut Vec<Piece>) {
        match &mut self.traced {
            Traced::ByLabel(totals) => {
                for piece in take_pro_rata(totals, amount) {
                    append(drawn, piece);
                }
            }
            Traced::InOrder(segments) => draw_front(segments, amount, drawn),
        }
    }

    /// What is left, as slices one behind another.
    pub(super) fn slices(&self) -> [&[Piece]; 4] {
        let (front, behind) = match &self.traced {
            Traced::ByLabel(totals) => (totals.as_slice(), &[][..]),
            Traced::InOrder(segments) => segments.as_slices(),
        };
        let (others, behind_others) = self.others.as_slices();
        [front, behind, others, behind_others]
    }
}
