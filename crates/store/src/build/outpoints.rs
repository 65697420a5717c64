//! Inputs get the outputs that they spend, across exhibits: account, amount and link.

use super::{Draft, LegLink};
use moneytrail_model::{Basis, Network, TransferKind};
use rustc_hash::FxHashMap;

/// Resolves every outpoint that the evidence holds. A transaction id that stands in several blocks
/// (BIP30) means the latest of them: it overwrote the earlier one. An output is spent once; a second
/// spender stays unresolved and is noted. O(transactions + inputs).
pub(super) fn resolve(draft: &mut Draft) {
    let outputs = outputs_by_transaction(draft);
    let mut spenders: FxHashMap<u32, u32> = FxHashMap::default();
    let mut found = Vec::new();
    for (segment, loaded) in draft.segments.iter().enumerate() {
        for row in &loaded.rows.outpoints {
            let input = draft.leg_of_row[segment][row.transfer as usize];
            if input == u32::MAX || !enters_from(draft, input, segment) {
                continue;
            }
            let event =
                &loaded.rows.events[loaded.rows.transfers[row.transfer as usize].event as usize];
            let network = event.transaction.map(|transaction| transaction.0);
            let output = network.and_then(|network| {
                let legs = outputs.get(&(network, row.txid))?;
                legs.clone().nth(row.vout as usize)
            });
            match output {
                Some(output) if spenders.insert(output, input).is_none() => {
                    found.push((output, input));
                }
                Some(_) => {
                    let remark = format!(
                        "X{}: an output is spent twice; the second spender is not linked",
                        loaded.exhibit
                    );
                    draft.notes.remarks.push(remark);
                }
                None => draft.notes.n_unresolved_inputs += 1,
            }
        }
    }
    for (output, input) in found {
        let spent = draft.legs[output as usize];
        let stated = draft.legs[input as usize].amount;
        if stated.is_some() && stated != spent.amount {
            let event = &draft.events[draft.leg_events[input as usize] as usize];
            let (exhibit, row) = (
                draft.segments[event.primary.0 as usize].exhibit,
                event.primary.1,
            );
            draft.notes.remarks.push(format!(
                "X{exhibit}, event {row}: a source states another value for an input than the output that it spends; the output counts"
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
