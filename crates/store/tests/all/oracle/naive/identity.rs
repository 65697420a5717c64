//! Which blocks count, and which rows describe one event.

use super::End;
use super::Naive;
use bitcoin::CompactTarget;
use bitcoin::pow::{Target, Work};
use moneytrail_model::{Amount, AssetKey, Network, TransferKind};
use std::collections::BTreeMap;

impl Naive {
    /// Of the blocks that hang together, those up to the tip with most work count.
    pub(super) fn settle_blocks(&mut self) {
        let mut previous: BTreeMap<[u8; 32], [u8; 32]> = BTreeMap::new();
        let mut bits: BTreeMap<[u8; 32], u32> = BTreeMap::new();
        for row in self.held.iter().flat_map(|held| &held.rows.blocks) {
            let state = self.states.entry(row.hash).or_default();
            state.height = state.height.or(row.height);
            state.stale |= row.stale;
            if let Some(of_row) = row.previous {
                previous.entry(row.hash).or_insert(of_row);
            }
            if let Some(of_row) = row.bits {
                bits.entry(row.hash).or_insert(of_row);
            }
        }
        let all: Vec<[u8; 32]> = self.states.keys().copied().collect();
        // A block and those before it.
        let lines: Vec<Vec<[u8; 32]>> = all
            .iter()
            .map(|&tip| {
                let before = |hash: &[u8; 32]| previous.get(hash).copied();
                let line = std::iter::successors(Some(tip), before);
                line.take_while(|hash| all.contains(hash)).collect()
            })
            .collect();
        let work = |line: &Vec<[u8; 32]>| -> Work {
            let of_block = |hash: &[u8; 32]| {
                let bits = *bits.get(hash).unwrap_or(&0x2100_ffff);
                Target::from_compact(CompactTarget::from_consensus(bits)).to_work()
            };
            let works = line.iter().map(of_block);
            works.reduce(|sum, work| sum + work).unwrap()
        };
        let before = self.states.clone();
        for line in &lines {
            let known = (0_u32..)
                .zip(line)
                .find_map(|(above, hash)| Some(before[hash].height? + above));
            self.states.get_mut(&line[0]).unwrap().height = known;
            let rivals = lines
                .iter()
                .filter(|rival| rival.last() == line.last() && !before[&rival[0]].stale);
            // Ties to the smaller hash: lines stand in the order of their tips.
            let best =
                rivals.reduce(|best, line| if work(line) > work(best) { line } else { best });
            let Some(best) = best else { continue };
            let stale = !best.contains(&line[0]);
            self.notes.n_stale_blocks += u64::from(stale && !before[&line[0]].stale);
            self.states.get_mut(&line[0]).unwrap().stale = stale;
        }
        for event in 0..self.events.len() {
            let hash = self.block(event);
            let row = &self.events[event].row;
            self.events[event].enters = !hash.map_or(row.stale, |hash| self.states[&hash].stale);
        }
    }

    pub(super) fn block(&self, event: usize) -> Option<[u8; 32]> {
        let event = &self.events[event];
        let block = event.row.block?;
        Some(self.held[event.segment].rows.blocks[block as usize].hash)
    }

    pub(super) fn height(&self, event: usize) -> Option<u32> {
        self.states[&self.block(event)?].height
    }

    /// Rows that describe one event.
    pub(super) fn join(&mut self) {
        let mut same: BTreeMap<(Network, [u8; 32]), Vec<usize>> = BTreeMap::new();
        for (number, event) in self.events.iter().enumerate() {
            if let Some(transaction) = event.row.transaction.filter(|_| event.enters) {
                same.entry(transaction).or_default().push(number);
            }
        }
        for rows in same.into_values() {
            let mut groups: BTreeMap<Option<[u8; 32]>, Vec<usize>> = BTreeMap::new();
            for event in rows {
                groups.entry(self.block(event)).or_default().push(event);
            }
            let n_blocks = groups.len() - usize::from(groups.contains_key(&None));
            if n_blocks > 0
                && let Some(without) = groups.remove(&None)
            {
                if n_blocks == 1 {
                    groups.values_mut().next().unwrap().extend(without);
                } else {
                    for event in without {
                        self.events[event].enters = false;
                        let record = self.named(event);
                        self.remark(format!("{record}: several blocks hold this transaction id, and the record does not say which; it is left out"));
                    }
                }
            }
            for mut group in groups.into_values() {
                group.sort_by_key(|&event| (self.held[self.events[event].segment].rank, event));
                let exhibit = self.events[group[0]].segment;
                let is_joined = group
                    .iter()
                    .any(|&event| self.events[event].segment != exhibit);
                self.notes.n_joined_events += u64::from(is_joined);
                let own = self.events[group[0]].legs.clone();
                for &other in &group[1..] {
                    self.events[other].enters = false;
                    self.events[group[0]].others.push(other);
                    if self.events[other].row.kind.has_junction() {
                        self.compare_by_position(&own, other);
                    } else {
                        self.compare_by_content(group[0], other);
                    }
                }
            }
        }
    }

