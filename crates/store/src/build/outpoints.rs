//! Inputs get the outputs that they spend, across exhibits: account, amount and link.

use super::{Draft, LegLink};
use moneytrail_model::{Basis, Network, TransferKind};
use rustc_hash::FxHashMap;

/// Resolves every outpoint that the evidence holds. A transaction id that stands in several blocks
/// (BIP30) means the latest of them: it overwrote the earlier one. An output is spent once: of several
/// spenders the one that stands in a block is it; where that does not single one out, none is linked,
/// because nothing says which. O(transactions + inputs).
pub(super) fn resolve(draft: &mut Draft) {
    let outputs = outputs_by_transaction(draft);
    let mut spenders: FxHashMap<u32, Spenders> = FxHashMap::default();
    let mut order = Vec::new();
    for (segment, loaded) in draft.segments.iter().enumerate() {
        for row in &loaded.rows.outpoints {
            let input = draft.leg_of_row[segment][row.transfer as usize];
            if input == u32::MAX || !enters_from(draft, input, segment) {
                continue;
            }
            let event =
                &loaded.rows.events[loaded.rows.transfers.event(row.transfer as usize) as usize];
            let network = event.transaction.map(|transaction| transaction.0);
            let output = network.and_then(|network| {
                let legs = outputs.get(&(network, row.txid))?;
                legs.clone()
                    .nth(row.vout as usize)
                    .filter(|&leg| draft.legs[leg as usize].kind == TransferKind::Output)
            });
            let Some(output) = output else {
                draft.notes.n_unresolved_inputs += 1;
                continue;
            };
            let in_block = event.block.is_some();
            spenders
                .entry(output)
                .and_modify(|known| known.offer(input, in_block))
                .or_insert_with(|| {
                    order.push(output);
                    Spenders::of(input, in_block)
                });
        }
    }
    let mut found = Vec::new();
    for output in order {
        let spenders = &spenders[&output];
        found.extend(spenders.the_one.map(|input| (output, input)));
        if spenders.is_disputed {
            let event = &draft.events[draft.leg_events[output as usize] as usize];
            let record = draft.named(event.primary);
            let outcome = match spenders.the_one {
                Some(_) => "the one that stands in a block is linked",
                None => "none of them is linked, because nothing says which counts",
            };
            draft.notes.remarks.push(format!(
                "{record}: an output has several spenders; {outcome}"
            ));
        }
    }
    for (output, input) in found {
        let spent = draft.legs[output as usize];
        let stated = draft.legs[input as usize].amount;
        if stated.is_some() && stated != spent.amount {
            let event = &draft.events[draft.leg_events[input as usize] as usize];
            let record = draft.named(event.primary);
            draft.notes.remarks.push(format!(
                "{record}: a source states another value for an input than the output that it spends; the output counts"
            ));
        }
        let leg = &mut draft.legs[input as usize];
        leg.from = spent.to;
        leg.amount = spent.amount;
        let (consumed, paid) = (spent.amount, spent.amount);
        draft.links.push(LegLink {
            earlier: output,
            later: input,
            consumed,
            paid,
            basis: Basis::Fact,
        });
    }
}

/// Who spends an output.
struct Spenders {
    /// The input that is linked; `None` if nothing singles one out.
    the_one: Option<u32>,
    /// Last input offered: a source may repeat a transaction.
    last: u32,
    /// Whether a spender stands in a block.
    in_block: bool,
    is_disputed: bool,
}

impl Spenders {
    const fn of(input: u32, in_block: bool) -> Self {
        Self {
            the_one: Some(input),
            last: input,
            in_block,
            is_disputed: false,
        }
    }

    fn offer(&mut self, input: u32, in_block: bool) {
        if input == self.last || self.the_one == Some(input) {
            return;
        }
        self.is_disputed = true;
        self.last = input;
        if in_block && !self.in_block {
            (self.the_one, self.in_block) = (Some(input), true);
        } else if in_block == self.in_block {
            self.the_one = None;
        }
    }
}

/// Whether the leg's event entered from this segment: other descriptions of it refer to the same
/// outputs again.
fn enters_from(draft: &Draft, leg: u32, segment: usize) -> bool {
    draft.events[draft.leg_events[leg as usize] as usize]
        .primary
        .0 as usize
        == segment
}

type Outputs = FxHashMap<(Network, [u8; 32]), std::ops::Range<u32>>;

/// Output legs of each transaction; they stand together, behind the inputs.
fn outputs_by_transaction(draft: &Draft) -> Outputs {
    let mut outputs = Outputs::default();
    let mut heights: FxHashMap<(Network, [u8; 32]), Option<u32>> = FxHashMap::default();
    for event in &draft.events {
        let (segment, row) = (event.primary.0 as usize, event.primary.1 as usize);
        let source = &draft.segments[segment].rows.events[row];
        let Some(key) = source.transaction.filter(|_| event.kind.has_junction()) else {
            continue;
        };
        let is_output = |leg: &u32| draft.legs[*leg as usize].kind == TransferKind::Output;
        let first = event.legs.clone().find(is_output).unwrap_or(event.legs.end);
        let height = source
            .block
            .and_then(|block| draft.blocks[segment][block as usize].height);
        if heights.get(&key).is_none_or(|&known| known <= height) {
            heights.insert(key, height);
            outputs.insert(key, first..event.legs.end);
        }
    }
    outputs
}
