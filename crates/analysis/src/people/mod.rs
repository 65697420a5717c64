//! Mentions of people become persons: one person across books, hands and scripts.
//!
//! Laws. A merge's weight is a sum of one term for each comparison, all of which are given, and the prior or what matched orders tie;
//! it is a claim, never a fact. No person bears two documents, two fathers' names or both parts of one order, nor what people
//! said are two. A chain of weak likenesses joins nobody: each merge is weighed by all that both groups say. The result is a function
//! of the set of mentions, ties, decisions and options, whatever their order and the number of threads.
//!
//! Method: candidate pairs by passes of blocking ([`Pass`]); levels of agreement ([`Comparison`]); probabilities by
//! expectation-maximisation ([`Model`]); then groups are joined, the two of greatest weight first, and weighed anew after each merge.
//! Sources: Fellegi, Sunter 1969; Winkler 2000; Bhattacharya, Getoor 2007 (collective resolution by agglomeration).
//!
//! ```
//! use moneytrail_analysis::people::{Mention, Options, Party, people};
//!
//! let mut a = Mention::new("a.csv!-!R2C3", 1, Party::Sender, "رحمت الله");
//! a.phones = vec!["712345678".into()];
//! let mut b = Mention::new("b.csv!-!R9C4", 2, Party::Sender, "rahmat ullah");
//! b.phones = a.phones.clone();
//! let found = people(&[a, b], &[], &[], &Options::default());
//! assert_eq!(found.n_compared, 1);
//! ```

mod block;
mod compare;
mod group;
mod join;
mod mention;
mod model;
mod name;
mod options;
mod search;

pub use block::{Blocked, Pass};
pub use compare::Comparison;
pub use group::Bar;
pub use mention::{Decision, Mention, Party, Tie};
pub use model::Model;
pub use options::Options;
pub use search::{NameHit, NameQuery};

use block::Pair;
use compare::{Frequencies, Judge};
use group::MILLIBITS;
use moneytrail_model::{RuleId, Stop, Watch};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Mentions are of one person, by the model.
pub const SAME_PERSON: RuleId = RuleId {
    name: "same-person",
    version: 2,
};

/// A term of a merge's weight.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Term {
    /// What was compared.
    pub comparison: Comparison,
    /// How well it agrees, 0 best; `None` if one of the two says nothing.
    pub level: Option<usize>,
    /// log2 of m ÷ u; 0 if one of the two says nothing.
    pub bits: f64,
}

/// Two groups of mentions, and why they are, or may be, one person.
#[derive(Clone, PartialEq, Debug)]
pub struct Merge {
    /// The mention of each that agree best.
    pub mentions: [usize; 2],
    /// How many mentions each group has.
    pub sizes: [usize; 2],
    /// Probability that they are one person; 1 where a person said so.
    pub posterior: f64,
    /// log2 of the odds before anything is compared; 0 where orders tie them.
    pub prior_bits: f64,
    /// What matched orders weigh that have a mention of each at one place.
    pub order_bits: f64,
    /// What it loses because one of the two may as well be somebody else; not above 0.
    pub rival_bits: f64,
    /// One term for each comparison.
    pub terms: Vec<Term>,
    /// Whether a person decided it.
    pub is_decided: bool,
    /// What keeps them apart.
    pub bar: Option<Bar>,
}

/// What was found.
#[derive(Clone, PartialEq, Debug)]
pub struct People {
    /// Mentions of each person by position, ascending by key; persons ascend by their first key.
    pub persons: Vec<Vec<usize>>,
    /// Merges, in the order in which they were made: a forest whose trees are the persons.
    pub merges: Vec<Merge>,
    /// Pairs of persons from the review threshold on that were not merged; the likeliest first.
    pub held: Vec<Merge>,
    /// The model.
    pub model: Model,
    /// What each pass of blocking gave.
    pub passes: Vec<Blocked>,
    /// Pairs that were compared.
    pub n_compared: u64,
}

impl People {
    /// The merges that join two mentions, from one to the other; `None` if they are two persons. O(merges).
    pub fn chain(&self, a: usize, b: usize) -> Option<Vec<&Merge>> {
        let mut at: FxHashMap<usize, Vec<(usize, usize)>> = FxHashMap::default();
        for (place, merge) in self.merges.iter().enumerate() {
            let [x, y] = merge.mentions;
            at.entry(x).or_default().push((y, place));
            at.entry(y).or_default().push((x, place));
        }
        let mut came_by: FxHashMap<usize, (usize, usize)> = FxHashMap::default();
        let mut stack = vec![b];
        while let Some(here) = stack.pop().filter(|&here| here != a) {
            for &(next, merge) in at.get(&here).map_or(&[][..], Vec::as_slice) {
                if next != b && !came_by.contains_key(&next) {
                    came_by.insert(next, (here, merge));
                    stack.push(next);
                }
            }
        }
        let (mut chain, mut here) = (Vec::new(), a);
        while here != b {
            let &(next, merge) = came_by.get(&here)?;
            chain.push(&self.merges[merge]);
            here = next;
        }
        Some(chain)
    }
}

