//! Numbers events, transfers and links in the order of the record, and adds what follows from them: the
//! fees of transactions whose inputs are all known.

use super::accounts::JUNCTION;
use super::order::Order;
use super::read::small;
use super::{BuildNotes, Draft, NONE};
use crate::Error;
use crate::graph::{Class, Graph, NO_NETWORK, ORDER_OPEN, Parts, Side, assemble, split};
use crate::scratch::{Array, Scratch, Sequence};
use moneytrail_model::{
    AccountKey, Amount, AssetIdx, Basis, EventKind, Layers, Network, TransferKind,
};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Events after which who waits is told.
const EVENTS_AT_ONCE: u32 = 1 << 12;

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
    draft.of_one_leg.sort_unstable();
    draft.of_one_leg.dedup();
    note_swept(&mut draft);
    let mut emission = Emission::new(&draft, scratch)?;
    let mut open = order.open.iter().copied().peekable();
    for (position, &event) in (0..).zip(order.events.iter()) {
        let is_open = open.next_if_eq(&position).is_some();
        emission.event(&mut draft, position, event, is_open)?;
        if position % EVENTS_AT_ONCE == EVENTS_AT_ONCE - 1 {
            scratch.advance(EVENTS_AT_ONCE.into())?;
        }
    }
    let (mut parts, numbers) = emission.finish()?;
    parts.spends = spends(&draft, &numbers, parts.accounts.len(), scratch)?;
    enter_links(&mut draft, &numbers, &mut parts);
    drop(numbers);
    number_accounts(&draft, &mut parts, scratch)?;
    parts.assets = std::mem::take(&mut draft.assets);
    let notes = std::mem::take(&mut draft.notes);
    drop(draft);
    Ok((assemble(parts, scratch)?, notes))
}

/// Says of which credited outputs the evidence shows what the custodian did with them.
fn note_swept(draft: &mut Draft) {
    let is_spent = |output: &u32| {
        let input = draft.linked.get(*output as usize);
        input.is_some_and(|&input| input != NONE)
    };
    let swept = draft.credited.iter().copied().filter(is_spent);
    let remarks: Vec<String> = swept
        .map(|output| {
            format!(
                "{}: a custodian credited a customer with an output of this transaction; whoever spends it on the chain spends the custodian's money",
                draft.named(draft.event_of(output))
            )
        })
        .collect();
    draft.notes.remarks.extend(remarks);
}

/// The number of each network's `fees`.
fn fee_accounts(draft: &Draft) -> FxHashMap<Network, u32> {
    let number = |network: Network| draft.keys.find(&AccountKey::Fees(network).encode());
    Network::ALL
        .iter()
        .map(|&network| (network, number(network)))
        .collect()
}

/// The columns of [`Parts`] while they grow.
struct Emission {
    fees: FxHashMap<Network, u32>,
    /// What stays small.
    parts: Parts,
    event_kinds: Sequence<u8>,
    event_seconds: Sequence<i64>,
    event_precisions: Sequence<u8>,
    event_first: Sequence<u32>,
    event_networks: Sequence<u8>,
    event_habits: Sequence<u8>,
    event_txids: Sequence<[u8; 32]>,
    citation_exhibits: Sequence<u32>,
    citation_rows: Sequence<u32>,
    accounts: Sequence<u32>,
    others: Sequence<u32>,
    classes: Sequence<u32>,
    amounts: Sequence<i64>,
    /// The transfer that each row became.
    numbers: Array<u32>,
}

impl Emission {
    fn new(draft: &Draft, scratch: &Scratch) -> Result<Self, Error> {
        let mut numbers = scratch.array(draft.rows.len())?;
        numbers.fill(NONE);
        Ok(Self {
            fees: fee_accounts(draft),
            parts: Parts::default(),
            event_kinds: Sequence::new(scratch),
            event_seconds: Sequence::new(scratch),
            event_precisions: Sequence::new(scratch),
            event_first: Sequence::new(scratch),
            event_networks: Sequence::new(scratch),
            event_habits: Sequence::new(scratch),
            event_txids: Sequence::new(scratch),
            citation_exhibits: Sequence::new(scratch),
            citation_rows: Sequence::new(scratch),
            accounts: Sequence::new(scratch),
            others: Sequence::new(scratch),
            classes: Sequence::new(scratch),
            amounts: Sequence::new(scratch),
            numbers,
        })
    }

