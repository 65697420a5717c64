//! Payments of about one amount by many to one payee, which something else than the amount tells to be a migrant's fee.
//!
//! Laws. Amounts and numbers alone never fire: beside so many distinct payers within a window, whose payments in a fee band vary by no more than a
//! part of their mean, there must be milestones (payments that are parts of deposits released in parts), words of routes in the rows, or a
//! payee who is identified otherwise; how many of each is a parameter. Payees and payers who are known to be family or shops are left out. Windows
//! of a payee that overlap are one episode, of which the one with most payers stands.
//!
//! Method: all payments in a band, and then those in each of overlapping classes of amounts whose ends are so close that any set inside varies little
//! enough, slide through the window. O(n · classes).

use super::{BookOptions, dealt};
use crate::patterns::window::{Distinct, Episodes, numbered};
use std::collections::BTreeMap;
use std::ops::Range;

/// A payment that a row states.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Payment {
    /// Number of who is paid.
    pub payee: u32,
    /// Number of who pays.
    pub payer: u32,
    /// Number of the currency.
    pub currency: u32,
    /// Days since 1970.
    pub day: i32,
    /// Hundredths of the currency.
    pub hundredths: u128,
    /// Whether it is a part of a deposit that is released in several.
    pub is_milestone: bool,
    /// Whether its row has a word of a route.
    pub has_word: bool,
}

/// What tells beside the amounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// Payments that are milestones.
    pub n_milestones: usize,
    /// Rows with words of routes.
    pub n_words: usize,
    /// Whether the payee is identified otherwise.
    pub is_identified: bool,
}

impl Evidence {
    fn suffices(&self, options: &BookOptions) -> bool {
        let n = options.fee_evidence_min as usize;
        self.is_identified || self.n_milestones >= n || self.n_words >= n
    }
}

/// Payments that may be fees.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fees {
    /// Who is paid.
    pub payee: u32,
    /// Positions of the payments, by day.
    pub payments: Vec<usize>,
    /// Distinct payers.
    pub n_payers: u32,
    /// Mean in hundredths.
    pub mean: u128,
    /// Spread ÷ mean, in thousandths, rounded up.
    pub cv_permille: u32,
    /// What tells beside.
    pub evidence: Evidence,
    /// Positions of the bands that have the mean.
    pub bands: Vec<usize>,
}

/// A fee band.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Band {
    /// Of what way.
    pub route: String,
    /// Least and most, whole units of a currency.
    pub from: u64,
    /// Most.
    pub to: u64,
    /// When it was asked for, as its source says.
    pub as_of: String,
}

impl Band {
    fn has(&self, hundredths: u128) -> bool {
        (u128::from(self.from) * 100..=u128::from(self.to) * 100).contains(&hundredths)
    }
}

/// Sums of the payments inside of a window.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    n: u128,
    sum: u128,
    squares: u128,
}

impl Sums {
    /// Whether the spread is at most so many thousandths of the mean: n Σx² − (Σx)² ≤ c² (Σx)². No band holds an amount that is too large for this.
    fn is_even(&self, permille: u32) -> bool {
        let mean_squared = self.sum.checked_mul(self.sum);
        let spread = self.n.checked_mul(self.squares).zip(mean_squared);
        let spread = spread.and_then(|(squares, mean)| Some((squares.checked_sub(mean)?, mean)));
        let permille = u128::from(permille);
        let parts = spread.and_then(|(spread, mean)| {
            spread
                .checked_mul(1_000_000)
                .zip(mean.checked_mul(permille * permille))
        });
        parts.is_some_and(|(spread, most)| spread <= most)
    }
}

/// Payees, those with most payers first. `identified` says whether a payee is, otherwise.
pub fn fees(
    payments: &[Payment],
    identified: &[bool],
    bands: &[Band],
    options: &BookOptions,
) -> Vec<Fees> {
    let mut by_payee: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
    for (at, payment) in payments.iter().enumerate() {
        if bands.iter().any(|band| band.has(payment.hundredths)) {
            let key = (payment.payee, payment.currency);
            by_payee.entry(key).or_default().push(at);
        }
    }
    let mut found = Vec::new();
    for ((payee, _), mut row) in by_payee {
        row.sort_by_key(|&at| (payments[at].day, at));
        let is_identified = identified.get(payee as usize).copied().unwrap_or(false);
        let mut of_payee = Vec::new();
        for class in classes(bands, options) {
            let inside = |at: &&usize| class.contains(&payments[**at].hundredths);
            let inside: Vec<usize> = row.iter().filter(inside).copied().collect();
            for window in windows(payments, &inside, options) {
                let list = inside[window].to_vec();
                let of = described(payments, payee, list, is_identified, bands);
                if of.evidence.suffices(options) {
                    of_payee.push(of);
                }
            }
        }
        // The strongest first; what shares a payment with one that stands falls.
        of_payee.sort_by(|a, b| {
            b.n_payers
                .cmp(&a.n_payers)
                .then_with(|| a.payments.cmp(&b.payments))
        });
        let mut taken = std::collections::BTreeSet::new();
        of_payee.retain(|of| {
            let is_free = of.payments.iter().all(|at| !taken.contains(at));
            if is_free {
                taken.extend(of.payments.iter().copied());
            }
            is_free
        });
        found.extend(of_payee);
    }
    found.sort_by(|a, b| {
        b.n_payers
            .cmp(&a.n_payers)
            .then_with(|| a.payments.cmp(&b.payments))
    });
    found
}

