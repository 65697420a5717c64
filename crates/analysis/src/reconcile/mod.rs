//! Two or more books matched one to one: which records describe one order.
//!
//! Law: a pair's weight is the prior and a sum of one term for each comparison, log2 of m ÷ u, all of which are given; a record
//! stands in at most one pair of the one-to-one result; the result is a function of the set of records and the options,
//! whatever their order and the number of threads.
//!
//! Method: candidate pairs by several passes of blocking ([`Pass`]); levels of agreement ([`Comparison`]); probabilities by
//! expectation-maximisation ([`Model`]); posteriors that know that an order has one partner; the assignment of greatest weight.
//! Sources: Fellegi, Sunter 1969; Winkler 2000; Enamorado, Fifield, Imai 2019.
//!
//! ```
//! use moneytrail_analysis::reconcile::{Options, Order, Side, reconcile};
//!
//! let mut sent = Order::new("a.csv!-!R2", 0, Side::Sent);
//! sent.token = Some("KA-00242".into());
//! let mut received = Order::new("b.csv!-!R9", 1, Side::Received);
//! received.token = Some("ka00242".into());
//! let found = reconcile(&[sent, received], &Options::default());
//! assert_eq!(found.n_compared, 1);
//! ```

mod assign;
mod block;
mod candidates;
mod classify;
pub(crate) mod compare;
mod frequency;
mod group;
mod marginal;
mod model;
mod net;
mod options;
mod order;
mod record;

pub use crate::linkage::name::{bare as bare_token, keeper};
pub use block::{Blocked, Pass};
pub use classify::{
    Absence, Beside, Classes, Difference, Kind, Netting, Other, OtherDays, Together, classify,
};
pub use compare::Comparison;
pub use model::Model;
pub use net::{Change, Discharge, Owed, Settled, Settlement, Standing, Values, owed, settled};
pub use options::Options;
pub use order::{Order, Side, Sum};

use block::Pair;
use candidates::Candidates;
use frequency::{AllBeginnings, Frequencies};
use model::Weighed;
use moneytrail_model::RuleId;
use order::Prepared;
use rayon::prelude::*;
use record::Records;
use std::collections::BTreeSet;

/// Two records describe one order, by the model.
pub const RECONCILE: RuleId = RuleId {
    name: "fellegi-sunter",
    version: 2,
};

/// A settlement discharges orders, by what they sum up to.
pub const SETTLED: RuleId = RuleId {
    name: "settled-orders",
    version: 1,
};

/// A term of a pair's weight.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Term {
    /// What was compared.
    pub comparison: Comparison,
    /// How well it agrees, 0 best; `None` if one of the two says nothing.
    pub level: Option<usize>,
    /// log2 of m ÷ u; 0 if one of the two says nothing.
    pub bits: f64,
}

/// Two records, and why they are held to be one order.
#[derive(Clone, PartialEq, Debug)]
pub struct Match {
    /// Position of the record on the sent side.
    pub sent: usize,
    /// Position of the record on the received side.
    pub received: usize,
    /// Probability that they are one order, given that each has one partner at most.
    pub posterior: f64,
    /// log2 of the odds before anything is compared.
    pub prior_bits: f64,
    /// One term for each comparison; with the prior they sum up to the pair's weight.
    pub terms: Vec<Term>,
}

impl Match {
    /// The level of a comparison.
    pub fn level(&self, comparison: Comparison) -> Option<usize> {
        let mut terms = self.terms.iter();
        terms.find(|term| term.comparison == comparison)?.level
    }
}

