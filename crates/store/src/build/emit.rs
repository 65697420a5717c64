//! Numbers events, transfers and links in the order of the record, and adds what follows from them: the
//! fees of transactions whose inputs are all known.

use super::accounts::JUNCTION;
use super::order::Order;
use super::read::small;
use super::{BuildNotes, Draft, NONE};
use crate::Error;
use crate::graph::{Class, Graph, NO_NETWORK, ORDER_OPEN, Parts, Side, assemble};
use crate::scratch::{Array, Scratch};
use moneytrail_model::{
    AccountKey, Amount, AssetIdx, Basis, EventKind, Layers, Network, TransferKind,
};
use rustc_hash::FxHashMap;
use std::ops::Range;

pub(super) fn emit(
    mut draft: Draft,
    order: &Order,
    scratch: &Scratch,
) -> Result<(Graph, BuildNotes), Error> {
    if order.n_cyclic > 0 {
        let remark = format!(
            "{} events have links that contradict each other; content decided their order",
            order.n_cyclic
        );
        draft.notes.remarks.push(remark);
    }
    let mut emission = Emission {
        fees: fee_accounts(&draft),
        classes: FxHashMap::default(),
        parts: Parts::default(),
        numbers: scratch.array(draft.rows.len())?,
    };
    emission.numbers.fill(NONE);
    let mut open = order.open.iter().copied().peekable();
    draft.of_one_leg.sort_unstable();
    draft.of_one_leg.dedup();
    for (position, &event) in (0..).zip(&order.events) {
        let is_open = open.next_if_eq(&position).is_some();
        emission.event(&mut draft, position, event, is_open);
    }
    let n_transfers = small(emission.parts.accounts.len());
    emission.parts.event_first.push(n_transfers);
    emission.spends(&draft);
    emission.links(&mut draft);
    let Emission { mut parts, .. } = emission;
    number_accounts(&draft, &mut parts)?;
    parts.assets = std::mem::take(&mut draft.assets);
    let notes = std::mem::take(&mut draft.notes);
    drop(draft);
    Ok((assemble(parts)?, notes))
}

/// The number of each network's `fees`.
fn fee_accounts(draft: &Draft) -> FxHashMap<Network, u32> {
    let number = |network: Network| draft.keys.find(&AccountKey::Fees(network).encode());
    Network::ALL
        .iter()
        .map(|&network| (network, number(network)))
        .collect()
}

struct Emission {
    fees: FxHashMap<Network, u32>,
    classes: FxHashMap<Class, u32>,
    parts: Parts,
    /// The transfer that each row became.
    numbers: Array<u32>,
}

impl Emission {
    fn event(&mut self, draft: &mut Draft, position: u32, event: u32, is_open: bool) {
        let parts = &mut self.parts;
        let (seconds, precision) = draft.events.packed_time(event);
        let open = if is_open { ORDER_OPEN } else { 0 };
        let citation = draft.citation(event);
        let network = draft.events.networks[event as usize];
        parts.event_kinds.push(draft.events.kind(event).code());
        parts.event_seconds.push(seconds);
        parts.event_precisions.push(precision | open);
        parts.event_first.push(small(parts.accounts.len()));
        parts.event_networks.push(network);
        if !draft.events.txids.is_empty() {
            let known = network != NO_NETWORK;
            let txid = known.then(|| draft.events.txids[event as usize]);
            parts.event_txids.push(txid.unwrap_or_default());
        }
        parts.citation_exhibits.push(citation.exhibit);
        parts.citation_rows.push(citation.event_row);
        let first = draft.joined.partition_point(|joined| joined.0 < event);
        let others = draft.joined[first..]
            .iter()
            .take_while(|joined| joined.0 == event);
        let others = others.map(|joined| (position, draft.citation(joined.1), u32::MAX));
        parts.more_citations.extend(others);
        let rows = draft.events.transfers(event);
        let extra = draft.extra.partition_point(|extra| extra.0 < event);
        let extra = draft.extra[extra..]
            .iter()
            .take_while(|extra| extra.0 == event);
        for leg in rows.chain(extra.map(|extra| extra.2)) {
            if !draft.merges.contains_key(&leg) {
                self.leg(draft, position, leg);
            }
        }
        if draft.events.kind(event) == EventKind::Transaction {
            self.fee(draft, event);
        }
    }

