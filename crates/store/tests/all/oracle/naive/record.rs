//! What inputs spend, what fees follow, and which links fit.

use super::{End, Leg, Link, Naive, StatedLink};
use moneytrail_model::{AccountKey, Amount, Basis, EventKind, Layers, Network, TransferKind};
use std::collections::{BTreeMap, BTreeSet};

impl Naive {
    pub(super) fn resolve_outpoints(&mut self) {
        let mut spenders: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for held in &self.held {
            for row in &held.rows.outpoints {
                let input = held.first_leg + row.transfer as usize;
                let event = &self.events[self.legs[input].event];
                let Some((network, _)) = event.row.transaction.filter(|_| event.enters) else {
                    continue;
                };
                match self.output(network, row.txid, row.vout) {
                    Some(output) => spenders.entry(output).or_default().push(input),
                    None => self.notes.n_unresolved_inputs += 1,
                }
            }
        }
        for (output, inputs) in spenders {
            let in_block =
                |&&input: &&usize| self.events[self.legs[input].event].row.block.is_some();
            let in_block: Vec<usize> = inputs.iter().filter(in_block).copied().collect();
            let one = match (&inputs[..], &in_block[..]) {
                ([one], _) | (_, [one]) => Some(*one),
                _ => None,
            };
            if inputs.len() > 1 {
                let outcome = match one {
                    Some(_) => "the one that stands in a block is linked",
                    None => "none of them is linked, because nothing says which counts",
                };
                let record = self.named(self.legs[output].event);
                self.remark(format!(
                    "{record}: an output has several spenders; {outcome}"
                ));
            }
            let Some(input) = one else { continue };
            let spent = self.legs[output].clone();
            if self.legs[input]
                .amount
                .is_some_and(|stated| Some(stated) != spent.amount)
            {
                let record = self.named(self.legs[input].event);
                self.remark(format!("{record}: a source states another value for an input than the output that it spends; the output counts"));
            }
            let leg = &mut self.legs[input];
            (leg.from, leg.amount, leg.spends) = (spent.to, spent.amount, Some(output));
        }
    }

    /// The output of the latest transaction with this id.
    fn output(&self, network: Network, txid: [u8; 32], vout: u32) -> Option<usize> {
        let is_it = |&event: &usize| {
            let event = &self.events[event];
            event.enters
                && event.row.kind.has_junction()
                && event.row.transaction == Some((network, txid))
        };
        let all = (0..self.events.len()).filter(is_it);
        let event = all.max_by_key(|&event| (self.height(event), event))?;
        let outputs = self.events[event]
            .legs
            .iter()
            .filter(|&&leg| self.legs[leg].kind == TransferKind::Output);
        outputs.copied().nth(vout as usize)
    }

    /// Legs in the order of the record, each event's fee behind them.
    pub(super) fn number(&mut self) {
        for position in 0..self.order.len() {
            let event = self.order[position].0;
            let legs = self.events[event].legs.clone();
            self.record.extend(
                legs.iter()
                    .filter(|&&leg| self.legs[leg].merged.is_none())
                    .map(|&leg| (leg, position)),
            );
            let row = &self.events[event].row;
            let (EventKind::Transaction, Some((network, _))) = (row.kind, row.transaction) else {
                continue;
            };
            let sum = |end: fn(&Leg) -> &End| {
                let legs = legs
                    .iter()
                    .map(|&leg| &self.legs[leg])
                    .filter(|leg| end(leg).is_none());
                legs.map(|leg| leg.amount)
                    .try_fold(Amount::ZERO, |sum, amount| sum.checked_add(amount?))
            };
            let first = legs.iter().find(|&&leg| self.legs[leg].to.is_none());
            let (Some(inputs), Some(outputs), Some(&first)) =
                (sum(|leg| &leg.to), sum(|leg| &leg.from), first)
            else {
                continue;
            };
            match inputs.checked_sub(outputs) {
                Some(Amount::ZERO) => {}
                Some(fee) if fee > Amount::ZERO => {
                    self.record.push((self.legs.len(), position));
                    let fee = Leg {
                        from: None,
                        to: Some(AccountKey::Fees(network).encode()),
                        amount: Some(fee),
                        kind: TransferKind::Fee,
                        layers: Layers::BOTH,
                        cited: BTreeSet::new(),
                        spends: None,
                        ..self.legs[first].clone()
                    };
                    self.legs.push(fee);
                }
                _ => {
                    let record = self.named(event);
                    self.remark(format!("{record}: outputs exceed inputs"));
                }
            }
        }
    }

    /// Links of outpoints, then stated ones as far as they fit: facts, inferences, assumptions.
    pub(super) fn link(&mut self) {
        let entered: BTreeSet<usize> = self.record.iter().map(|row| row.0).collect();
        for (later, leg) in self.legs.iter().enumerate() {
            if let (Some(earlier), Some(amount)) = (leg.spends, leg.amount)
                && entered.contains(&earlier)
                && entered.contains(&later)
            {
                self.links
                    .push((earlier, later, amount, amount, Basis::Fact));
            }
        }
        let rank = |basis: &Basis| {
            ["fact", "inference", "assumption"]
                .iter()
                .position(|word| *word == basis.word())
        };
        let mut stated = std::mem::take(&mut self.stated);
        stated.sort_by_key(|link| (rank(&link.basis), link.later, link.earlier));
        for StatedLink {
            earlier,
            later,
            consumed,
            paid,
            basis,
        } in stated
        {
            let amounts = self.legs[earlier].amount.zip(self.legs[later].amount);
            let enters = entered.contains(&earlier) && entered.contains(&later);
            let Some((spent, spending)) = amounts.filter(|_| enters) else {
                continue;
            };
            let (consumed, paid) = (consumed.unwrap_or(spent), paid.unwrap_or(spending));
            if (self.links).contains(&(earlier, later, consumed, paid, basis.clone())) {
                let record = self.named(self.legs[later].event);
                self.remark(format!(
                    "{record}: a link ({basis}) is stated twice and counts once"
                ));
                continue;
            }
            let sum = |first: Amount, of: &dyn Fn(&Link) -> Option<Amount>| {
                self.links
                    .iter()
                    .filter_map(of)
                    .try_fold(first, Amount::checked_add)
            };
            let all_consumed = sum(consumed, &|link| (link.0 == earlier).then_some(link.2));
            let all_paid = sum(paid, &|link| (link.1 == later).then_some(link.3));
            let fits = |units: Amount, sum: Option<Amount>, whole: Amount| {
                units >= Amount::ZERO && sum.is_some_and(|sum| sum <= whole)
            };
            if fits(consumed, all_consumed, spent) && fits(paid, all_paid, spending) {
                self.links.push((earlier, later, consumed, paid, basis));
            } else {
                let record = self.named(self.legs[later].event);
                self.remark(format!(
                    "{record}: a link ({basis}) spends more than others leave and is left out"
                ));
            }
        }
    }
}
