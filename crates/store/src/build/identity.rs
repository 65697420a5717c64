//! One event, however many exhibits describe it.
//!
//! A chain's event is (network, transaction id, block hash where known). Rows without a block hash
//! join the one block that holds the transaction. The description with the best rank enters, ties by
//! content; the others are cited, fill in what it leaves unknown, and are noted where they differ.

use super::{Draft, Event, Leg, end_of};
use crate::schema::EventRow;
use moneytrail_model::{AssetIdx, Network, TransferKind};
use rustc_hash::FxHashMap;
use std::ops::Range;

type Key = (Network, [u8; 32]);

/// Descriptions of one event: segment and row of its events.
type Group = Vec<(u32, u32)>;

/// Enters every event that counts.
pub(super) fn enter_events(draft: &mut Draft, assets: &[Vec<AssetIdx>]) {
    let ranges: Vec<Vec<Range<u32>>> = draft
        .segments
        .iter()
        .map(|segment| transfer_ranges(&segment.rows))
        .collect();
    let mut by_key: FxHashMap<Key, Group> = FxHashMap::default();
    let mut groups: Vec<Group> = Vec::new();
    for (segment, loaded) in draft.segments.iter().enumerate() {
        for (row, event) in loaded.rows.events.iter().enumerate() {
            let place = (small(segment), small(row));
            if is_stale(draft, segment, event) {
                continue;
            }
            match event.transaction {
                Some(key) => by_key.entry(key).or_default().push(place),
                None => groups.push(vec![place]),
            }
        }
    }
    let mut keys: Vec<Key> = by_key.keys().copied().collect();
    keys.sort_unstable();
    for key in keys {
        let places = by_key.remove(&key).expect("taken from its keys");
        split_by_block(draft, places, &mut groups);
    }
    for group in &mut groups {
        group.sort_by_key(|&(segment, row)| (draft.segments[segment as usize].rank, segment, row));
        enter(draft, group, &ranges, assets);
    }
}

