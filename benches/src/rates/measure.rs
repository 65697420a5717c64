//! Every rule, alone and together, on one chain after the other.

use super::chain::{AccountChain, Chain, TronChain};
use super::score::{Partition, Share};
use moneytrail_analysis::entity::change::{CHANGE, Ground, votes};
use moneytrail_analysis::entity::coinjoin::{
    Effect, JOINMARKET, RULES, STONEWALL, TX0, WASABI_1_0, WASABI_1_1, WASABI_2, WASABI_2_STRICT,
    WHIRLPOOL, coinjoin, effect,
};
use moneytrail_analysis::entity::soft::{DEPOSIT_REUSE, FEE_PAYER, SoftClaim, soft_claims};
use moneytrail_analysis::entity::{EntityOptions, MULTI_INPUT, entities};
use moneytrail_model::{EventIdx, NodeIdx, RuleId};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of transactions whose inputs have several owners.
const OF_SEVERAL: [&str; 7] = [
    "whirlpool",
    "wasabi-1.0",
    "wasabi-1.1",
    "wasabi-2",
    "joinmarket",
    "stonewall-of-two",
    "payjoin",
];

/// Precision and recall as counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    pub(super) precision: Share,
    pub(super) recall: Share,
}

/// Counts over all chains.
#[derive(Debug, Default)]
pub(super) struct Measures {
    /// Detectors: alone, and in their order. The last entry is all that keep inputs apart.
    pub(super) alone: BTreeMap<String, Found>,
    pub(super) together: BTreeMap<String, Found>,
    /// Grounds of votes on change alone, and all together.
    pub(super) change: BTreeMap<String, Found>,
    /// Soft claims by rule: how many name one owner.
    pub(super) soft: BTreeMap<String, Share>,
    /// Co-spending transactions: how many have one owner.
    pub(super) multi_input: Share,
    /// Partitions, by what made them, in the order of [`partitions`].
    pub(super) partitions: BTreeMap<usize, Partition>,
    /// Accounts of people on account chains, by deposit reuse.
    pub(super) depositors: Partition,
    /// Accounts of people by how they came by their first coins: of how many a payer is claimed to be the owner.
    pub(super) fee_payers: BTreeMap<String, Share>,
    /// Accounts of people on TRON, by fee payers.
    pub(super) funded: Partition,
}

/// Name of all rules together that keep inputs apart.
pub(super) const ANY: &str = "any that keeps apart";
/// Name of all votes on change together.
pub(super) const ALL_VOTES: &str = "all votes (change@2)";

/// What makes a partition, and its name.
pub(super) fn partitions() -> Vec<(String, EntityOptions)> {
    let with = |rules: &[RuleId]| EntityOptions {
        with: rules.to_vec(),
        ..EntityOptions::default()
    };
    let naive = EntityOptions {
        without: names(&RULES),
        ..EntityOptions::default()
    };
    vec![
        ("co-spending without any detector".to_owned(), naive),
        (format!("{MULTI_INPUT} (the default)"), with(&[])),
        (format!("{MULTI_INPUT} + {TX0}"), with(&[TX0])),
        (format!("{MULTI_INPUT} + {CHANGE}"), with(&[CHANGE])),
        (format!("{MULTI_INPUT} + {STONEWALL}"), with(&[STONEWALL])),
        (
            format!("{MULTI_INPUT} + {TX0} + {CHANGE} + {STONEWALL}"),
            with(&[TX0, CHANGE, STONEWALL]),
        ),
    ]
}

fn names(rules: &[RuleId]) -> Vec<String> {
    rules.iter().map(|rule| rule.name.to_owned()).collect()
}

/// Whether a rule is right to label a transaction of this kind.
fn is_right(rule: RuleId, kind: &str) -> bool {
    match rule {
        WHIRLPOOL | TX0 | WASABI_1_0 | WASABI_1_1 | JOINMARKET => kind == rule.name,
        WASABI_2 | WASABI_2_STRICT => kind == "wasabi-2",
        STONEWALL => kind == "stonewall" || kind == "stonewall-of-two",
        _ => OF_SEVERAL.contains(&kind),
    }
}

impl Measures {
    pub(super) fn add(&mut self, chain: &Chain) {
        self.detectors(chain);
        self.votes(chain);
        self.claims(chain);
        for (place, (_, options)) in partitions().into_iter().enumerate() {
            let made = entities(&chain.graph, &options);
            let accounts = chain.owners.iter();
            let accounts: Vec<(u32, u32)> = accounts
                .map(|(&node, &owner)| (made.of(node).raw(), owner))
                .collect();
            self.partitions.entry(place).or_default().add(&accounts);
        }
    }

    pub(super) fn add_accounts(&mut self, chain: &AccountChain) {
        let options = EntityOptions {
            with: vec![DEPOSIT_REUSE],
            exchanges: chain.exchanges.clone(),
            ..EntityOptions::default()
        };
        let owner = |node| chain.owners.get(&node);
        let share = self.soft.entry(DEPOSIT_REUSE.to_string()).or_default();
        for claim in soft_claims(&chain.graph, &options) {
            share.add(owner(claim.a).is_some() && owner(claim.a) == owner(claim.b));
        }
        let made = entities(&chain.graph, &options);
        let accounts = chain.owners.iter();
        let accounts: Vec<(u32, u32)> = accounts
            .map(|(&node, &owner)| (made.of(node).raw(), owner))
            .collect();
        self.depositors.add(&accounts);
    }

