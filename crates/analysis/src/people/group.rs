//! A group of mentions that are held to be one person, and what speaks for and against two groups being one.
//!
//! Law: the evidence of two groups is that of all their mentions, each kind once: a bare name agrees with two full names of which no
//! two agree, and yet they stay apart. All in thousandths of a bit, so that the order of sums changes nothing.
//!
//! Method. Names: as in complete linkage, the worst pair of spellings decides; if none is worse than a part of the other, the best one
//! weighs. Father, phones, document: what the groups state at all. Home: the mean over all pairs. Partners: one in common, less what
//! the number of pairs makes likely. Orders that two books tell of tie mentions whatever their spelling: each tie weighs its own odds,
//! in place of the prior, of home, partner and of what agreement of names was used to find it.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "probabilities; no money"
)]

use super::block::Pair;
use super::compare::{Comparison, Found, Judge, N, shared};
use super::mention::{Party, Prepared};
use super::model::Model;
use super::name::{Likeness, Title};
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};

/// Orders by which one is known; more make him no likelier.
const N_ORDERS_MOST: usize = 16;
/// Names that agree no better are of two people of one family, or of none.
const KIN: u8 = Likeness::WordInCommon as u8;
/// Thousandths of a bit.
pub(super) const MILLIBITS: f64 = 1000.0;

/// What joins two groups.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    /// What the orders that tie them weigh.
    pub(super) tie: i64,
    /// The pair of mentions that agrees best, and its weight.
    pub(super) witness: Pair,
    pub(super) witness_weight: i64,
    pub(super) standing: Standing,
}

impl Link {
    /// The one whose witness weighs more; this one if they weigh the same.
    pub(super) const fn better<'a>(&'a self, other: &'a Self) -> &'a Self {
        if other.witness_weight > self.witness_weight {
            other
        } else {
            self
        }
    }
}

/// What is kept of what two groups weigh as they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Standing {
    pub(super) total: i64,
    pub(super) is_barred: bool,
    /// Whether a comparison speaks against their being one.
    pub(super) is_spoken_against: bool,
}

/// A group.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    /// Ascending.
    pub(super) members: Vec<u32>,
    /// Names and how many mentions bear them.
    names: BTreeMap<u32, u32>,
    titles: BTreeSet<Title>,
    fathers: BTreeSet<u32>,
    phones: BTreeSet<u32>,
    id_nos: BTreeSet<u32>,
    homes: BTreeMap<u32, u32>,
    partners: BTreeSet<u32>,
    /// Orders, and as whom the person stands in them.
    orders: BTreeSet<(u32, Party)>,
    /// Mentions that people said are of another person.
    pub(super) apart: BTreeSet<u32>,
    /// Groups that it is linked to, ascending, and the numbers of the links.
    pub(super) links: Vec<(u32, u32)>,
    /// How often it grew.
    pub(super) stamp: u32,
}

/// Why two groups cannot be one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Bar {
    /// They are the two parties of one order.
    OneOrder,
    /// Their fathers' names are different.
    Fathers,
    /// Their documents are different.
    Documents,
    /// A person said so.
    Decision,
}

/// What two groups weigh.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Weighed {
    pub(super) prior: i64,
    pub(super) tie: i64,
    /// Levels and weights by comparison.
    pub(super) terms: [(Option<u8>, i64); N],
    pub(super) bar: Option<Bar>,
}

impl Weighed {
    pub(super) fn total(&self) -> i64 {
        self.prior + self.tie + self.terms.iter().map(|term| term.1).sum::<i64>()
    }

    pub(super) fn standing(&self) -> Standing {
        /// What speaks against two being one, from here on.
        const AGAINST: i64 = -2 * MILLIBITS as i64;
        Standing {
            total: self.total(),
            is_barred: self.bar.is_some(),
            is_spoken_against: self.terms.iter().any(|term| term.1 <= AGAINST),
        }
    }
}

impl Group {
    pub(super) fn of(place: u32, mention: &Prepared, order: u32, party: Party) -> Self {
        Self {
            members: vec![place],
            titles: mention.title.into_iter().collect(),
            fathers: mention.father.into_iter().collect(),
            phones: mention.phones.iter().copied().collect(),
            id_nos: mention.id_no.into_iter().collect(),
            homes: mention.home.into_iter().map(|home| (home, 1)).collect(),
            partners: mention.partner.into_iter().collect(),
            orders: BTreeSet::from([(order, party)]),
            names: mention.names.iter().map(|&name| (name, 1)).collect(),
            ..Self::default()
        }
    }

    /// The number of its link to a group.
    pub(super) fn link(&self, other: u32) -> Option<u32> {
        let found = self.links.binary_search_by_key(&other, |of| of.0);
        found.ok().map(|at| self.links[at].1)
    }

    pub(super) fn enter_link(&mut self, other: u32, link: u32) {
        let at = self.links.partition_point(|of| of.0 < other);
        self.links.insert(at, (other, link));
    }