    fn finish(mut self) -> Result<(Parts, Array<u32>), Error> {
        self.event_first.push(small(self.accounts.len()))?;
        let parts = Parts {
            event_kinds: self.event_kinds.finish()?,
            event_seconds: self.event_seconds.finish()?,
            event_precisions: self.event_precisions.finish()?,
            event_first: self.event_first.finish()?,
            event_networks: self.event_networks.finish()?,
            event_habits: self.event_habits.finish()?,
            event_txids: self.event_txids.finish()?,
            citation_exhibits: self.citation_exhibits.finish()?,
            citation_rows: self.citation_rows.finish()?,
            accounts: self.accounts.finish()?,
            others: self.others.finish()?,
            classes: self.classes.finish()?,
            amounts: self.amounts.finish()?,
            ..self.parts
        };
        Ok((parts, self.numbers))
    }

    fn event(
        &mut self,
        draft: &mut Draft,
        position: u32,
        event: u32,
        is_open: bool,
    ) -> Result<(), Error> {
        let (seconds, precision) = draft.events.packed_time(event);
        let open = if is_open { ORDER_OPEN } else { 0 };
        let citation = draft.citation(event);
        let network = draft.events.networks[event as usize];
        self.event_kinds.push(draft.events.kind(event).code())?;
        self.event_seconds.push(seconds)?;
        self.event_precisions.push(precision | open)?;
        self.event_first.push(small(self.accounts.len()))?;
        self.event_networks.push(network)?;
        self.event_habits
            .push(draft.events.habits[event as usize])?;
        if !draft.events.txids.is_empty() {
            let known = network != NO_NETWORK;
            let txid = known.then(|| draft.events.txids[event as usize]);
            self.event_txids.push(txid.unwrap_or_default())?;
        }
        self.citation_exhibits.push(citation.exhibit)?;
        self.citation_rows.push(citation.event_row)?;
        let first = draft.joined.partition_point(|joined| joined.0 < event);
        let others = draft.joined[first..]
            .iter()
            .take_while(|joined| joined.0 == event);
        let others = others.map(|joined| (position, draft.citation(joined.2), u32::MAX));
        self.parts.more_citations.extend(others);
        let rows = draft.events.transfers(event);
        let extra = draft.extra.partition_point(|extra| extra.0 < event);
        let extra = draft.extra[extra..]
            .iter()
            .take_while(|extra| extra.0 == event);
        for leg in rows.chain(extra.map(|extra| extra.2)) {
            if !draft.merges.contains_key(&leg) {
                self.leg(draft, position, leg)?;
            }
        }
        if draft.events.kind(event) == EventKind::Transaction {
            self.fee(draft, event)?;
        }
        Ok(())
    }

    fn leg(&mut self, draft: &Draft, position: u32, leg: u32) -> Result<(), Error> {
        let number = small(self.accounts.len());
        let (from, to) = (draft.from(leg), draft.to(leg));
        let asset = draft.rows.assets[leg as usize];
        let (kind, layers) = (draft.rows.kind(leg), draft.rows.layers(leg));
        self.transfer((from, to), asset, draft.amount(leg), (kind, layers))?;
        self.numbers[leg as usize] = number;
        let first = draft.of_one_leg.partition_point(|cited| cited.0 < leg);
        let cited = draft.of_one_leg[first..]
            .iter()
            .take_while(|cited| cited.0 == leg);
        let cited = cited.map(|cited| (position, draft.citation(cited.1), number));
        self.parts.more_citations.extend(cited);
        Ok(())
    }

