//! Inference, told apart from fact by its type.

use crate::account::AccountKey;
use crate::evidence::Locator;
use std::fmt;

/// A rule and its version, written `token-match@1`. A change of its figures bumps the version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RuleId {
    /// Name of the rule.
    pub name: &'static str,
    /// Version of its figures.
    pub version: u32,
}

/// Every rule of this program, by name; a stored rule that is not among them was written by another
/// version.
const RULES: [&str; 45] = [
    "multi-input",
    "address-poisoning",
    "equal-outputs",
    "whirlpool",
    "tx0",
    "wasabi-1.0",
    "wasabi-1.1",
    "wasabi-2",
    "wasabi-2-strict",
    "joinmarket",
    "stonewall",
    "change",
    "wrapped-key",
    "deposit-reuse",
    "fee-payer",
    "peel-chain",
    "fan-in",
    "fan-out",
    "gather-scatter",
    "scatter-gather",
    "cycle",
    "pass-through",
    "structuring",
    "bipartite",
    "stack",
    "dense-flow",
    "balance-break",
    "netting-imbalance",
    "book-disagreement",
    "escrow-release",
    "migrant-fee",
    "crypto-mirror",
    "commission-outlier",
    "corridor",
    "settlement-pair",
    "token-match",
    "ledger-transaction",
    "custodian-booking",
    "escrow-code",
    "forward-token",
    "exchange-pair",
    "transaction-swap",
    "fellegi-sunter",
    "balance-repair",
    "manual",
];

impl RuleId {
    /// Reads `token-match@1`; `None` for a rule that this program does not know.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, version) = text.split_once('@')?;
        let name = RULES.into_iter().find(|&known| known == name)?;
        Some(Self {
            name,
            version: version.parse().ok()?,
        })
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// What a statement rests on. No sentence of a report mixes the three.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Basis {
    /// Read from an exhibit.
    Fact,
    /// Concluded, by the rule named.
    Inference(RuleId),
    /// Chosen by a person or by default: a policy, a rate, a threshold.
    Assumption(Box<str>),
}

impl Basis {
    /// Reads the stored form; `None` for a rule that this program does not know.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            None if text == "fact" => Some(Self::Fact),
            Some(("inference", rule)) => RuleId::parse(rule).map(Self::Inference),
            Some(("assumption", what)) => Some(Self::Assumption(what.into())),
            _ => None,
        }
    }

    /// `fact`, `inference` or `assumption`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::Inference(_) => "inference",
            Self::Assumption(_) => "assumption",
        }
    }
}

impl fmt::Display for Basis {
    /// The stored form: `fact`, `inference token-match@1`, `assumption …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact => f.write_str("fact"),
            Self::Inference(rule) => write!(f, "inference {rule}"),
            Self::Assumption(what) => write!(f, "assumption {what}"),
        }
    }
}

/// What a claim says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Statement {
    /// Two accounts have one owner.
    SameOwner(AccountKey, AccountKey),
    /// Two records describe one order.
    SameOrder(Locator, Locator),
    /// A record and an on-chain transaction are two sides of one settlement or exchange.
    SameSettlement(Locator, Locator),
}

/// An inferred statement with method, parameters, confidence and evidence.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Claim {
    /// What is claimed.
    pub statement: Statement,
    /// By which rule.
    pub rule: RuleId,
    /// Parameters of the rule, as printed.
    pub parameters: Box<str>,
    /// Confidence in thousandths, 1000 = certain; `None` where no error rate has been measured yet.
    pub confidence_permille: Option<u16>,
    /// Records that the claim rests on.
    pub evidence: Vec<Locator>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basis_reads_back() {
        for text in [
            "fact",
            "inference token-match@1",
            "assumption the hour is local",
        ] {
            assert_eq!(Basis::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Basis::parse("inference guesswork@1"), None);
    }
}