/// Says which mentions are of one person.
///
/// Ties and decisions name mentions by position. O(n log n + pairs) comparisons, and for each merge as many as the two groups have
/// neighbours.
pub fn people(
    mentions: &[Mention],
    ties: &[Tie],
    decisions: &[Decision],
    options: &Options,
) -> People {
    people_watched(mentions, ties, decisions, options, &()).expect("nobody has it end")
}

/// As [`people`], of which `watch` may have it end.
///
/// # Errors
/// Why it ended; there is no part of a result then.
pub fn people_watched(
    mentions: &[Mention],
    ties: &[Tie],
    decisions: &[Decision],
    options: &Options,
    watch: &dyn Watch,
) -> Result<People, Stop> {
    // In one order, whatever that of the input.
    let mut places: Vec<usize> = (0..mentions.len()).collect();
    places.par_sort_unstable_by(|&a, &b| {
        let (x, y) = (&mentions[a], &mentions[b]);
        x.key.cmp(&y.key).then_with(|| x.cmp(y))
    });
    let mut ranks = vec![0_u32; places.len()];
    for (rank, &place) in (0_u32..).zip(&places) {
        ranks[place] = rank;
    }
    let sorted: Vec<&Mention> = places.iter().map(|&place| &mentions[place]).collect();
    let (prepared, values) = mention::prepare(&sorted);
    let ranked = |[a, b]: [usize; 2]| -> Pair {
        let (a, b) = (ranks[a], ranks[b]);
        (a.min(b), a.max(b))
    };
    let mut tied: FxHashMap<Pair, f64> = FxHashMap::default();
    for tie in ties.iter().filter(|tie| tie.mentions[0] != tie.mentions[1]) {
        let held = tied.entry(ranked(tie.mentions)).or_default();
        *held = held.max(tie.posterior);
    }
    let orders = join::orders(&sorted, &tied);
    watch.check()?;
    let (mut pairs, passes) = block::pairs(&prepared, &values, options, watch)?;
    let mut extra: Vec<Pair> = tied.keys().copied().collect();
    extra.sort_unstable();
    pairs.extend(extra);
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs.retain(|&(a, b)| {
        let of = |place: u32| (orders[place as usize], sorted[place as usize].party);
        let (a, b) = (of(a), of(b));
        a.0 != b.0 || a.1 == b.1
    });
    let parties: Vec<Party> = sorted.iter().map(|mention| mention.party).collect();
    let said: Vec<(Pair, bool)> = decisions
        .iter()
        .filter(|said| said.mentions[0] != said.mentions[1])
        .map(|said| (ranked(said.mentions), said.is_same))
        .collect();
    let frequencies = Frequencies::of(&prepared, &values);
    let judge = Judge {
        values: &values,
        frequencies: &frequencies,
        options,
    };
    let candidates = model::candidates(&prepared, &pairs, &tied, judge, watch)?;
    let model = Model::estimate(&prepared, &candidates, judge, options, watch)?;
    let scale = group::Scale::new(judge, &model);
    let joiner = join::Joiner::new(&prepared, &orders, &parties, scale, options);
    let joined = joiner.run(&pairs, &tied, &said, watch)?;
    let back = |mut merge: Merge| {
        merge.mentions = merge.mentions.map(|rank| places[rank]);
        merge
    };
    Ok(People {
        persons: joined
            .groups
            .iter()
            .map(|group| group.iter().map(|&rank| places[rank as usize]).collect())
            .collect(),
        merges: joined.merges.into_iter().map(back).collect(),
        held: joined.held.into_iter().map(back).collect(),
        n_compared: pairs.len() as u64,
        passes,
        model,
    })
}

/// Bits out of thousandths of a bit.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "probabilities; no money"
)]
fn bits(millibits: i64) -> f64 {
    millibits as f64 / MILLIBITS
}

/// Consonants of a name, whatever its script and spacing: names that hands spell differently share them, and strangers too.
pub fn consonants(name: &str) -> Option<Box<str>> {
    name::Name::parse(name).map(|name| name.whole)
}
