//! How rare the values are on which records agree: Mohammad is weak evidence.
//!
//! Law: a value's frequency is its share among all records that state such a value; agreement on it weighs
//! m ÷ that share (Winkler 2000).
use super::order::{Prepared, head};
use crate::linkage::name::Skeleton;
use crate::linkage::rarity::{Counts, bits};
use moneytrail_model::Amount;
use rayon::prelude::*;
use std::ops::Range;

/// Counts of values among all records.
#[derive(Debug, Default)]
pub(super) struct Frequencies<'a> {
    pub(super) amounts: Counts<(u32, Amount)>,
    pub(super) tokens: Counts<&'a str>,
    pub(super) phones: Counts<&'a str>,
    /// Of senders, of beneficiaries: whole names, and their words.
    pub(super) names: [Counts<&'a str>; 2],
    pub(super) words: [Counts<&'a str>; 2],
    pub(super) places: Counts<&'a str>,
}

/// How rare a memo's beginnings of whole words are, by their length in bytes, ascending; the last is the whole memo.
pub(super) type Beginnings = [(u32, f32)];

impl<'a> Frequencies<'a> {
    pub(super) fn of(orders: &'a [Prepared<'a>]) -> Self {
        let mut all = Self::default();
        all.amounts.of.reserve(orders.len());
        for order in orders {
            all.amounts.add(order.sums.iter().copied());
            all.phones
                .add(order.order.phones.iter().map(|phone| &**phone));
            let Some(words) = &order.words else { continue };
            all.tokens.add(words.token.as_deref());
            for (of, name) in [&words.sender, &words.beneficiary].into_iter().enumerate() {
                let Some(name) = name else { continue };
                all.names[of].add([name.whole()]);
                all.words[of].add(name.words().iter().map(|word| &**word));
            }
            all.places.add(words.place.as_ref().map(Skeleton::whole));
        }
        all
    }
}

/// Of memos that begin as this one does in so many bytes, which are whole words or all of it. O(log words).
pub(super) fn of_beginning(known: &Beginnings, n_bytes: usize) -> f32 {
    let place = known.partition_point(|of| (of.0 as usize) < n_bytes);
    known.get(place).map_or(0.0, |of| of.1)
}

/// How rare the beginnings of all memos are.
#[derive(Debug)]
pub(super) struct AllBeginnings {
    known: Vec<(u32, f32)>,
    /// Where those of each record begin; behind the last, where they end.
    offsets: Vec<usize>,
}

impl AllBeginnings {
    /// Among sorted memos those with one beginning stand together, so that each word of each memo is looked at once.
    /// O(n log n + words).
    pub(super) fn of(texts: &[Option<&str>]) -> Self {
        let stated = texts.iter().enumerate();
        // By their heads first, which are at hand.
        let mut sorted: Vec<(u64, &str, usize)> = stated
            .filter_map(|(place, text)| Some((u64::from_be_bytes(head((*text)?)), (*text)?, place)))
            .collect();
        sorted.par_sort_unstable();
        let n_all = small(sorted.len());
        let mut offsets = Vec::with_capacity(texts.len() + 1);
        offsets.push(0);
        for text in texts {
            let n_known = text.map_or(0, n_beginnings);
            offsets.push(offsets[offsets.len() - 1] + n_known);
        }
        let mut known = vec![(0, 0.0); offsets[texts.len()]];
        // Memos that begin alike, how many bytes they are known to share, and how many words those are.
        let mut open: Vec<(Range<usize>, usize, usize)> = vec![(0..sorted.len(), 0, 0)];
        while let Some((group, from, n_words)) = open.pop() {
            let mut first = group.start;
            while first < group.end {
                let text = sorted[first].1;
                let end = end_of_word(text, from);
                let rest = &sorted[first..group.end];
                let n = rest.partition_point(|other| other.1.starts_with(&text[..end]));
                // A whole memo is the beginning of others too, that go on in another word.
                let is_whole = end == text.len();
                let n_alike = if is_whole {
                    rest.partition_point(|other| other.1 == text)
                } else {
                    n
                };
                let of_these = (small(end), bits(small(n), n_all));
                for of in &rest[..n_alike] {
                    known[offsets[of.2] + n_words] = of_these;
                }
                if !is_whole {
                    open.push((first..first + n, end, n_words + 1));
                }
                first += n_alike;
            }
        }
        Self { known, offsets }
    }

    /// Of the memo in a place; of one that is not there nothing.
    pub(super) fn at(&self, place: usize) -> &Beginnings {
        &self.known[self.offsets[place]..self.offsets[place + 1]]
    }
}

/// How many beginnings of whole words a memo has, the whole one among them.
fn n_beginnings(text: &str) -> usize {
    text.matches(' ').count() + usize::from(!text.ends_with(' '))
}

/// Behind the space that ends a word; the end of the memo behind its last.
fn end_of_word(text: &str, from: usize) -> usize {
    let space = text.as_bytes()[from..]
        .iter()
        .position(|&byte| byte == b' ');
    space.map_or(text.len(), |at| from + at + 1)
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn beginnings_are_those_that_counting_finds(texts in prop::collection::vec("[ab]{1,2}( [ab]{1,2}){0,3}", 1..20)) {
            let stated: Vec<Option<&str>> = texts.iter().map(|text| Some(&**text)).chain([None]).collect();
            let all = AllBeginnings::of(&stated);
            prop_assert!(all.at(texts.len()).is_empty());
            let n_all = u32::try_from(texts.len()).unwrap();
            for (place, text) in texts.iter().enumerate() {
                let ends = text.match_indices(' ').map(|(at, _)| at + 1).chain([text.len()]);
                let counted: Vec<(u32, f32)> = ends
                    .map(|end| {
                        let n = texts.iter().filter(|other| other.starts_with(&text[..end])).count();
                        (u32::try_from(end).unwrap(), bits(u32::try_from(n).unwrap(), n_all))
                    })
                    .collect();
                prop_assert_eq!(all.at(place), &counted);
            }
        }
    }
}
