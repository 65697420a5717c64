//! Figures of a chain exhibit, counted block by block and added up in file order.
//!
//! Laws: figures count what was transferred, so neither stale blocks nor duplicates nor quarantined
//! ones; sums do not depend on how blocks were shared among threads.
//!
//! Inputs that spend an output of the exhibit itself are counted by a sorted merge of eight-byte
//! fingerprints of transaction ids, 16 bytes a transaction and 16 an input, up to
//! [`FINGERPRINTS_MAX`] of them (a chance below one in a million that any two are confused).
//! Beyond that bound the figure is left out; building the index resolves inputs without a bound.

use super::wire::Transaction;
use moneytrail_model::RecordCounts;
use rayon::prelude::*;

/// Bound on what is kept to count resolved inputs: 64 MiB.
const FINGERPRINTS_MAX: usize = 1 << 22;

/// Counts of a part of an exhibit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) counts: RecordCounts,
    pub(super) n_blocks: u64,
    pub(super) n_inputs: u64,
    pub(super) n_outputs: u64,
    pub(super) n_multi_input: u64,
    pub(super) n_stale_blocks: u64,
    /// Inputs whose amount undo data gives.
    pub(super) n_from_undo: u64,
    /// Blocks that count and spend something, without undo data that holds.
    pub(super) n_blocks_without_undo: u64,
    resolve: Resolve,
}

/// Fingerprints, or nothing beyond the bound.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Resolve {
    Kept {
        /// Id and number of outputs.
        made: Vec<(u64, u32)>,
        /// Id and output index.
        spent: Vec<(u64, u32)>,
    },
    TooMany,
}

impl Default for Resolve {
    fn default() -> Self {
        Self::Kept {
            made: Vec::new(),
            spent: Vec::new(),
        }
    }
}

/// Ids are hashes: eight bytes of one are as good as random.
fn fingerprint(txid: &[u8; 32]) -> u64 {
    txid.first_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Appends the later part, without a copy if it is all.
fn append(all: &mut Vec<(u64, u32)>, later: Vec<(u64, u32)>) {
    if all.is_empty() {
        *all = later;
    } else {
        all.extend(later);
    }
}

impl Tally {
    /// Counts a transaction that was transferred.
    pub(super) fn see(&mut self, txid: &[u8; 32], transaction: &Transaction<'_>) {
        self.counts.transferred += 1;
        self.n_inputs += transaction.inputs.len() as u64;
        self.n_outputs += transaction.outputs.len() as u64;
        self.n_multi_input += u64::from(transaction.inputs.len() > 1);
        if let Resolve::Kept { made, spent } = &mut self.resolve {
            let n_outputs = u32::try_from(transaction.outputs.len()).unwrap_or(u32::MAX);
            made.push((fingerprint(txid), n_outputs));
            if !transaction.is_coinbase() {
                let inputs = transaction.inputs.iter();
                spent.extend(inputs.map(|input| (fingerprint(input.txid), input.vout)));
            }
        }
    }

    /// Adds the counts of a later part.
    pub(super) fn add(&mut self, other: Self) {
        self.counts.add(other.counts);
        self.n_blocks += other.n_blocks;
        self.n_inputs += other.n_inputs;
        self.n_outputs += other.n_outputs;
        self.n_multi_input += other.n_multi_input;
        self.n_stale_blocks += other.n_stale_blocks;
        self.n_from_undo += other.n_from_undo;
        self.n_blocks_without_undo += other.n_blocks_without_undo;
        let sum = match (&mut self.resolve, other.resolve) {
            (Resolve::Kept { made, spent }, Resolve::Kept { made: m, spent: s }) => {
                append(made, m);
                append(spent, s);
                made.len() + spent.len()
            }
            _ => usize::MAX,
        };
        if sum > FINGERPRINTS_MAX {
            self.resolve = Resolve::TooMany;
        }
    }

    /// Inputs that spend an output counted here; `None` beyond the bound. O(m log m + s) for m ids
    /// made and s inputs, as long as ids are spread as hashes are.
    fn n_resolved(&mut self) -> Option<u64> {
        let Resolve::Kept { made, spent } = &mut self.resolve else {
            return None;
        };
        made.par_sort_unstable();
        // Ids of one bucket stand together: about two, so that a look-up is one or two cache lines.
        let n_bits = made.len().max(2).ilog2() - 1;
        let bucket = |id: u64| usize::try_from(id.unbounded_shr(64 - n_bits)).unwrap_or(0);
        let mut starts = vec![0_u32; (1 << n_bits) + 1];
        for &(id, _) in &*made {
            starts[bucket(id) + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let is_made = |&&(id, vout): &&(u64, u32)| {
            let at = bucket(id);
            let bucket = &made[starts[at] as usize..starts[at + 1] as usize];
            let first = bucket.partition_point(|&(other, _)| other < id);
            bucket
                .get(first)
                .is_some_and(|&(other, n_outputs)| other == id && vout < n_outputs)
        };
        Some(spent.par_iter().filter(is_made).count() as u64)
    }

    /// Figures for the summary, in order, and a remark if one of them is missing.
    pub(super) fn figures(mut self) -> (Vec<(String, u64)>, Option<String>) {
        let n_resolved = self.n_resolved();
        let figures = [
            ("blocks", Some(self.n_blocks)),
            ("transactions", Some(self.counts.transferred)),
            ("inputs", Some(self.n_inputs)),
            ("outputs", Some(self.n_outputs)),
            ("multi-input transactions", Some(self.n_multi_input)),
            ("inputs resolved inside", n_resolved),
            ("stale blocks", Some(self.n_stale_blocks)),
        ];
        let named = |(name, figure): (&str, Option<u64>)| Some((name.to_owned(), figure?));
        let remark = n_resolved.is_none().then(|| {
            format!(
                "inputs resolved inside are not counted beyond {FINGERPRINTS_MAX} transactions and \
                 inputs; the index resolves them"
            )
        });
        (figures.into_iter().filter_map(named).collect(), remark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn inputs_resolve_as_a_scan_says(
            made in prop::collection::vec((any::<u8>(), 1..4_u32), 0..40),
            spent in prop::collection::vec((any::<u8>(), 0..4_u32), 0..40),
        ) {
            // Ids that meet often, spread over all of their range.
            let id = |byte: u8| u64::from(byte % 32) << 59 | u64::from(byte / 32);
            let made: Vec<_> = made.into_iter().map(|(byte, n)| (id(byte), n)).collect();
            let spent: Vec<_> = spent.into_iter().map(|(byte, n)| (id(byte), n)).collect();
            let resolves = |&&(id, vout): &&(u64, u32)| {
                let same = made.iter().filter(|(other, _)| *other == id);
                same.map(|&(_, n)| n).min().is_some_and(|n| vout < n)
            };
            let expected = spent.iter().filter(resolves).count() as u64;
            let resolve = Resolve::Kept { made: made.clone(), spent: spent.clone() };
            let mut tally = Tally { resolve, ..Tally::default() };
            prop_assert_eq!(tally.n_resolved(), Some(expected));
        }
    }
}