    pub(super) fn add_tron(&mut self, chain: &TronChain) {
        let options = EntityOptions {
            with: vec![FEE_PAYER],
            exchanges: chain.exchanges.clone(),
            ..EntityOptions::default()
        };
        let owner = |node| chain.owners.get(&node);
        // Only people's accounts: that an exchange opens its next wallet says nothing of people.
        let mut claimed: BTreeSet<NodeIdx> = BTreeSet::new();
        for claim in soft_claims(&chain.graph, &options) {
            if chain.ways.contains_key(&claim.b) {
                let is_right = owner(claim.a).is_some() && owner(claim.a) == owner(claim.b);
                let of_rule = self.soft.entry(FEE_PAYER.to_string()).or_default();
                of_rule.add(is_right);
                claimed.insert(claim.b);
            }
        }
        for (node, way) in &chain.ways {
            let of_way = self.fee_payers.entry(way.clone()).or_default();
            of_way.add(claimed.contains(node));
        }
        let made = entities(&chain.graph, &options);
        let people = chain
            .owners
            .iter()
            .filter(|of| chain.ways.contains_key(of.0));
        let accounts: Vec<(u32, u32)> = people
            .map(|(&node, &owner)| (made.of(node).raw(), owner))
            .collect();
        self.funded.add(&accounts);
    }

    fn detectors(&mut self, chain: &Chain) {
        let all = EntityOptions::default();
        for (&event, made) in &chain.made {
            let label = coinjoin(&chain.graph, event, &all).map(|label| label.rule);
            for rule in RULES {
                let is_true = is_right(rule, &made.kind);
                let others: Vec<RuleId> =
                    RULES.into_iter().filter(|other| *other != rule).collect();
                let alone = EntityOptions {
                    without: names(&others),
                    ..EntityOptions::default()
                };
                let says = coinjoin(&chain.graph, event, &alone).is_some();
                self.alone
                    .entry(rule.to_string())
                    .or_default()
                    .add(says, is_true);
                let entry = self.together.entry(rule.to_string()).or_default();
                entry.add(label == Some(rule), is_true);
            }
            let is_apart = label.is_some_and(|rule| effect(rule) != Effect::OneWallet);
            let is_of_several = OF_SEVERAL.contains(&&*made.kind);
            self.together
                .entry(ANY.to_owned())
                .or_default()
                .add(is_apart, is_of_several);
        }
    }

    fn votes(&mut self, chain: &Chain) {
        for (&event, made) in &chain.made {
            if OF_SEVERAL.contains(&&*made.kind) {
                continue;
            }
            let mut ways = vec![(ALL_VOTES.to_owned(), EntityOptions::default())];
            for ground in Ground::ALL {
                let others = Ground::ALL.iter().filter(|other| **other != ground);
                let without = others.map(|other| other.as_str().to_owned()).collect();
                let options = EntityOptions {
                    without,
                    ..EntityOptions::default()
                };
                ways.push((ground.as_str().to_owned(), options));
            }
            for (name, options) in ways {
                let Some(votes) = votes(&chain.graph, &options, event) else {
                    continue;
                };
                let found = votes.change().map(|(output, _)| output);
                let place =
                    found.and_then(|output| votes.outputs.iter().position(|of| *of == output));
                let entry = self.change.entry(name).or_default();
                if let Some(place) = place {
                    entry.precision.add(made.change.contains(&place));
                }
                // Where there is one change output, it can be found.
                if let [change] = made.change[..] {
                    entry.recall.add(place == Some(change));
                }
            }
        }
    }

    fn claims(&mut self, chain: &Chain) {
        let options = EntityOptions {
            with: vec![TX0, CHANGE, STONEWALL],
            ..EntityOptions::default()
        };
        let owned = |claim: &SoftClaim| Some(chain.owner(claim.a)? == chain.owner(claim.b)?);
        for claim in soft_claims(&chain.graph, &options) {
            if let Some(is_one) = owned(&claim) {
                self.soft
                    .entry(claim.rule.to_string())
                    .or_default()
                    .add(is_one);
            }
        }
        let events: Vec<EventIdx> = chain.made.keys().copied().collect();
        for event in events {
            let joined = moneytrail_analysis::entity::joined_by(
                &chain.graph,
                &EntityOptions::default(),
                event,
            );
            if let Some(accounts) = joined {
                let mut owners: Vec<Option<u32>> =
                    accounts.iter().map(|&node| chain.owner(node)).collect();
                owners.dedup();
                self.multi_input.add(owners.len() == 1);
            }
        }
    }
}

impl Found {
    fn add(&mut self, says: bool, is_true: bool) {
        if says {
            self.precision.add(is_true);
        }
        if is_true {
            self.recall.add(says);
        }
    }
}

/// Rules whose precision is a table of its own: what the reports show beside an inference.
pub(super) fn published(measures: &Measures) -> Vec<(String, &'static str, Share)> {
    let mut rates = vec![(MULTI_INPUT.to_string(), "precision", measures.multi_input)];
    for rule in RULES {
        // Of a label that keeps apart, how often it names the protocol; a soft claim below says what joining does.
        if let Some(found) = measures.together.get(&rule.to_string())
            && !measures.soft.contains_key(&rule.to_string())
        {
            rates.push((rule.to_string(), "precision", found.precision));
        }
        if let Some(found) = measures.together.get(&rule.to_string()) {
            rates.push((rule.to_string(), "recall", found.recall));
        }
    }
    for (rule, share) in &measures.soft {
        rates.push((rule.clone(), "precision", *share));
    }
    let recall = measures.change.get(ALL_VOTES).map(|found| found.recall);
    rates.extend(recall.map(|recall| (CHANGE.to_string(), "recall", recall)));
    rates
}
