//! CoinJoins: transactions in which several people mix their money, so that inputs of one
//! transaction have different owners (`chains.md` §2).
//!
//! Law: a CoinJoin never joins two accounts. A label follows from the shape of a transaction alone; it
//! carries its rule, version and parameters, and a change of figures bumps the version. Values are in
//! satoshi. Rules are tried in the order of [`RULES`]; the first that fits is the label.
//!
//! Sources of the bounds: Stütz, Stockinger, Moreno-Sanchez, Haslhofer, Maffei, *Adoption and Actual
//! Privacy of Decentralized CoinJoin Implementations in Bitcoin* (2022); Schnoering, Vazirgiannis,
//! *Heuristics for Detecting CoinJoin Transactions on the Bitcoin Blockchain* (2023).

mod equal;
mod shape;
mod wasabi;
mod whirlpool;

pub use shape::{Shape, Side};

use super::EntityOptions;
use moneytrail_model::{EventIdx, NodeIdx, RuleId};
use moneytrail_store::graph::Graph;
use shape::Profile;
use std::fmt;

const fn rule(name: &'static str, version: u32) -> RuleId {
    RuleId { name, version }
}

/// Whirlpool: 5 to 8 inputs, as many outputs, scripts distinct on each side, every output the
/// denomination, every input the denomination (a remix) or 100 to 110 thousand more (an entrant), one
/// to four entrants.
pub const WHIRLPOOL: RuleId = rule("whirlpool", 2);

/// What prepares coins for Whirlpool; one wallet makes it. One output without address, 1 to 70 equal
/// outputs of a denomination and 100 to 110,000 more, at most two others, one of which is the fee of that pool.
pub const TX0: RuleId = rule("tx0", 1);

/// Wasabi 2 as its coordinator built it: as [`WASABI_2`], from 50 inputs, both sides sorted, native scripts only.
pub const WASABI_2_STRICT: RuleId = rule("wasabi-2-strict", 1);

/// Wasabi 2: from 20 inputs, three or more standard denominations that occur twice or more.
pub const WASABI_2: RuleId = rule("wasabi-2", 1);

/// Wasabi 1.0: from 10 inputs, three or more outputs of about 0.1 BTC.
pub const WASABI_1_0: RuleId = rule("wasabi-1.0", 1);

/// Wasabi 1.1: equal outputs on levels of about 0.1 BTC times powers of two.
pub const WASABI_1_1: RuleId = rule("wasabi-1.1", 1);

/// `JoinMarket`: n equal outputs, and a change output for each of their owners, or for each but one.
pub const JOINMARKET: RuleId = rule("joinmarket", 1);

/// The shape of Stonewall: one wallet that looks like two, or two wallets. Its inputs join softly only.
pub const STONEWALL: RuleId = rule("stonewall", 1);

/// Equal outputs: n outputs share a value that is no dust; n ≥ 3, n ≥ (outputs − 1) / 2, at least n
/// inputs from at least n accounts. For what fits no protocol.
pub const EQUAL_OUTPUTS: RuleId = rule("equal-outputs", 1);

/// All rules, in the order in which they are tried.
pub const RULES: [RuleId; 9] = [
    WHIRLPOOL,
    TX0,
    WASABI_2_STRICT,
    WASABI_2,
    WASABI_1_0,
    WASABI_1_1,
    JOINMARKET,
    STONEWALL,
    EQUAL_OUTPUTS,
];

/// What a label means for the owners of the inputs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// They are several: nothing is joined.
    Mixed,
    /// They are one or several: a soft claim.
    Doubtful,
    /// They are one.
    OneWallet,
}

/// What a rule of [`RULES`] means for the owners of the inputs.
pub fn effect(rule: RuleId) -> Effect {
    match rule {
        TX0 => Effect::OneWallet,
        STONEWALL => Effect::Doubtful,
        _ => Effect::Mixed,
    }
}

/// A rule that a transaction fits, and by what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label {
    /// The rule.
    pub rule: RuleId,
    /// The value that is mixed, in satoshi; of several the most frequent.
    pub value: u64,
    /// How many outputs are mixed.
    pub n_equal: u32,
    /// Inputs.
    pub n_inputs: u32,
    /// Outputs with an address.
    pub n_outputs: u32,
}

impl fmt::Display for Label {
    /// Its parameters: `5 of 5 outputs mixed, value 1000000, 5 inputs`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} outputs mixed, value {}, {} inputs",
            self.n_equal, self.n_outputs, self.value, self.n_inputs
        )
    }
}

/// The label of a shape, if a rule fits; rules named in `without` are not tried. An input tagged as an
/// exchange's clears what would be Wasabi 1 or `JoinMarket`: its withdrawals look the same. No later rule is asked
/// then: whatever fits `JoinMarket` or Wasabi 1.0 fits equal outputs too, which would undo the veto. O(n log n) in inputs
/// and outputs.
pub fn classify(shape: &Shape, without: &[String]) -> Option<Label> {
    let profile = Profile::of(shape);
    let asked = RULES.into_iter().filter(|rule| !is_named(*rule, without));
    let mut found = asked.filter_map(|rule| fitting(rule, &profile));
    found
        .next()
        .filter(|label| !shape.is_from_exchange || !is_clearable(label.rule))
}