    fn leg(&mut self, draft: &Draft, position: u32, leg: u32) {
        let number = small(self.parts.accounts.len());
        let (from, to) = (draft.from(leg), draft.to(leg));
        let asset = draft.rows.assets[leg as usize];
        let (kind, layers) = (draft.rows.kind(leg), draft.rows.layers(leg));
        self.transfer((from, to), asset, draft.amount(leg), (kind, layers));
        self.numbers[leg as usize] = number;
        let first = draft.of_one_leg.partition_point(|cited| cited.0 < leg);
        let cited = draft.of_one_leg[first..]
            .iter()
            .take_while(|cited| cited.0 == leg);
        let cited = cited.map(|cited| (position, draft.citation(cited.1), number));
        self.parts.more_citations.extend(cited);
    }

    fn transfer(
        &mut self,
        (from, to): (u32, u32),
        asset: u16,
        amount: Option<Amount>,
        (kind, layers): (TransferKind, Layers),
    ) {
        let parts = &mut self.parts;
        let number = small(parts.accounts.len());
        let (account, side) = match (from, to) {
            (JUNCTION, to) => (to, Side::Out),
            (from, JUNCTION) => (from, Side::Into),
            (from, to) => {
                parts.others.push(to);
                (from, Side::Between)
            }
        };
        let asset = AssetIdx::from_raw(asset.into());
        let class = Class {
            kind,
            layers,
            asset,
            side,
        };
        let class = *self.classes.entry(class).or_insert_with(|| {
            parts.class_table.push(class);
            small(parts.class_table.len() - 1)
        });
        let units = amount.map(Amount::units);
        let narrow = units.and_then(|units| i64::try_from(units).ok());
        let narrow = narrow.filter(|&units| units != i64::MIN);
        if narrow.is_none() && units.is_some() {
            parts.wide.push((number, units));
        }
        parts.accounts.push(account);
        parts.classes.push(class);
        parts.amounts.push(narrow.unwrap_or(i64::MIN));
    }

    /// Inputs less outputs go to `fees`, last in the event, if all inputs are known.
    fn fee(&mut self, draft: &mut Draft, event: u32) {
        let Some(network) = draft.events.network(event) else {
            return;
        };
        let mut sums = [Some(Amount::ZERO); 2];
        let mut asset = None;
        for leg in draft.legs_of(event) {
            let (from, to) = (draft.from(leg), draft.to(leg));
            for (sum, end) in sums.iter_mut().zip([to, from]) {
                if end == JUNCTION {
                    let amount = draft.amount(leg);
                    *sum = sum.and_then(|sum| sum.checked_add(amount?));
                    if to == JUNCTION && asset.is_none() {
                        asset = Some(draft.rows.assets[leg as usize]);
                    }
                }
            }
        }
        let ([Some(inputs), Some(outputs)], Some(asset)) = (sums, asset) else {
            return;
        };
        match inputs.checked_sub(outputs) {
            Some(fee) if fee > Amount::ZERO => {
                let ends = (JUNCTION, self.fees[&network]);
                self.transfer(ends, asset, Some(fee), (TransferKind::Fee, Layers::BOTH));
            }
            Some(Amount::ZERO) => {}
            _ => {
                let remark = format!("{}: outputs exceed inputs", draft.named(event));
                draft.notes.remarks.push(remark);
            }
        }
    }

    /// Inputs that spend an output of known value, all of it.
    fn spends(&mut self, draft: &Draft) {
        if draft.linked.is_empty() {
            return;
        }
        let mut spends = vec![u32::MAX; self.parts.accounts.len()];
        for leg in 0..small(draft.rows.len()) {
            if let Some(output) = draft.spent_wholly(leg) {
                let ends = [output, leg].map(|leg| self.numbers[leg as usize]);
                if ends.iter().all(|&number| number != NONE) {
                    spends[ends[1] as usize] = ends[0];
                }
            }
        }
        self.parts.spends = spends;
    }