    pub(super) fn unlink(&mut self, other: u32) {
        if let Ok(at) = self.links.binary_search_by_key(&other, |of| of.0) {
            self.links.remove(at);
        }
    }

    /// Takes in what another group says; links are the caller's.
    pub(super) fn absorb(&mut self, other: Self) {
        self.members.extend(other.members);
        self.members.sort_unstable();
        for (counts, more) in [
            (&mut self.names, other.names),
            (&mut self.homes, other.homes),
        ] {
            for (value, n) in more {
                *counts.entry(value).or_default() += n;
            }
        }
        self.titles.extend(other.titles);
        self.fathers.extend(other.fathers);
        self.phones.extend(other.phones);
        self.id_nos.extend(other.id_nos);
        self.partners.extend(other.partners);
        self.orders.extend(other.orders);
        self.apart.extend(other.apart);
        self.stamp += 1;
    }
}

/// Weighs groups by a model.
#[derive(Debug)]
pub(super) struct Scale<'a> {
    pub(super) judge: Judge<'a>,
    pub(super) model: &'a Model,
}

impl<'a> Scale<'a> {
    pub(super) fn new(judge: Judge<'a>, model: &'a Model) -> Self {
        Self { judge, model }
    }

    fn bits(&self, of: Comparison, found: Found) -> i64 {
        (self.model.bits(of, found.0, found.1) * MILLIBITS).round() as i64
    }

    /// What two groups weigh.
    pub(super) fn weigh(&self, a: &Group, b: &Group, tie: i64) -> Weighed {
        let mut terms = [(None, 0); N];
        let mut put = |of: Comparison, found: Option<(u8, i64)>| {
            if let Some((level, bits)) = found {
                terms[of as usize] = (Some(level), bits);
            }
        };
        put(Comparison::Name, self.name(a, b));
        let titles = a
            .titles
            .iter()
            .flat_map(|&x| b.titles.iter().map(move |&y| (x, y)));
        let title = titles.map(|(x, y)| self.judge.titles(x, y)).reduce(better);
        put(
            Comparison::Title,
            title.map(|found| (found.0, self.bits(Comparison::Title, found))),
        );
        let fathers = pairs(&a.fathers, &b.fathers).map(|(x, y)| self.judge.fathers(x, y));
        let father = fathers.reduce(better);
        put(
            Comparison::Father,
            father.map(|found| (found.0, self.bits(Comparison::Father, found))),
        );
        let are_stated = |a: &BTreeSet<u32>, b: &BTreeSet<u32>| !a.is_empty() && !b.is_empty();
        let phone = shared(
            are_stated(&a.phones, &b.phones),
            a.phones.intersection(&b.phones),
            |phone| self.judge.frequencies.phone(phone),
        );
        put(
            Comparison::Phone,
            phone.map(|found| (found.0, self.bits(Comparison::Phone, found))),
        );
        let id_no = shared(
            are_stated(&a.id_nos, &b.id_nos),
            a.id_nos.intersection(&b.id_nos),
            |_| 20.0,
        );
        put(
            Comparison::IdNo,
            id_no.map(|found| (found.0, self.bits(Comparison::IdNo, found))),
        );
        put(Comparison::Home, self.home(a, b));
        put(Comparison::Partner, self.partner(a, b));
        // A family shares father, telephones and home: of two names that are not one they make kin, and no person.
        let is_kin = terms[Comparison::Name as usize]
            .0
            .is_some_and(|level| level >= KIN);
        for of in [Comparison::Father, Comparison::Phone, Comparison::Home] {
            if is_kin {
                terms[of as usize].1 = terms[of as usize].1.min(0);
            }
        }
        let bar = Self::bar(a, b, father, id_no);
        // One who is named often is likelier meant, as where people are drawn with what they were drawn before (Pitman 2006).
        let n_orders = a.orders.len().max(b.orders.len()).min(N_ORDERS_MOST) as f64;
        let mut prior = ((self.model.prior_bits + n_orders.log2()) * MILLIBITS).round() as i64;
        if tie != 0 {
            prior = 0;
            for of in [Comparison::Name, Comparison::Home, Comparison::Partner] {
                terms[of as usize].1 = terms[of as usize].1.min(0);
            }
        }
        Weighed {
            prior,
            tie,
            terms,
            bar,
        }
    }

