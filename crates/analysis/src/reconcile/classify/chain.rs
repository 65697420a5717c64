//! Records of one order beyond the two that match: an order that is sent on stands in two books and more.

use crate::reconcile::{Match, Reconciled};

/// How two records of one order that are no match belong together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Together {
    /// Received and sent on in one book.
    SentOn,
    /// Where an order that was sent on begins, and where it ends.
    Ends,
    /// The order, or its payout, and a payout that repeats it.
    PaidAgain,
}

/// Two records of one order that are no match.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Other {
    /// Their positions, the earlier leg first.
    pub orders: [usize; 2],
    /// How they belong together.
    pub together: Together,
}

/// Orders from book to book.
#[derive(Debug)]
pub(super) struct Chains {
    /// The record in which each goes on: a sent one in its match, a received one in that by which it is sent on.
    next: Vec<Option<usize>>,
    /// The record that each goes on from.
    before: Vec<Option<usize>>,
    sent_on: Vec<[usize; 2]>,
}

impl Chains {
    pub(super) fn of(n_orders: usize, found: &Reconciled, sent_on: &[[usize; 2]]) -> Self {
        let (mut next, mut before) = (vec![None; n_orders], vec![None; n_orders]);
        let matches = found.matches.iter().map(|pair| [pair.sent, pair.received]);
        for [a, b] in matches.chain(sent_on.iter().copied()) {
            next[a] = Some(b);
            before[b] = Some(a);
        }
        Self {
            next,
            before,
            sent_on: sent_on.to_vec(),
        }
    }

    /// Other records of a match's order.
    pub(super) fn beside(&self, pair: &Match) -> impl Iterator<Item = usize> {
        let back = walk(&self.before, pair.sent);
        back.chain(walk(&self.next, pair.received))
    }

    /// Records of one order that are no match, given the order, its payout and a payout that repeats it. Ascending.
    pub(super) fn others(&self, repeated: &[[usize; 3]]) -> Vec<Other> {
        let mut others: Vec<Other> = Vec::new();
        let mut put = |orders, together| others.push(Other { orders, together });
        for &pair in &self.sent_on {
            put(pair, Together::SentOn);
        }
        for &[received, sent] in &self.sent_on {
            let is_first = walk(&self.before, received).nth(1).is_none();
            let end = walk(&self.next, sent).last();
            if let (true, Some(begin), Some(end)) = (is_first, self.before[received], end) {
                put([begin, end], Together::Ends);
            }
        }
        for &[sent, paid, again] in repeated {
            put([sent, again], Together::PaidAgain);
            put([paid, again], Together::PaidAgain);
        }
        others.sort_unstable();
        others
    }
}

/// What follows a record, each once: no order goes round.
fn walk(next: &[Option<usize>], from: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(next[from], move |&place| {
        next[place].filter(|&then| then != from)
    })
    .take(next.len())
}