    fn transfer(
        &mut self,
        (from, to): (u32, u32),
        asset: u16,
        amount: Option<Amount>,
        (kind, layers): (TransferKind, Layers),
    ) -> Result<(), Error> {
        let number = small(self.accounts.len());
        let (account, side) = match (from, to) {
            (JUNCTION, to) => (to, Side::Out),
            (from, JUNCTION) => (from, Side::Into),
            (from, to) => {
                self.others.push(to)?;
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
        let class = self.parts.class(class);
        let (narrow, wide) = split(amount.map(Amount::units));
        self.parts.wide.extend(wide.map(|units| (number, units)));
        self.accounts.push(account)?;
        self.classes.push(class)?;
        self.amounts.push(narrow)
    }

    /// Inputs less outputs go to `fees`, last in the event, if all inputs are known.
    fn fee(&mut self, draft: &mut Draft, event: u32) -> Result<(), Error> {
        let Some(network) = draft.events.network(event) else {
            return Ok(());
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
            return Ok(());
        };
        match inputs.checked_sub(outputs) {
            Some(fee) if fee > Amount::ZERO => {
                let ends = (JUNCTION, self.fees[&network]);
                self.transfer(ends, asset, Some(fee), (TransferKind::Fee, Layers::BOTH))
            }
            Some(Amount::ZERO) => Ok(()),
            _ => {
                let remark = format!("{}: outputs exceed inputs", draft.named(event));
                draft.notes.remarks.push(remark);
                Ok(())
            }
        }
    }
}

/// What inputs spend, if it is of known value: all of it. Empty if nothing is known to be spent.
fn spends(
    draft: &Draft,
    numbers: &[u32],
    n_transfers: usize,
    scratch: &Scratch,
) -> Result<Array<u32>, Error> {
    if draft.linked.is_empty() {
        return Ok(Array::default());
    }
    let mut spends = scratch.array(n_transfers)?;
    spends.fill(NONE);
    for leg in 0..small(draft.rows.len()) {
        if let Some(output) = draft.spent_wholly(leg) {
            let [earlier, later] = [output, leg].map(|leg| numbers[leg as usize]);
            if earlier != NONE && later != NONE {
                spends[later as usize] = earlier;
            }
        }
    }
    Ok(spends)
}

/// Enters links whose amounts are known and fit what they join; others are noted. What an outpoint spends
/// is spent first.
fn enter_links(draft: &mut Draft, numbers: &[u32], parts: &mut Parts) {
    let mut sums: FxHashMap<(u32, End), Amount> = FxHashMap::default();
    let mut links = std::mem::take(&mut draft.links);
    links.sort_by_key(|link| (rank(&link.basis), link.later, link.earlier));
    for link in links {
        let (earlier, later) = (link.earlier, link.later);
        let [from, to] = [earlier, later].map(|leg| numbers[leg as usize]);
        let (Some(spent), Some(spending)) = (draft.amount(earlier), draft.amount(later)) else {
            continue;
        };
        if from == NONE || to == NONE {
            continue;
        }
        let ends = (draft.event_of(earlier), draft.event_of(later));
        if from > to && draft.ahead.binary_search(&ends).is_ok() {
            let remark = format!(
                "{}: it spends what came behind the transfer that a person accepted it to be: the two are not linked",
                draft.named(ends.0)
            );
            draft.notes.remarks.push(remark);
            continue;
        }
        let (consumed, paid) = (
            link.consumed.unwrap_or(spent),
            link.paid.unwrap_or(spending),
        );
        // Links stand by later and earlier transfer, so that one which is stated twice is near.
        let near = parts.links.iter().rev();
        let mut near = near.take_while(|known| (known.0, known.1) == (to, from));
        let is_known = near.any(|known| {
            let basis = &parts.bases[usize::from(known.4)];
            (known.2, known.3, basis) == (consumed, paid, &link.basis)
        });
        if is_known {
            let record = draft.named(draft.event_of(later));
            let basis = &link.basis;
            let remark = format!("{record}: a link ({basis}) is stated twice and counts once");
            draft.notes.remarks.push(remark);
            continue;
        }
        let fits = |leg: u32, end: End, units: Amount, whole: Amount| {
            let before = sums.get(&(leg, end)).copied();
            let linked = || {
                if draft.is_linked(leg, end) {
                    whole
                } else {
                    Amount::ZERO
                }
            };
            let before = before.unwrap_or_else(linked);
            let sum = before.checked_add(units)?;
            (units >= Amount::ZERO && sum <= whole).then_some(sum)
        };
        let consumed_sum = fits(earlier, End::Spent, consumed, spent);
        let paid_sum = fits(later, End::Spending, paid, spending);
        let (Some(consumed_sum), Some(paid_sum)) = (consumed_sum, paid_sum) else {
            let remark = format!(
                "{}: a link ({}) spends more than others leave and is left out",
                draft.named(draft.event_of(later)),
                link.basis
            );
            draft.notes.remarks.push(remark);
            continue;
        };
        sums.insert((earlier, End::Spent), consumed_sum);
        sums.insert((later, End::Spending), paid_sum);
        let basis = parts.basis(link.basis);
        parts.links.push((to, from, consumed, paid, basis));
    }
}

/// Which end of a link a leg is at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum End {
    Spent,
    Spending,
}

impl Draft {
    /// The output that an input spends, if its value is known: then it spends all of it. One that a custodian
    /// credited to a customer is spent by the credit.
    fn spent_wholly(&self, leg: u32) -> Option<u32> {
        let output = self.spent(leg)?;
        if self.credited.contains(&output) {
            return None;
        }
        let amount = self.rows.amount(output);
        amount
            .is_some_and(|amount| amount >= Amount::ZERO)
            .then_some(output)
    }