/// What reconciling found.
#[derive(Clone, PartialEq, Debug)]
pub struct Reconciled {
    /// One-to-one pairs with a posterior from the review threshold on, or one of two that answer a record equally well and together reach
    /// the match threshold; by the sent record's day and key, those without a day first.
    pub matches: Vec<Match>,
    /// Other pairs with a posterior of a tenth of the review threshold or more, or that weigh more than nothing and compete with a
    /// pair above. Pairs that weigh less than −12 bits are never among them.
    pub others: Vec<Match>,
    /// The model.
    pub model: Model,
    /// What each pass of blocking gave.
    pub passes: Vec<Blocked>,
    /// Pairs that were compared.
    pub n_compared: u64,
    /// Precision of the pairs given, by their posteriors.
    pub precision: Option<f64>,
    /// Share of all matches among the compared pairs that is given, by their posteriors. Matches that no pass of blocking proposes are
    /// not in it.
    pub recall: Option<f64>,
}

/// What people decided of pairs of orders, by positions, the smaller first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Decided {
    /// They are one order, the first as sent and the second as received. A record stands in one pair at most.
    pub accepted: Vec<(usize, usize)>,
    /// They are two.
    pub rejected: BTreeSet<(usize, usize)>,
}

impl Decided {
    /// Whether a person decided that these are two orders.
    pub fn is_rejected(&self, a: usize, b: usize) -> bool {
        self.rejected.contains(&(a.min(b), a.max(b)))
    }
}

/// A position or a number of records, keys or pairs, which are kept short.
fn number(n: usize) -> u32 {
    u32::try_from(n).expect("fewer than 2³²")
}

/// Thousandths of a bit: weights as the assignment adds them.
const MILLIBITS: f64 = 1000.0;

/// As [`reconcile_decided`], with nothing decided.
pub fn reconcile(orders: &[Order], options: &Options) -> Reconciled {
    reconcile_decided(orders, &Decided::default(), options)
}

/// Matches records one to one. Orders that cannot be told apart by what they say are told apart by their keys. What a person accepted is a
/// match, with a posterior of one, and its records match no others; what he rejected is none. The model learns from neither.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "probabilities; no money"
)]
pub fn reconcile_decided(orders: &[Order], decided: &Decided, options: &Options) -> Reconciled {
    // In one order, whatever that of the input; near in time is near in memory.
    let mut placed: Vec<_> = (0..orders.len())
        .map(|place| {
            let head: [u8; 8] = order::head(&orders[place].key);
            (orders[place].days, u64::from_be_bytes(head), place)
        })
        .collect();
    placed.par_sort_unstable_by(|a, b| {
        let [x, y] = [a, b].map(|of| &orders[of.2]);
        (a.0, a.1)
            .cmp(&(b.0, b.1))
            .then_with(|| (&x.key, x).cmp(&(&y.key, y)))
    });
    let places: Vec<usize> = placed.into_iter().map(|of| of.2).collect();
    let assets = order::assets(orders);
    let prepared: Vec<Prepared<'_>> = places
        .par_iter()
        .map(|&place| Prepared::new(&orders[place], &assets))
        .collect();
    let texts: Vec<Option<&str>> = prepared.iter().map(|of| of.text.as_deref()).collect();
    let (frequencies, beginnings) =
        rayon::join(|| Frequencies::of(&prepared), || AllBeginnings::of(&texts));
    let records = Records::new(&prepared, &frequencies, &beginnings);
    let (candidates, passes) = Candidates::of(&records, options);
    let (model, mut weighed) = Model::estimate(&records, &candidates, options);
    let all: f64 = weighed.iter().map(|of| of.posterior).sum();
    let ends = decided.accepted.iter().flat_map(|of| [of.0, of.1]);
    let matched: BTreeSet<usize> = ends.collect();
    weighed.retain(|of| {
        let (a, b) = (places[of.pair.0 as usize], places[of.pair.1 as usize]);
        !matched.contains(&a) && !matched.contains(&b) && !decided.is_rejected(a, b)
    });
    let millibits: Vec<(Pair, i64)> = weighed
        .iter()
        .map(|of| (of.pair, (of.bits * MILLIBITS).round() as i64))
        .collect();
    let mut taken = assign::assign(&millibits);
    let halves = even_halves(&millibits, &weighed, options);
    taken.retain(|place| {
        weighed[*place].posterior >= options.review_posterior || halves.binary_search(place).is_ok()
    });
    let taken = in_one_role(&taken, &weighed, orders.len());
    let explain = |(a, b): Pair, posterior: f64| {
        let [sent, received] = [a, b].map(|of| &records.glances[of as usize]);
        let silent = |comparison| Term {
            comparison,
            level: None,
            bits: 0.0,
        };
        let mut terms = Comparison::ALL.map(silent).to_vec();
        compare::compare(&records, sent, received, options, |of, level, rarity| {
            let term = &mut terms[of as usize];
            term.level = Some(usize::from(level));
            term.bits = model.bits(of, level, rarity);
        });
        Match {
            sent: places[a as usize],
            received: places[b as usize],
            posterior,
            prior_bits: model.prior_bits,
            terms,
        }
    };
    let right: f64 = taken.iter().map(|&place| weighed[place].posterior).sum();
    let floor = options.review_posterior / 10.0;
    let others = weighed
        .par_iter()
        .enumerate()
        .filter(|(_, of)| of.posterior >= floor || of.bits > 0.0)
        .filter(|(place, _)| taken.binary_search(place).is_err())
        .map(|(_, of)| explain(of.pair, of.posterior));
    let mut pairs: Vec<(Pair, f64)> = taken
        .iter()
        .map(|&place| (weighed[place].pair, weighed[place].posterior))
        .collect();
    let stands = |wanted: usize| {
        let found = places.iter().position(|&place| place == wanted);
        found.map(number)
    };
    for &(sent, received) in &decided.accepted {
        let pair = stands(sent).zip(stands(received));
        pairs.extend(pair.map(|pair| (pair, 1.0)));
    }
    pairs.sort_by_key(|of| of.0);
    let matches = pairs.into_par_iter().map(|of| explain(of.0, of.1));
    Reconciled {
        matches: matches.collect(),
        others: others.collect(),
        passes,
        n_compared: candidates.n,
        precision: (!taken.is_empty()).then(|| right / taken.len() as f64),
        recall: (all > 0.0).then(|| right / all),
        model,
    }
}