    fn bar(a: &Group, b: &Group, father: Option<Found>, id_no: Option<Found>) -> Option<Bar> {
        let (few, many) = if a.orders.len() <= b.orders.len() {
            (a, b)
        } else {
            (b, a)
        };
        let is_other_party = |&(order, party): &(u32, Party)| {
            let other = match party {
                Party::Sender => Party::Beneficiary,
                Party::Beneficiary => Party::Sender,
            };
            many.orders.contains(&(order, other))
        };
        let is_apart =
            |a: &Group, b: &Group| a.apart.iter().any(|of| b.members.binary_search(of).is_ok());
        if is_apart(a, b) || is_apart(b, a) {
            Some(Bar::Decision)
        } else if id_no.is_some_and(|found| found.0 == 1) {
            Some(Bar::Documents)
        } else if father.is_some_and(|found| found.0 == 2) {
            Some(Bar::Fathers)
        } else if few.orders.iter().any(is_other_party) {
            Some(Bar::OneOrder)
        } else {
            None
        }
    }

    fn name(&self, a: &Group, b: &Group) -> Option<(u8, i64)> {
        /// The worst level that still is one name.
        const PART: u8 = Likeness::Part as u8;
        /// The worst level that a slip of the pen makes.
        const SIMILAR: u8 = Likeness::Similar as u8;
        let found: SmallVec<[Found; 16]> = a
            .names
            .keys()
            .flat_map(|&x| b.names.keys().map(move |&y| (x, y)))
            .map(|(x, y)| self.judge.names(x, y))
            .collect();
        // Of two names that a person is known by, that which the other does not bear needs not be borne.
        let at = |of_a: usize, of_b: usize| found[of_a * b.names.len() + of_b];
        let is_other = |name: u32, alias: u32, level: u8| self.judge.names(alias, name).0 >= level;
        let is_known = |(at_a, x): (usize, u32), (at_b, y): (usize, u32), level: u8| {
            let mut of_a = a.names.keys().enumerate();
            let mut of_b = b.names.keys().enumerate();
            of_a.any(|(nth, &alias)| at(nth, at_b).0 <= PART && is_other(x, alias, level))
                || of_b.any(|(nth, &alias)| at(at_a, nth).0 <= PART && is_other(y, alias, level))
        };
        let (mut worst, mut best, mut worst_bits, mut sum, mut n) =
            (0, (i64::MIN, 0), i64::MAX, 0, 0);
        for (at_a, (&x, &n_x)) in a.names.iter().enumerate() {
            for (at_b, (&y, &n_y)) in b.names.iter().enumerate() {
                let found = at(at_a, at_b);
                if found.0 > SIMILAR && is_known((at_a, x), (at_b, y), found.0) {
                    continue;
                }
                let bits = self.bits(Comparison::Name, found);
                let weight = i64::from(n_x) * i64::from(n_y);
                worst = worst.max(found.0);
                best = best.max((bits, found.0));
                worst_bits = worst_bits.min(bits);
                sum += bits * weight;
                n += weight;
            }
        }
        if n == 0 {
            return None;
        }
        Some(match worst {
            0..=PART => (best.1, best.0),
            _ if worst <= SIMILAR => (worst, sum / n),
            _ => (worst, worst_bits),
        })
    }

    fn home(&self, a: &Group, b: &Group) -> Option<(u8, i64)> {
        let n = |of: &Group| of.homes.values().map(|&n| i64::from(n)).sum::<i64>();
        let (n_a, n_b) = (n(a), n(b));
        if n_a == 0 || n_b == 0 {
            return None;
        }
        let different = self.bits(Comparison::Home, (1, 0.0));
        let (mut sum, mut n_equal) = (0, 0);
        for (&home, &n_here) in &a.homes {
            if let Some(&n_there) = b.homes.get(&home) {
                let weight = i64::from(n_here) * i64::from(n_there);
                n_equal += weight;
                sum += weight * self.bits(Comparison::Home, (0, self.judge.frequencies.home(home)));
            }
        }
        sum += (n_a * n_b - n_equal) * different;
        Some((u8::from(2 * n_equal < n_a * n_b), sum / (n_a * n_b)))
    }

    fn partner(&self, a: &Group, b: &Group) -> Option<(u8, i64)> {
        if a.partners.is_empty() || b.partners.is_empty() {
            return None;
        }
        let best = pairs(&a.partners, &b.partners)
            .map(|(x, y)| self.judge.partners(x, y))
            .reduce(|best, next| {
                if (next.0, -next.1) < (best.0, -best.1) {
                    next
                } else {
                    best
                }
            })?;
        if best.0 != 0 {
            return Some((1, 0));
        }
        let chances = (a.partners.len() * b.partners.len()) as f64;
        let bits =
            self.bits(Comparison::Partner, best) - (chances.log2() * MILLIBITS).round() as i64;
        Some((0, bits.max(0)))
    }
}

fn better(best: Found, next: Found) -> Found {
    let is_better = next.0 < best.0 || next.0 == best.0 && next.1 > best.1;
    if is_better { next } else { best }
}

fn pairs<'s>(a: &'s BTreeSet<u32>, b: &'s BTreeSet<u32>) -> impl Iterator<Item = (u32, u32)> + 's {
    a.iter().flat_map(move |&x| b.iter().map(move |&y| (x, y)))
}