    /// Whether an outpoint links this end of a leg already, and so all of it.
    fn is_linked(&self, leg: u32, end: End) -> bool {
        let is_input = self.rows.kind(leg) == TransferKind::Input;
        let input = match end {
            End::Spending => is_input.then_some(leg),
            End::Spent if is_input => None,
            End::Spent => self
                .linked
                .get(leg as usize)
                .copied()
                .filter(|&input| input != NONE),
        };
        input.is_some_and(|input| self.spent_wholly(input).is_some())
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
fn number_accounts(draft: &Draft, parts: &mut Parts, scratch: &Scratch) -> Result<(), Error> {
    let (n_keys, n_all) = (
        draft.keys.len(),
        draft.keys.len() + draft.placeholders.len(),
    );
    let mut places = scratch.array::<u32>(n_all)?;
    places.fill(NONE);
    for &account in parts.accounts.iter().chain(parts.others.iter()) {
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
    let (mut offsets, mut bytes) = (Sequence::new(scratch), Sequence::new(scratch));
    offsets.push(0)?;
    for place in 0.. {
        let [of_a, of_b] = [a, b].map(|number| number.map(key));
        let takes_a =
            of_a.is_some() && of_b.is_none_or(|of_b| of_a.is_some_and(|of_a| of_a <= of_b));
        let takes_b =
            of_b.is_some() && of_a.is_none_or(|of_a| of_b.is_some_and(|of_b| of_b <= of_a));
        let Some(key) = (if takes_a { of_a } else { of_b }) else {
            break;
        };
        bytes.extend(key)?;
        offsets.push(bytes.len() as u64)?;
        if let Some(number) = a.filter(|_| takes_a) {
            places[number] = place;
            a = next(&places, number + 1..n_keys);
        }
        if let Some(number) = b.filter(|_| takes_b) {
            places[number] = place;
            b = next(&places, number + 1..n_all);
        }
    }
    (parts.key_offsets, parts.key_bytes) = (offsets.finish()?, bytes.finish()?);
    for account in parts.accounts.iter_mut().chain(parts.others.iter_mut()) {
        *account = places[*account as usize];
    }
    Ok(())
}
