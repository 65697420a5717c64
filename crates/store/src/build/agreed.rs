//! Pairs of rows of which a person decided whether they are one order.
//!
//! Laws: a rejected pair is joined by no rule; a row of an accepted pair is joined with the other row alone, whose due carries both. Where the rows
//! state other currencies, or who was to pay states more, they cannot be carried once: both stay, and that is noted.

use super::references::{fits, record_of};
use super::{Draft, JoinNote, mirrored};
use crate::decision::{ACCEPTED, MANUAL, Moved, OrderDecision, Verdict};
use moneytrail_model::{Amount, Basis, TransferKind};
use std::collections::{BTreeMap, BTreeSet};

/// Decisions by the legs of dues that they are about.
#[derive(Debug, Default)]
pub(super) struct Agreed<'a> {
    /// Dues of who took the order and of who was to pay it.
    accepted: Vec<(&'a OrderDecision, u32, u32)>,
    rejected: BTreeSet<(u32, u32)>,
    /// Dues that stand in an accepted pair.
    taken: BTreeSet<u32>,
}

impl<'a> Agreed<'a> {
    /// Finds the rows. O(events) for each exhibit with one, if there are any decisions.
    pub(super) fn of(draft: &mut Draft, decisions: &'a [OrderDecision]) -> Self {
        let mut agreed = Self::default();
        if decisions.is_empty() {
            return agreed;
        }
        let named = decisions.iter().flat_map(|of| [&*of.sent, &*of.received]);
        let rows = mirrored::rows_of(draft, named);
        let due = |row: &str| {
            let event = *rows.get(row)?;
            let mut legs = draft.legs_of(event);
            legs.find(|&leg| draft.rows.kind(leg) == TransferKind::Due)
        };
        let dues: BTreeMap<&str, u32> = rows
            .keys()
            .filter_map(|&row| Some((row, due(row)?)))
            .collect();
        for of in decisions {
            let ends = dues.get(&*of.sent).zip(dues.get(&*of.received));
            let Some((&sent, &received)) = ends else {
                draft.notes.remarks.push(format!(
                    "{} and {}: a person decided of these rows, which are not in the evidence as orders: it decides nothing",
                    of.sent, of.received
                ));
                continue;
            };
            let is_as_then = |leg: u32, sums: &[Moved]| {
                let asset = &draft.assets[usize::from(draft.rows.assets[leg as usize])];
                let units = draft.amount(leg).map(Amount::units);
                sums.is_empty()
                    || units.is_some_and(|units| sums.iter().any(|sum| sum.is(asset, units)))
            };
            if !is_as_then(sent, &of.sent_sums) || !is_as_then(received, &of.received_sums) {
                draft.notes.remarks.push(format!(
                    "{} and {}: one of these rows states another sum than when a person decided: it decides nothing",
                    of.sent, of.received
                ));
                continue;
            }
            if of.verdict == Verdict::Reject {
                agreed
                    .rejected
                    .insert((sent.min(received), sent.max(received)));
                continue;
            }
            if agreed.taken.contains(&sent) || agreed.taken.contains(&received) {
                draft.notes.remarks.push(format!(
                    "{} and {}: one of these rows is accepted in two pairs: the first counts",
                    of.sent, of.received
                ));
                continue;
            }
            agreed.taken.extend([sent, received]);
            agreed.accepted.push((of, sent, received));
        }
        agreed
    }

    /// Leaves out what was accepted: it is an inference. A rejection joins nothing.
    pub(super) fn without_accepted(&mut self) {
        self.accepted.clear();
        self.taken.clear();
    }

    /// Whether rules may look for another side of a due.
    pub(super) fn is_open(&self, due: u32) -> bool {
        !self.taken.contains(&due)
    }

    /// Whether a person decided that two dues are two orders.
    pub(super) fn are_two(&self, a: u32, b: u32) -> bool {
        self.rejected.contains(&(a.min(b), a.max(b)))
    }

    /// Carries accepted pairs once.
    pub(super) fn join(&self, draft: &mut Draft) {
        for &(of, sent, received) in &self.accepted {
            let same_asset =
                draft.rows.assets[sent as usize] == draft.rows.assets[received as usize];
            if !same_asset || !fits(draft, sent, &[received]) {
                draft.notes.remarks.push(format!(
                    "{} and {} are one order, as a person decided, and state other sums: both stay, and no money goes from one to the other",
                    of.sent, of.received
                ));
                continue;
            }
            draft.merge_legs(received, sent, Basis::Inference(MANUAL));
            let records = vec![record_of(draft, sent), record_of(draft, received)];
            draft.notes.claims.push(JoinNote {
                rule: MANUAL.to_string(),
                parameters: format!("{ACCEPTED}; {}: {}", of.rule, of.says),
                statement: "two books describe one order".to_owned(),
                records,
            });
        }
    }
}
