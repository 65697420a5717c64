//! Many sources in one pass: a bit each.

use super::record::{Ordered, Record};
use super::sweep::{OutOfOrder, in_time_order};
use super::waiting::WaitingRoom;
use rayon::prelude::*;

/// Which node is reached from which source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reach {
    n_sources: usize,
    /// By 64 sources; then by node.
    words: Vec<Vec<u64>>,
}

impl Reach {
    /// Whether the source at a position of the list reaches a node.
    pub fn is_reached(&self, source: usize, node: u32) -> bool {
        (self.words[source / 64][node as usize] >> (source % 64)) & 1 == 1
    }

    /// How many nodes each source reaches, itself among them, in the order of the list.
    pub fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.n_sources];
        for (counts, words) in counts.chunks_mut(64).zip(&self.words) {
            for &word in words {
                let mut word = word;
                while word != 0 {
                    counts[word.trailing_zeros() as usize] += 1;
                    word &= word - 1;
                }
            }
        }
        counts
    }
}

/// [`super::reachable`] from each of many sources by itself: 64 in one pass, passes in parallel.
///
/// The bits of a node are the union over its feasible paths, so a pass is that of one source with
/// sets for flags (Then et al., *The more the merrier: efficient multi-source graph traversal*, VLDB
/// 2014); a transfer waits until it is over, because its source may gain bits more than once. O(nodes
/// + 64 · transfers) per pass, mostly far less; 8 bytes per node and pass: the result.
///
/// ```
/// use moneytrail_analysis::temporal::{Timed, reachable_many};
/// let seconds = [10, 20];
/// let (from, to) = ([1, 0], [2, 1]);
/// let record = Timed { n_nodes: 3, from: &from, to: &to, earliest: &seconds, latest: &seconds };
/// let reach = reachable_many(&record, &[0, 1], 0);
/// assert_eq!(reach.counts(), [2, 2]);
/// assert!(!reach.is_reached(0, 2), "1 had paid on before 0 paid");
/// ```
pub fn reachable_many(record: &impl Record, sources: &[u32], not_before: i64) -> Reach {
    let pass = |sources: &[u32]| {
        sweep(record, sources, not_before).unwrap_or_else(|OutOfOrder| {
            sweep(&Ordered::by_earliest(record), sources, not_before).expect("it is in order now")
        })
    };
    Reach {
        n_sources: sources.len(),
        words: sources.par_chunks(64).map(pass).collect(),
    }
}

fn sweep(record: &impl Record, sources: &[u32], not_before: i64) -> Result<Vec<u64>, OutOfOrder> {
    let mut found = vec![0_u64; record.n_nodes()];
    for (bit, &source) in sources.iter().enumerate() {
        found[source as usize] |= 1 << bit;
    }
    let mut room = WaitingRoom::new();
    let mut to_visit = Vec::new();
    in_time_order(record, not_before, |(from, to), (now, latest), is_open| {
        if is_open {
            room.push((from, to), latest, |waiting| waiting.latest >= now);
        }
        if found[from as usize] & !found[to as usize] == 0 {
            return;
        }
        found[to as usize] |= found[from as usize];
        to_visit.push(to);
        while let Some(node) = to_visit.pop() {
            for waiting in room.at(node) {
                let gained = found[node as usize] & !found[waiting.to as usize];
                if waiting.latest >= now && gained != 0 {
                    found[waiting.to as usize] |= gained;
                    to_visit.push(waiting.to);
                }
            }
        }
    })?;
    Ok(found)
}
