//! How rare values are: agreement on what many state is weak evidence (Winkler 2000).
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "logarithms of shares; no money"
)]

use rustc_hash::FxHashMap;

/// Counts of one kind of value.
#[derive(Debug)]
pub(crate) struct Counts<K> {
    /// Records that state such a value.
    pub(crate) n: u32,
    /// Records that state this value.
    pub(crate) of: FxHashMap<K, u32>,
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self {
            n: 0,
            of: FxHashMap::default(),
        }
    }
}

impl<K: std::hash::Hash + Eq> Counts<K> {
    /// Counts what one record states.
    pub(crate) fn add(&mut self, values: impl IntoIterator<Item = K>) {
        let mut is_stated = false;
        for value in values {
            is_stated = true;
            *self.of.entry(value).or_default() += 1;
        }
        self.n += u32::from(is_stated);
    }

    /// −log2 of the share of the records that state this value; of what none states, as if one did.
    pub(crate) fn rarity(&self, value: &K) -> f32 {
        bits(self.of.get(value).copied().unwrap_or(1), self.n)
    }
}

/// −log2 of a share.
pub(crate) fn bits(n: u32, of: u32) -> f32 {
    (of.max(n).max(1) as f32 / n.max(1) as f32).log2()
}