/// All amounts, then classes from the least of all bands on, each a part above the one before and as wide as amounts may be that vary little enough.
fn classes(bands: &[Band], options: &BookOptions) -> Vec<std::ops::RangeInclusive<u128>> {
    let least = bands
        .iter()
        .map(|band| u128::from(band.from) * 100)
        .min()
        .unwrap_or(0)
        .max(1);
    let most = bands
        .iter()
        .map(|band| u128::from(band.to) * 100)
        .max()
        .unwrap_or(0);
    let cv = u128::from(options.fee_cv_permille.clamp(1, 999));
    let mut classes = vec![0..=most];
    let mut from = least;
    while from <= most {
        // Two values, each half of a set, vary most: by (b − a) ÷ (b + a).
        classes.push(from..=from * (1000 + cv) / (1000 - cv));
        from += (from * cv / 1000).max(1);
    }
    classes
}

/// The windows of a row that have enough payers and vary little enough.
fn windows(payments: &[Payment], row: &[usize], options: &BookOptions) -> Vec<Range<usize>> {
    let (payers, n_payers) = numbered(row.iter().map(|&at| payments[at].payer));
    let mut distinct = Distinct::new(n_payers);
    let mut sums = Sums::default();
    let mut episodes = Episodes::new();
    let mut start = 0;
    for (last, &at) in row.iter().enumerate() {
        let amount = payments[at].hundredths;
        distinct.enter(payers[last]);
        sums.n += 1;
        sums.sum += amount;
        sums.squares += amount * amount;
        while i64::from(payments[at].day) - i64::from(payments[row[start]].day)
            > i64::from(options.fee_days)
        {
            let amount = payments[row[start]].hundredths;
            distinct.leave(payers[start]);
            sums.n -= 1;
            sums.sum -= amount;
            sums.squares -= amount * amount;
            start += 1;
        }
        if distinct.n() >= options.fee_n_min && sums.is_even(options.fee_cv_permille) {
            episodes.tell(start..last + 1, distinct.n());
        }
    }
    episodes.done().into_iter().map(|of| of.0).collect()
}

fn described(
    payments: &[Payment],
    payee: u32,
    list: Vec<usize>,
    is_identified: bool,
    bands: &[Band],
) -> Fees {
    let mut sums = Sums::default();
    let mut payers: Vec<u32> = Vec::new();
    for &at in &list {
        let amount = payments[at].hundredths;
        sums.n += 1;
        sums.sum += amount;
        sums.squares += amount * amount;
        payers.push(payments[at].payer);
    }
    payers.sort_unstable();
    payers.dedup();
    let mean = sums.sum / sums.n.max(1);
    let count = |is: fn(&Payment) -> bool| list.iter().filter(|&&at| is(&payments[at])).count();
    let has = |of: &(usize, &Band)| of.1.has(mean);
    Fees {
        payee,
        n_payers: u32::try_from(payers.len()).unwrap_or(u32::MAX),
        mean,
        cv_permille: (0..1000)
            .find(|&permille| sums.is_even(permille))
            .unwrap_or(1000),
        evidence: Evidence {
            n_milestones: count(|of| of.is_milestone),
            n_words: count(|of| of.has_word),
            is_identified,
        },
        bands: bands
            .iter()
            .enumerate()
            .filter(has)
            .map(|of| of.0)
            .collect(),
        payments: list,
    }
}

/// The payments with their days dealt anew.
pub fn redated(payments: &[Payment], seed: u64, nth: u32) -> Vec<Payment> {
    let other = dealt(payments.iter().map(|_| 0), seed, nth);
    let dated = payments.iter().zip(other);
    dated
        .map(|(payment, other)| Payment {
            day: payments[other].day,
            ..*payment
        })
        .collect()
}