/// Pairs of a sent record that two received ones answer equally well, as a line copied twice does: together they are certain, so the
/// one that the assignment takes is worth a look. Ascending.
#[expect(clippy::float_arithmetic, reason = "probabilities; no money")]
fn even_halves(millibits: &[(Pair, i64)], weighed: &[Weighed], options: &Options) -> Vec<usize> {
    let mut halves = Vec::new();
    let mut first = 0;
    // Candidates ascend by their sent record.
    for star in millibits.chunk_by(|a, b| a.0.0 == b.0.0) {
        let places = first..first + star.len();
        first = places.end;
        let best = star.iter().map(|of| of.1).max();
        let even: Vec<usize> = places
            .filter(|&place| Some(millibits[place].1) == best)
            .collect();
        if let [a, b] = even[..]
            && weighed[a].posterior + weighed[b].posterior >= options.match_posterior
        {
            halves.extend([a, b]);
        }
    }
    halves
}

/// A record that may stand on either side stands on one: in its more probable pair.
fn in_one_role(taken: &[usize], weighed: &[Weighed], n: usize) -> Vec<usize> {
    let mut best = taken.to_vec();
    let posterior = |place: usize| weighed[place].posterior;
    best.par_sort_unstable_by(|&a, &b| posterior(b).total_cmp(&posterior(a)).then(a.cmp(&b)));
    let mut is_used = vec![false; n];
    best.retain(|&place| {
        let (a, b) = weighed[place].pair;
        let is_free = !is_used[a as usize] && !is_used[b as usize];
        if is_free {
            is_used[a as usize] = true;
            is_used[b as usize] = true;
        }
        is_free
    });
    best.sort_unstable();
    best
}