/// The label by one rule, whatever the others say.
fn fitting(rule: RuleId, profile: &Profile<'_>) -> Option<Label> {
    match rule {
        WHIRLPOOL => whirlpool::round(profile),
        TX0 => whirlpool::tx0(profile),
        WASABI_2_STRICT => wasabi::two_strict(profile),
        WASABI_2 => wasabi::two(profile),
        WASABI_1_0 => wasabi::one_zero(profile),
        WASABI_1_1 => wasabi::one_one(profile),
        JOINMARKET => equal::joinmarket(profile),
        STONEWALL => equal::stonewall(profile),
        _ => equal::outputs(profile),
    }
}

fn is_named(rule: RuleId, names: &[String]) -> bool {
    names.iter().any(|name| name == rule.name)
}

/// Whether an input tagged as an exchange's clears what a rule labels.
fn is_clearable(rule: RuleId) -> bool {
    matches!(rule, WASABI_1_0 | WASABI_1_1 | JOINMARKET)
}

/// Every rule that fits a transaction, so that it is known what labels it without some of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fits {
    rules: u32,
    is_from_exchange: bool,
}

impl Fits {
    const FROM_EXCHANGE: u32 = 1 << 31;

    /// `None` if no rule does. As [`coinjoin`], for each rule.
    pub fn of(graph: &Graph, event: EventIdx, clearing: &[NodeIdx]) -> Option<Self> {
        let shape = Shape::of(graph, event, clearing)?;
        let profile = Profile::of(&shape);
        let fitting = (0..)
            .zip(RULES)
            .filter(|of| fitting(of.1, &profile).is_some());
        let rules = fitting.fold(0, |rules, of| rules | 1 << of.0);
        (rules != 0).then_some(Self {
            rules,
            is_from_exchange: shape.is_from_exchange,
        })
    }

    /// As if rules of these names were not tried.
    #[must_use]
    pub fn without(self, names: &[String]) -> Self {
        let left_out = (0..).zip(RULES).filter(|of| is_named(of.1, names));
        let left_out = left_out.fold(0, |rules, of| rules | 1 << of.0);
        Self {
            rules: self.rules & !left_out,
            ..self
        }
    }

    /// The rule that [`classify`] labels it by.
    pub fn rule(self, without: &[String]) -> Option<RuleId> {
        let asked = self.without(without).rules;
        let mut fitting = (0..).zip(RULES).filter(|of| asked >> of.0 & 1 == 1);
        fitting
            .next()
            .map(|of| of.1)
            .filter(|rule| !self.is_from_exchange || !is_clearable(*rule))
    }

    /// In one number.
    pub const fn to_bits(self) -> u32 {
        if self.is_from_exchange {
            self.rules | Self::FROM_EXCHANGE
        } else {
            self.rules
        }
    }

    /// As [`Fits::to_bits`] gives it.
    pub const fn from_bits(bits: u32) -> Self {
        Self {
            rules: bits & !Self::FROM_EXCHANGE,
            is_from_exchange: bits & Self::FROM_EXCHANGE != 0,
        }
    }
}

/// The label of a transaction under these options. O(1) for most, O(n log n) in its transfers at worst.
pub fn coinjoin(graph: &Graph, event: EventIdx, options: &EntityOptions) -> Option<Label> {
    classify(
        &Shape::of(graph, event, &options.clearing)?,
        &options.without,
    )
}

/// The label that a transaction would have, had a tag not cleared it. As [`coinjoin`].
pub fn cleared(graph: &Graph, event: EventIdx, options: &EntityOptions) -> Option<Label> {
    let mut shape = Shape::of(graph, event, &options.clearing)?;
    if !shape.is_from_exchange || classify(&shape, &options.without).is_some() {
        return None;
    }
    shape.is_from_exchange = false;
    classify(&shape, &options.without)
}

/// Transactions of a graph that a rule labels, ascending. O(n log n) in transfers.
pub fn labels(graph: &Graph, options: &EntityOptions) -> Vec<(EventIdx, Label)> {
    use rayon::prelude::*;
    let _in_order = graph.in_order();
    let events = (0..graph.n_events()).into_par_iter().map(EventIdx::new);
    events
        .filter_map(|event| Some((event, coinjoin(graph, event, options)?)))
        .collect()
}

/// [`labels`] of those whose inputs have several owners.
pub fn coinjoins(graph: &Graph, options: &EntityOptions) -> Vec<(EventIdx, Label)> {
    let mut found = labels(graph, options);
    found.retain(|(_, label)| effect(label.rule) == Effect::Mixed);
    found
}