/// Segments, rows and legs are numbered in 32 bits; [`super::build`] refuses what is beyond that.
fn small(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

fn transfer_ranges(rows: &crate::schema::Batch) -> Vec<Range<u32>> {
    let mut ranges = Vec::with_capacity(rows.events.len());
    let mut next = 0;
    for event in 0..rows.events.len() {
        let start = next;
        while next < rows.transfers.len() && rows.transfers.event(next) as usize == event {
            next += 1;
        }
        ranges.push(small(start)..small(next));
    }
    ranges
}

fn is_stale(draft: &Draft, segment: usize, event: &EventRow) -> bool {
    // What the case as a whole says of the block outranks what its own exhibit could know.
    event.block.map_or(event.stale, |block| {
        draft.blocks[segment][block as usize].stale
    })
}

fn block_hash(draft: &Draft, (segment, row): (u32, u32)) -> Option<[u8; 32]> {
    let rows = &draft.segments[segment as usize].rows;
    rows.events[row as usize]
        .block
        .map(|block| rows.blocks[block as usize].hash)
}

/// Splits the descriptions of a transaction by block (BIP30: two blocks may hold one id).
fn split_by_block(draft: &mut Draft, places: Group, groups: &mut Vec<Group>) {
    let mut blocks: Vec<([u8; 32], Group)> = Vec::new();
    let mut without = Vec::new();
    for place in places {
        match block_hash(draft, place) {
            None => without.push(place),
            Some(hash) => match blocks.iter_mut().find(|block| block.0 == hash) {
                Some(block) => block.1.push(place),
                None => blocks.push((hash, vec![place])),
            },
        }
    }
    if let ([block], false) = (&mut blocks[..], without.is_empty()) {
        block.1.append(&mut without);
    } else if blocks.is_empty() {
        groups.push(std::mem::take(&mut without));
    }
    for &place in &without {
        let record = draft.named(place);
        draft.notes.remarks.push(format!(
            "{record}: several blocks hold this transaction id, and the record does not say which; it is left out"
        ));
    }
    groups.extend(blocks.into_iter().map(|block| block.1));
}

/// Enters one event from its descriptions, the best first.
fn enter(
    draft: &mut Draft,
    group: &[(u32, u32)],
    ranges: &[Vec<Range<u32>>],
    assets: &[Vec<AssetIdx>],
) {
    let primary = group[0];
    let first_leg = small(draft.legs.len());
    let event = small(draft.events.len());
    enter_rows(draft, primary, ranges, assets, event);
    for &other in &group[1..] {
        compare(draft, (primary.0, first_leg), other, ranges, assets, event);
    }
    let row = &draft.segments[primary.0 as usize].rows.events[primary.1 as usize];
    let (kind, time) = (row.kind, row.time);
    draft.notes.n_joined_events += u64::from(group.len() > 1);
    draft.events.push(Event {
        kind,
        time,
        primary,
        others: group[1..].to_vec(),
        of_one_leg: Vec::new(),
        legs: first_leg..small(draft.legs.len()),
    });
}

fn enter_rows(
    draft: &mut Draft,
    (segment, row): (u32, u32),
    ranges: &[Vec<Range<u32>>],
    assets: &[Vec<AssetIdx>],
    event: u32,
) {
    let segment = segment as usize;
    for transfer in ranges[segment][row as usize].clone() {
        let leg = leg_of(draft, segment, transfer, assets);
        draft.leg_of_row[segment][transfer as usize] = small(draft.legs.len());
        draft.legs.push(leg);
        draft.leg_events.push(event);
    }
}

fn leg_of(draft: &mut Draft, segment: usize, transfer: u32, assets: &[Vec<AssetIdx>]) -> Leg {
    let row = draft.segments[segment]
        .rows
        .transfers
        .get(transfer as usize);
    Leg {
        from: end_of(&mut draft.builder, &row.from),
        to: end_of(&mut draft.builder, &row.to),
        asset: assets[segment][row.asset as usize],
        amount: row.amount,
        kind: row.kind,
        layers: row.layers,
        merged: false,
    }
}

/// Compares another description with the legs that entered. On a chain with junctions, position
/// tells which leg is which; elsewhere, legs that the first description lacks are added, and a leg with
/// the same ends but another amount is a difference, not a second movement.
fn compare(
    draft: &mut Draft,
    (first_segment, first_leg): (u32, u32),
    other: (u32, u32),
    ranges: &[Vec<Range<u32>>],
    assets: &[Vec<AssetIdx>],
    event: u32,
) {
    let segment = other.0 as usize;
    let rows = ranges[segment][other.1 as usize].clone();
    let entered = first_leg as usize..draft.legs.len();
    let has_junction = draft.segments[segment].rows.events[other.1 as usize]
        .kind
        .has_junction();
    if !has_junction {
        let mut free: Vec<usize> = entered.collect();
        let mut unlike = Vec::new();
        for transfer in rows {
            let leg = leg_of(draft, segment, transfer, assets);
            let same = |&position: &usize| same_movement(&draft.legs[position], &leg);
            match free.iter().position(same) {
                Some(found) => {
                    draft.leg_of_row[segment][transfer as usize] = small(free.remove(found));
                }
                None => unlike.push((transfer, leg)),
            }
        }
        for (transfer, leg) in unlike {
            let ends = |leg: &Leg| (leg.from, leg.to, leg.asset);
            let rival = |&position: &usize| ends(&draft.legs[position]) == ends(&leg);
            // Rows of one exhibit do not contradict each other: each is a movement of its own.
            let rival = free
                .iter()
                .position(rival)
                .filter(|_| segment != first_segment as usize);
            if let Some(found) = rival {
                draft.leg_of_row[segment][transfer as usize] = small(free.remove(found));
                note_difference(draft, other, "an amount");
            } else {
                draft.leg_of_row[segment][transfer as usize] = small(draft.legs.len());
                draft.legs.push(leg);
                draft.leg_events.push(event);
            }
        }
        return;
    }
    if rows.len() != entered.len() {
        note_difference(draft, other, "the number of inputs or outputs");
        return;
    }
    for (transfer, position) in rows.zip(entered) {
        let leg = leg_of(draft, segment, transfer, assets);
        let known = draft.legs[position];
        draft.leg_of_row[segment][transfer as usize] = small(position);
        if known.amount.is_none() && leg.amount.is_some() && known.kind == TransferKind::Input {
            // The better source leaves the spent output unknown; the other one states it.
            draft.legs[position] = leg;
        } else if leg.amount.is_some() && !same_movement(&known, &leg) {
            note_difference(draft, other, "an account or an amount");
        }
    }
}

fn same_movement(a: &Leg, b: &Leg) -> bool {
    (a.from, a.to, a.asset, a.amount) == (b.from, b.to, b.asset, b.amount)
}

fn note_difference(draft: &mut Draft, place: (u32, u32), what: &str) {
    let record = draft.named(place);
    draft.notes.remarks.push(format!(
        "{record}: differs from a better source of the same transaction in {what}; the better source entered"
    ));
}
