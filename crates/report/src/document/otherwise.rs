//! What the figures are without an inference that they may rest on.
//!
//! Law: `vanishes` = `with` − `without`, in smallest units; below zero where a figure grows without the inference. Figures
//! of two inferences are not added: money that needs both vanishes without either.

use super::{AssetRef, Fate, Money, Party};
use serde::{Deserialize, Serialize};

/// In which form an inference stands in the record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InferenceForm {
    /// Two records describe one thing.
    Claim,
    /// One transfer spends another.
    Link,
    /// Figures of an exhibit that were corrected as somebody accepted it.
    Correction,
    /// What a stop rule takes for a CoinJoin.
    Coinjoin,
    /// An output that somebody accepted to be change.
    Change,
}

impl InferenceForm {
    /// So many of it.
    pub fn counted(self, n: u64) -> String {
        let (one, several) = match self {
            Self::Claim => ("claim", "claims"),
            Self::Link => ("link", "links"),
            Self::Correction => ("corrected cell", "corrected cells"),
            Self::Coinjoin => ("CoinJoin reached", "CoinJoins reached"),
            Self::Change => (
                "output accepted to be change",
                "outputs accepted to be change",
            ),
        };
        format!("{n} {}", if n == 1 { one } else { several })
    }
}

/// The whole question answered again without one inference.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Otherwise {
    /// What is left out: `token-match@1`, or `X3`, the exhibit whose corrections are.
    pub left_out: String,
    /// In which form it stands in the record.
    pub form: InferenceForm,
    /// How many there are in the case; of CoinJoins those that the trace reached.
    pub n: u64,
    /// What it says of the record, in the program's words.
    pub infers: String,
    /// Whether without it there is nothing to start from, so that every figure vanishes.
    pub is_seed_gone: bool,
    /// End points of which a figure differs, per asset, those first of which the listed policy's does most.
    pub points: Vec<OtherwisePoint>,
    /// Why it was not computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_computed: Option<String>,
}

/// An end point of which a figure differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OtherwisePoint {
    /// Of which asset.
    pub asset: AssetRef,
    /// Where.
    pub party: Party,
    /// How.
    pub fate: Fate,
    /// One per policy, in the order of `policies`.
    pub figures: Vec<OtherwiseFigure>,
}

/// A policy's figure with and without.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OtherwiseFigure {
    /// The policy.
    pub policy: String,
    /// With unexplained money placed latest; `None` under poison.
    pub latest: Option<WithAndWithout>,
    /// With unexplained money placed earliest; `None` under poison.
    pub earliest: Option<WithAndWithout>,
    /// Under poison: whether it is marked with it, and without.
    pub marked: Option<[bool; 2]>,
}

/// How much of a figure rests on the inference.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WithAndWithout {
    /// The figure.
    pub with: Money,
    /// The figure without the inference.
    pub without: Money,
    /// The difference: below zero where the figure grows.
    pub vanishes: Money,
}

impl WithAndWithout {
    /// `None` beyond 38 digits, or of two assets.
    pub fn new(with: Money, without: Money) -> Option<Self> {
        let vanishes = with.checked_sub(&without)?;
        Some(Self {
            with,
            without,
            vanishes,
        })
    }

    /// Whether the inference changes the figure.
    pub fn differs(&self) -> bool {
        self.with != self.without
    }

    /// The figure, and in brackets how it changes without the inference: `980.00 (−980.00)`.
    pub fn figure(&self) -> String {
        let amount = self.with.figure();
        match self.vanishes.units() {
            0 => amount,
            units if units > 0 => format!("{amount} (\u{2212}{})", self.vanishes.figure()),
            _ => {
                let grows = self.vanishes.figure();
                format!("{amount} (+{})", grows.trim_start_matches('\u{2212}'))
            }
        }
    }
}

impl Otherwise {
    /// Whether every difference is one.
    pub(super) fn adds_up(&self) -> bool {
        let figures = self.points.iter().flat_map(|point| &point.figures);
        let all = figures.flat_map(|figure| [&figure.latest, &figure.earliest]);
        all.flatten()
            .all(|one| one.with.checked_sub(&one.without).as_ref() == Some(&one.vanishes))
    }
}