    /// Enters links whose amounts are known and fit what they join; others are noted. What an outpoint
    /// spends is spent first.
    fn links(&mut self, draft: &mut Draft) {
        let mut sums: FxHashMap<(u32, bool), Amount> = FxHashMap::default();
        let mut links = std::mem::take(&mut draft.links);
        links.sort_by_key(|link| (rank(&link.basis), link.later, link.earlier));
        for link in links {
            let (earlier, later) = (link.earlier, link.later);
            let [from, to] = [earlier, later].map(|leg| self.numbers[leg as usize]);
            let (Some(spent), Some(spending)) = (draft.amount(earlier), draft.amount(later)) else {
                continue;
            };
            if from == NONE || to == NONE {
                continue;
            }
            let (consumed, paid) = (
                link.consumed.unwrap_or(spent),
                link.paid.unwrap_or(spending),
            );
            let fits = |leg: u32, is_later: bool, units: Amount, whole: Amount| {
                let linked = || match draft.linked.get(leg as usize) {
                    Some(&other) if other != NONE => {
                        let input = if is_later { leg } else { other };
                        let is_so =
                            draft.spent_wholly(input).is_some() && (input == leg) == is_later;
                        if is_so { whole } else { Amount::ZERO }
                    }
                    _ => Amount::ZERO,
                };
                let before = sums.get(&(leg, is_later)).copied().unwrap_or_else(linked);
                let sum = before.checked_add(units)?;
                (units >= Amount::ZERO && sum <= whole).then_some(sum)
            };
            let consumed_sum = fits(earlier, false, consumed, spent);
            let paid_sum = fits(later, true, paid, spending);
            let (Some(consumed_sum), Some(paid_sum)) = (consumed_sum, paid_sum) else {
                let remark = format!(
                    "{}: a link ({}) spends more than others leave and is left out",
                    draft.named(draft.event_of(later)),
                    link.basis
                );
                draft.notes.remarks.push(remark);
                continue;
            };
            sums.insert((earlier, false), consumed_sum);
            sums.insert((later, true), paid_sum);
            let basis = self.parts.basis(link.basis);
            self.parts.links.push((to, from, consumed, paid, basis));
        }
    }
}

impl Draft {
    /// The output that an input spends, if its value is known: then it spends all of it.
    fn spent_wholly(&self, leg: u32) -> Option<u32> {
        let output = self.spent(leg)?;
        let amount = self.rows.amount(output);
        amount
            .is_some_and(|amount| amount >= Amount::ZERO)
            .then_some(output)
    }
}

const fn rank(basis: &Basis) -> u8 {
    match basis {
        Basis::Fact => 0,
        Basis::Inference(_) => 1,
        Basis::Assumption(_) => 2,
    }
}

/// Gives the accounts that a transfer names the places of their keys, among both lists of keys: one that
/// only a resolved input or a reference named is no node.
fn number_accounts(draft: &Draft, parts: &mut Parts) -> Result<(), Error> {
    let (n_keys, n_all) = (
        draft.keys.len(),
        draft.keys.len() + draft.placeholders.len(),
    );
    let mut places = vec![u32::MAX; n_all];
    for &account in parts.accounts.iter().chain(&parts.others) {
        let place = places.get_mut(account as usize).ok_or_else(|| {
            Error::damaged(
                "transfers.parquet",
                "an input has neither an account nor an outpoint",
            )
        })?;
        *place = 0;
    }
    let key = |number: usize| match number.checked_sub(n_keys) {
        None => draft.keys.get(small(number)),
        Some(placeholder) => draft.placeholders.get(small(placeholder)),
    };
    let next = |places: &[u32], mut range: Range<usize>| range.find(|&number| places[number] == 0);
    let (mut a, mut b) = (next(&places, 0..n_keys), next(&places, n_keys..n_all));
    parts.key_offsets.push(0);
    for place in 0.. {
        let [of_a, of_b] = [a, b].map(|number| number.map(key));
        let takes_a =
            of_a.is_some() && of_b.is_none_or(|of_b| of_a.is_some_and(|of_a| of_a <= of_b));
        let takes_b =
            of_b.is_some() && of_a.is_none_or(|of_a| of_b.is_some_and(|of_b| of_b <= of_a));
        let Some(key) = (if takes_a { of_a } else { of_b }) else {
            break;
        };
        parts.key_bytes.extend_from_slice(key);
        parts.key_offsets.push(parts.key_bytes.len() as u64);
        if let Some(number) = a.filter(|_| takes_a) {
            places[number] = place;
            a = next(&places, number + 1..n_keys);
        }
        if let Some(number) = b.filter(|_| takes_b) {
            places[number] = place;
            b = next(&places, number + 1..n_all);
        }
    }
    for account in parts.accounts.iter_mut().chain(&mut parts.others) {
        *account = places[*account as usize];
    }
    Ok(())
}
