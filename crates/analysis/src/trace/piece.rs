//! A piece: units of one label on their way. Lists of pieces are kept merged: no piece is zero (but
//! for the mark of an unknown amount under poison), and neighbours differ.

use moneytrail_model::trace::{Carried, Label, Policy};
use moneytrail_model::{EventIdx, money};

/// Stands for the event of money that is not followed.
const NO_EVENT: EventIdx = EventIdx::from_raw(u32::MAX);

/// Units of one label, with how many events they are from their seed and in which one they moved last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Piece {
    pub(super) label: Label,
    pub(super) amount: u128,
    pub(super) n_events: u32,
    pub(super) event: EventIdx,
}

impl Piece {
    /// Units that are not followed.
    pub(super) const fn plain(label: Label, amount: u128) -> Self {
        Self {
            label,
            amount,
            n_events: 0,
            event: NO_EVENT,
        }
    }

    /// Units that carry a label from `event` on: a seed's, an origin's, or plain money.
    pub(super) const fn labelled(label: Label, amount: u128, event: EventIdx) -> Self {
        let event = match label {
            Label::Seed(_) => event,
            Label::Clean | Label::Unexplained => NO_EVENT,
        };
        Self {
            label,
            amount,
            n_events: 0,
            event,
        }
    }

    /// The seed, if it is followed.
    pub(super) const fn seed(&self) -> Option<u32> {
        match self.label {
            Label::Seed(seed) => Some(seed),
            Label::Clean | Label::Unexplained => None,
        }
    }

    /// The same units after a transfer of `event`: one event further, unless it is the one in which
    /// they moved last.
    pub(super) fn moved(mut self, event: EventIdx) -> Self {
        if self.seed().is_some() && self.event != event {
            self.n_events = self.n_events.saturating_add(1);
            self.event = event;
        }
        self
    }

    /// Adds units of the same label that can no longer be told apart: as far as the nearest.
    pub(super) fn merge(&mut self, other: &Self) {
        use std::cmp::Reverse;
        self.amount += other.amount;
        (self.n_events, Reverse(self.event)) =
            (self.n_events, Reverse(self.event)).min((other.n_events, Reverse(other.event)));
    }
}

/// Appends a piece, merging it with an equal neighbour.
pub(super) fn append(pieces: &mut Vec<Piece>, piece: Piece) {
    if piece.amount == 0 {
        return;
    }
    match pieces.last_mut() {
        Some(last)
            if (last.label, last.n_events, last.event)
                == (piece.label, piece.n_events, piece.event) =>
        {
            last.amount += piece.amount;
        }
        _ => pieces.push(piece),
    }
}

/// Units of all pieces. Pieces of one transfer never exceed 10³⁸, so the sum fits.
pub(super) fn total(pieces: &[Piece]) -> u128 {
    pieces.iter().map(|piece| piece.amount).sum()
}

/// Whether anything is followed.
pub(super) fn is_traced(pieces: &[Piece]) -> bool {
    pieces.iter().any(|piece| piece.seed().is_some())
}

/// Events from the seed on the shortest way, 0 without traced pieces.
pub(super) fn n_events_min(pieces: &[Piece]) -> u32 {
    let traced = pieces.iter().filter(|piece| piece.seed().is_some());
    traced.map(|piece| piece.n_events).min().unwrap_or(0)
}

/// What a step shows.
pub(super) fn carried(pieces: &[Piece]) -> Carried {
    let mut shown: Vec<(Label, u128)> = Vec::with_capacity(pieces.len());
    for piece in pieces.iter().filter(|piece| piece.amount > 0) {
        match shown.last_mut() {
            Some(last) if last.0 == piece.label => last.1 += piece.amount,
            _ => shown.push((piece.label, piece.amount)),
        }
    }
    Carried { pieces: shown }
}

/// Adds to a list in label order with one piece per label. O(log n) to find, O(n) to insert.
pub(super) fn insert_by_label(totals: &mut Vec<Piece>, piece: Piece) {
    if piece.amount == 0 {
        return;
    }
    match totals.binary_search_by_key(&piece.label, |known| known.label) {
        Ok(found) => {
            totals[found].merge(&piece);
        }
        Err(place) => totals.insert(place, piece),
    }
}

