//! Soft claims: two accounts may have one owner, by rules that are wrong more often than co-spending.
//!
//! Laws. A soft claim joins only where its rule is asked for, after all co-spending, the strongest first, and
//! never two large entities or two actors without review (the `merge` module). Claims follow from the
//! graph and the options; their order does not depend on threads.
//!
//! Strength orders claims and is no probability: rules in the order of [`RULES`], and within a rule the votes or the
//! confidence that it gives. Measured error rates: [`super::rates`].

mod accounts;
mod scripts;

use super::coinjoin::{STONEWALL, TX0};
use super::{EntityOptions, Scripts, change::CHANGE};
use moneytrail_model::{EventIdx, NodeIdx, RuleId};
use moneytrail_store::graph::Graph;

/// A script that wraps another, or pays to the same key: P2PKH, P2WPKH and P2SH-P2WPKH of one public key hash;
/// P2WSH and P2SH-P2WSH of one witness script.
pub const WRAPPED_KEY: RuleId = RuleId {
    name: "wrapped-key",
    version: 1,
};

/// Users who pay into one deposit account of an exchange (Victor, *Address Clustering Heuristics for Ethereum*, 2020).
pub const DEPOSIT_REUSE: RuleId = RuleId {
    name: "deposit-reuse",
    version: 2,
};

/// Who paid a TRON account's first TRX, or pays its fees.
pub const FEE_PAYER: RuleId = RuleId {
    name: "fee-payer",
    version: 1,
};

/// All soft rules, the strongest first.
pub const RULES: [RuleId; 6] = [
    WRAPPED_KEY,
    TX0,
    CHANGE,
    DEPOSIT_REUSE,
    FEE_PAYER,
    STONEWALL,
];

/// Two accounts may have one owner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SoftClaim {
    /// An account.
    pub a: NodeIdx,
    /// Another one.
    pub b: NodeIdx,
    /// What says so; of a wrapped key, where `b` is met first.
    pub event: EventIdx,
    /// By which rule.
    pub rule: RuleId,
    /// Within the rule, up to 1000: ten for each vote on change, thousandths of the confidence of a deposit.
    pub weight: u16,
}

impl SoftClaim {
    /// Sorts the strongest first, then by content.
    pub(super) fn order(&self) -> impl Ord + use<> {
        let rank = RULES.iter().position(|rule| *rule == self.rule);
        (
            rank,
            std::cmp::Reverse(self.weight),
            self.event,
            self.a,
            self.b,
        )
    }
}

/// The soft claims that the options ask for, the strongest first. O(n log n) in transfers, in parallel.
pub fn soft_claims(graph: &Graph, options: &EntityOptions) -> Vec<SoftClaim> {
    let is_asked = |rule| options.with.contains(&rule) && !options.is_without(rule);
    let on_chain = Scripts::of(graph);
    let mut claims = Vec::new();
    if [TX0, CHANGE, STONEWALL].into_iter().any(is_asked) {
        claims.extend(scripts::of_transactions(
            graph, on_chain, options, &is_asked,
        ));
    }
    if is_asked(WRAPPED_KEY) {
        claims.extend(scripts::wrapped_keys(graph, on_chain));
    }
    if is_asked(DEPOSIT_REUSE) {
        claims.extend(accounts::deposit_reuse(graph, options));
    }
    if is_asked(FEE_PAYER) {
        claims.extend(accounts::fee_payers(graph, options));
    }
    claims.retain(|claim| {
        !options.is_late(graph, claim.event) && !options.is_rejected(claim.rule, claim.event)
    });
    claims.sort_unstable_by_key(SoftClaim::order);
    claims
}