    fn differs(&mut self, event: usize, what: &str) {
        let record = self.named(event);
        self.remark(format!("{record}: differs from a better source of the same transaction in {what}; the better source entered"));
    }

    fn movement(&self, leg: usize) -> (&End, &End, &AssetKey, Option<Amount>) {
        let leg = &self.legs[leg];
        (&leg.from, &leg.to, &leg.asset, leg.amount)
    }

    fn compare_by_position(&mut self, own: &[usize], other: usize) {
        let rows = self.events[other].legs.clone();
        if rows.len() != own.len() {
            return self.differs(other, "the number of inputs or outputs");
        }
        for (&leg, row) in own.iter().zip(rows) {
            self.legs[row].carrier = Some(leg);
            let stated = self.legs[row].amount;
            let is_input = self.legs[leg].kind == TransferKind::Input;
            if is_input && self.legs[leg].amount.is_none() && stated.is_some() {
                self.legs[leg].amount = stated;
                // An outpoint stands for an account that nothing names.
                if self.legs[row]
                    .from
                    .as_ref()
                    .is_some_and(|key| key[0] != 0x20)
                {
                    let from = self.legs[row].from.clone();
                    self.legs[leg].from = from;
                }
            } else if stated.is_some() && self.movement(leg) != self.movement(row) {
                self.differs(other, "an account or an amount");
            }
        }
    }

    fn compare_by_content(&mut self, primary: usize, other: usize) {
        let mut free = self.events[primary].legs.clone();
        let mut unlike = Vec::new();
        for row in self.events[other].legs.clone() {
            let same = |&leg: &usize| self.movement(leg) == self.movement(row);
            match free.iter().position(same) {
                Some(found) => self.legs[row].carrier = Some(free.remove(found)),
                None => unlike.push(row),
            }
        }
        let is_one_exhibit = self.events[primary].segment == self.events[other].segment;
        for row in unlike {
            let named = free.iter().position(|&leg| self.is_named_by(row, leg));
            if let Some(found) = named.filter(|_| !is_one_exhibit) {
                self.legs[row].carrier = Some(free.remove(found));
                continue;
            }
            let (from, to, asset, _) = self.movement(row);
            let ends = |&leg: &usize| {
                let leg = self.movement(leg);
                (leg.0, leg.1, leg.2) == (from, to, asset)
            };
            let rival = free.iter().position(ends).filter(|_| !is_one_exhibit);
            if let Some(found) = rival {
                self.legs[row].carrier = Some(free.remove(found));
                self.differs(other, "an amount");
            } else {
                self.legs[row].event = primary;
                self.events[primary].legs.push(row);
            }
        }
    }

    /// Whether a leg names the contract of what a row states by a symbol only.
    fn is_named_by(&self, row: usize, leg: usize) -> bool {
        let ((a, b, written, stated), (c, d, asset, amount)) =
            (self.movement(row), self.movement(leg));
        let (Some(stated), Some(amount)) = (stated, amount) else {
            return false;
        };
        let is_symbol = matches!(written, AssetKey::AsWritten(_)) && asset.network().is_some();
        let of = |key: &AssetKey| {
            let asset = &self.assets[key];
            let word = asset.symbol().split(' ').next().unwrap().to_owned();
            (word, u32::from(asset.decimals()))
        };
        let ((word, places), (other, more)) = (of(written), of(asset));
        let scaled = |units: i128, by: u32| units.checked_mul(10_i128.pow(by));
        let least = places.min(more);
        let left = scaled(stated.units(), more - least);
        let right = scaled(amount.units(), places - least);
        (a, b) == (c, d) && is_symbol && word == other && left.is_some() && left == right
    }
}