/// Brings what a transfer carries into the form that the policy knows: pro rata forgets order;
/// poison marks the whole transfer if any of it is marked.
pub(super) fn settle(policy: Policy, pieces: &mut Vec<Piece>) {
    match policy {
        Policy::Haircut if pieces.len() > 1 => {
            let mut totals = Vec::with_capacity(pieces.len());
            pieces.sort_by_key(|piece| piece.label);
            for piece in pieces.drain(..) {
                insert_by_label(&mut totals, piece);
            }
            *pieces = totals;
        }
        Policy::Poison if pieces.len() > 1 && is_traced(pieces) => {
            let amount = total(pieces);
            let mut marks = pieces.iter().filter(|piece| piece.seed().is_some());
            let mut mark = *marks.next().expect("checked: something is traced");
            for other in marks {
                mark.merge(other);
            }
            mark.amount = amount;
            *pieces = vec![mark];
        }
        _ => {}
    }
}

/// Takes `amount` units from the front. What is short is left out.
pub(super) fn take_front(pieces: &mut Vec<Piece>, mut amount: u128) -> Vec<Piece> {
    let mut taken = Vec::new();
    let mut n_whole = 0;
    for piece in pieces.iter_mut() {
        if piece.amount > amount {
            piece.amount -= amount;
            append(&mut taken, Piece { amount, ..*piece });
            break;
        }
        amount -= piece.amount;
        append(&mut taken, *piece);
        n_whole += 1;
    }
    pieces.drain(..n_whole);
    taken
}

/// Takes `amount` units pro rata from label totals (rule 5): floors first, left-over units to the
/// largest remainders, ties in label order. What is short is left out. O(n log n) in labels.
pub(super) fn take_pro_rata(totals: &mut Vec<Piece>, amount: u128) -> Vec<Piece> {
    let held = total(totals);
    if amount >= held {
        return std::mem::take(totals);
    }
    if amount == 0 {
        return Vec::new();
    }
    if let [single] = totals.as_mut_slice() {
        single.amount -= amount;
        return vec![Piece { amount, ..*single }];
    }
    let weights: Vec<u128> = totals.iter().map(|piece| piece.amount).collect();
    let shares = money::split_units(amount, &weights)
        .expect("more than one positive weight, and their sum is the pool's");
    let mut taken = Vec::with_capacity(totals.len());
    for (piece, share) in totals.iter_mut().zip(shares) {
        piece.amount -= share;
        append(
            &mut taken,
            Piece {
                amount: share,
                ..*piece
            },
        );
    }
    totals.retain(|piece| piece.amount > 0);
    taken
}

/// Scales pieces of one asset to another (rule 7): boundaries at floor(paid · C / consumed) for
/// cumulative C, cut at `paid_max` units.
pub(super) fn convert(pieces: &[Piece], consumed: u128, paid: u128, paid_max: u128) -> Vec<Piece> {
    let (mut converted, mut cumulated, mut boundary) = (Vec::with_capacity(pieces.len()), 0, 0);
    for piece in pieces {
        cumulated += piece.amount;
        let (next, _) = money::mul_div_rem(cumulated, paid, consumed)
            .expect("no more is drawn than is consumed, so no more is paid than the link says");
        let next = next.min(paid_max);
        append(
            &mut converted,
            Piece {
                amount: next - boundary,
                ..*piece
            },
        );
        boundary = next;
    }
    converted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversion_rounds_boundaries_not_pieces() {
        let event = EventIdx::new(0);
        let pieces = [
            Piece::labelled(Label::Seed(0), 1, event),
            Piece::plain(Label::Clean, 1),
            Piece::labelled(Label::Seed(1), 1, event),
        ];
        let amounts = |paid, paid_max| -> Vec<u128> {
            convert(&pieces, 3, paid, paid_max)
                .iter()
                .map(|piece| piece.amount)
                .collect()
        };
        assert_eq!(amounts(10, 10), [3, 3, 4]);
        assert_eq!(amounts(2, 2), [1, 1], "the first piece became nothing");
        assert_eq!(amounts(10, 5), [3, 2], "another link had paid the rest");
    }

    #[test]
    fn two_seeds_pro_rata() {
        let event = EventIdx::new(0);
        let mut pool = vec![
            Piece::labelled(Label::Seed(0), 3, event),
            Piece::labelled(Label::Seed(1), 3, event),
            Piece::plain(Label::Clean, 4),
        ];
        let mut draw = |amount| -> Vec<u128> {
            take_pro_rata(&mut pool, amount)
                .iter()
                .map(|piece| piece.amount)
                .collect()
        };
        assert_eq!(draw(5), [2, 1, 2]);
        assert_eq!(draw(3), [1, 1, 1]);
        assert_eq!(draw(2), [1, 1]);
    }
}
