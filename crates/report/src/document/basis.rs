//! What a statement rests on: three types, three looks, never in one sentence.

use super::phrase::Phrase;
use serde::{Deserialize, Serialize};

/// A row or a transaction in an exhibit says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Fact {}

/// Concluded by a rule, with what was measured of the rule; that is no probability of the single conclusion.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Inference {
    /// `order-match@5`.
    pub rule: String,
    /// Precision of the rule where it was measured, which the parameters name, in thousandths; else `None`.
    pub confidence_permille: Option<u16>,
    /// Parameters of the rule, as printed.
    pub parameters: String,
    /// The claim that says it: `C1`.
    pub claim: Option<String>,
}

impl Inference {
    /// `0.994`, `0.97`, `1`; `None` where it was not measured.
    pub fn confidence(&self) -> Option<String> {
        self.confidence_permille.map(permille)
    }

    /// `inference 0.994`, or `inference, not measured`.
    pub fn badge(&self) -> String {
        self.confidence().map_or_else(
            || "inference, not measured".to_owned(),
            |confidence| format!("inference {confidence}"),
        )
    }
}

/// Thousandths as a decimal, without zeros at the end.
pub(crate) fn permille(thousandths: u16) -> String {
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

/// Chosen by a person or by default: a policy, a rate, a threshold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Assumption {
    /// What was assumed.
    pub what: Phrase,
    /// Who or what chose it: `--policy`, a profile, a default.
    pub chosen_by: Option<String>,
}

/// One of the three.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Basis {
    /// Read.
    Fact(Fact),
    /// Concluded.
    Inference(Inference),
    /// Chosen.
    Assumption(Assumption),
}

impl Basis {
    /// A fact.
    pub const FACT: Self = Self::Fact(Fact {});

    /// The inference, if it is one.
    pub const fn inference(&self) -> Option<&Inference> {
        match self {
            Self::Inference(inference) => Some(inference),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::permille;

    #[test]
    fn thousandths_read_as_decimals() {
        let read: Vec<_> = [0, 994, 970, 1000, 50].map(permille).into();
        assert_eq!(read, ["0", "0.994", "0.97", "1", "0.05"]);
    }
}
