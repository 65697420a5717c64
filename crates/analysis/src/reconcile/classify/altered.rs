//! What the two records of an order disagree on.

use super::Kind;
use super::chain::Chains;
use crate::linkage::name::{Skeleton, is_kunya};
use crate::reconcile::compare::is_slip;
use crate::reconcile::{Comparison, Match, Options, Order, Reconciled};
use moneytrail_model::Amount;
use std::collections::{BTreeMap, BTreeSet};

/// The level at which beneficiaries differ.
const BENEFICIARY_DIFFERS: usize = 4;

/// What a matched pair disagrees on.
pub(super) fn altered(
    orders: &[Order],
    pair: &Match,
    found: &Reconciled,
    aliases: &Aliases,
    options: &Options,
) -> Vec<Kind> {
    let (sent, received) = (&orders[pair.sent], &orders[pair.received]);
    let is_unusual = |comparison: Comparison, level: usize| {
        found.model.m[comparison as usize]
            .get(level)
            .is_some_and(|&m| m < options.unusual_share)
    };
    let mut kinds = Vec::new();
    if let Some(level) = pair.level(Comparison::Amount).filter(|&level| level > 0)
        && is_unusual(Comparison::Amount, level)
    {
        let mut pairs = sent
            .amounts
            .iter()
            .flat_map(|a| received.amounts.iter().map(move |b| (a, b)));
        let is_same_figure = pairs
            .clone()
            .any(|(a, b)| a.asset != b.asset && a.amount == b.amount);
        let digits = |amount: Amount| amount.units().to_string();
        let one_slip =
            pairs.any(|(a, b)| a.asset == b.asset && is_slip(&digits(a.amount), &digits(b.amount)));
        kinds.push(if is_same_figure {
            Kind::AlteredCurrency
        } else if one_slip {
            Kind::SlipInAmount
        } else {
            Kind::AlteredAmount
        });
    }
    if let Some(names) = beneficiaries(sent, received)
        && names[0].is_unlike(&names[1])
        && is_unusual(Comparison::Beneficiary, BENEFICIARY_DIFFERS)
        && !aliases.is_one_person(&names)
    {
        kinds.push(Kind::AlteredBeneficiary);
    }
    kinds
}

/// The beneficiaries that a pair names, where they can be compared.
fn beneficiaries(a: &Order, b: &Order) -> Option<[Skeleton; 2]> {
    beneficiary(a).zip(beneficiary(b)).map(|(a, b)| [a, b])
}

/// A beneficiary's name, unless it is one that stands for itself in its book alone.
fn beneficiary(order: &Order) -> Option<Skeleton> {
    let name = order.beneficiary.as_deref()?;
    let skeleton = Skeleton::of(name);
    (!is_kunya(name) && !skeleton.is_empty()).then_some(skeleton)
}

/// Unlike names that are one person's.
#[derive(Debug)]
pub(super) struct Aliases(BTreeSet<[Box<str>; 2]>);

impl Aliases {
    /// A nickname stands for its bearer again and again, an alteration once. And where a third record of the same order, which was sent
    /// on, has a name that is like both, they are one: Malek, Malek (Muhamed), Muhamed Šefik.
    pub(super) fn of(
        orders: &[Order],
        found: &Reconciled,
        chains: &Chains,
        options: &Options,
    ) -> Self {
        let mut n_matches: BTreeMap<[Box<str>; 2], u32> = BTreeMap::new();
        let mut bridged = BTreeSet::new();
        for pair in &found.matches {
            let names = beneficiaries(&orders[pair.sent], &orders[pair.received]);
            let Some(names) = names.filter(|[a, b]| a.is_unlike(b)) else {
                continue;
            };
            let key = key(&names);
            let mut others = chains
                .beside(pair)
                .filter_map(|place| beneficiary(&orders[place]));
            if others.any(|name| names.iter().all(|of| !name.is_unlike(of))) {
                bridged.insert(key);
            } else {
                *n_matches.entry(key).or_default() += 1;
            }
        }
        let usual = n_matches
            .into_iter()
            .filter(|of| of.1 >= options.alias_matches);
        bridged.extend(usual.map(|of| of.0));
        Self(bridged)
    }

    fn is_one_person(&self, names: &[Skeleton; 2]) -> bool {
        self.0.contains(&key(names))
    }
}

fn key(names: &[Skeleton; 2]) -> [Box<str>; 2] {
    let mut key = names.each_ref().map(|name| Box::from(name.whole()));
    key.sort_unstable();
    key
}
