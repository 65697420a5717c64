//! The answer in one sentence. Law: its amounts sum to what was seeded; nothing is left out.

use super::basis::Inference;
use super::check::ReportError;
use super::money::Money;
use super::party::Party;
use super::phrase::Phrase;
use super::trace::LayerWord;
use moneytrail_model::trace::{EndKind, StopReason};
use serde::{Deserialize, Serialize};

/// Parts named one by one; what is left is summed up as "other end points".
const N_PARTS_NAMED: usize = 6;

/// What became of one asset on one layer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The layer.
    pub layer: LayerWord,
    /// What `total` is.
    pub whole: Whole,
    /// What the parts sum to.
    pub total: Money,
    /// Where it went, or came from.
    pub parts: Vec<Part>,
    /// The weakest inference that the answer needs; `None` if it needs none.
    pub weakest: Option<Weakest>,
}

/// What the total of an answer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whole {
    /// What the seed put in; in a trace to the sources, what is at the target.
    Seeded,
    /// What arrived from another asset.
    Arrived,
}

/// How money ended; in a trace to the sources, how it began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Paid to somebody, of whom the evidence says no more.
    PaidOut,
    /// In the account at the end of the evidence.
    Rests,
    /// Kept back by the one who passed it on.
    Kept,
    /// Not followed: tagged service.
    Service,
    /// Not followed: CoinJoin.
    Coinjoin,
    /// Not followed: number of events.
    Events,
    /// Not followed: below the floor.
    Floor,
    /// Not followed: too late.
    Time,
    /// Not followed: an account with too many transfers.
    Transfers,
    /// In fees.
    Fees,
    /// In an output that nobody can ever spend.
    Burned,
    /// Arrived at the target (sources).
    Reached,
    /// Where the target cannot be reached from (sources).
    Elsewhere,
    /// Back at the seed account.
    Returned,
    /// Relabelled by a later seed.
    TakenOver,
    /// Became another asset.
    Converted,
    /// Newly issued (sources).
    Issued,
    /// First known there (sources).
    FirstKnown,
    /// Of unknown origin (sources).
    Unexplained,
}

impl From<EndKind> for Fate {
    fn from(kind: EndKind) -> Self {
        match kind {
            EndKind::Rests => Self::Rests,
            EndKind::Fees => Self::Fees,
            EndKind::Burned => Self::Burned,
            EndKind::Reached => Self::Reached,
            EndKind::Elsewhere => Self::Elsewhere,
            EndKind::Returned => Self::Returned,
            EndKind::TakenOver => Self::TakenOver,
            EndKind::Converted => Self::Converted,
            EndKind::CutOff(StopReason::Service) => Self::Service,
            EndKind::CutOff(StopReason::Coinjoin) => Self::Coinjoin,
            EndKind::CutOff(StopReason::Hops) => Self::Events,
            EndKind::CutOff(StopReason::Floor) => Self::Floor,
            EndKind::CutOff(StopReason::Time) => Self::Time,
            EndKind::CutOff(StopReason::Busy) => Self::Transfers,
        }
    }
}

impl Fate {
    /// What became of it: `rest`, `went into fees`.
    pub const fn verb(self) -> &'static str {
        self.words().0
    }

    /// Verb, and the preposition before the place.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::PaidOut => ("were paid out", "to"),
            Self::Rests => ("rest", "in"),
            Self::Kept => ("stayed", "with"),
            Self::Service => ("reached a tagged service", "at"),
            Self::Coinjoin => ("went into a CoinJoin", "at"),
            Self::Events => ("went further than the events followed", "beyond"),
            Self::Floor => ("fell below the floor", "at"),
            Self::Time => ("moved after the time asked for", "at"),
            Self::Transfers => (
                "reached an account with more transfers than asked for",
                "at",
            ),
            Self::Fees => ("went into fees", "at"),
            Self::Burned => ("were burned", "at"),
            Self::Reached => ("arrived", "at"),
            Self::Elsewhere => ("went elsewhere", "at"),
            Self::Returned => ("came back", "to"),
            Self::TakenOver => ("were taken over by a later seed", "at"),
            Self::Converted => ("became", "at"),
            Self::Issued => ("were newly issued", "to"),
            Self::FirstKnown => ("come from", ""),
            Self::Unexplained => ("are of unexplained origin", "at"),
        }
    }
}

/// A part of the answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Part {
    /// How much.
    pub amount: Money,
    /// How it ended.
    pub fate: Fate,
    /// With whom or where.
    pub at: Option<Party>,
    /// A place in words: `in Belgrade`.
    pub place: Option<Phrase>,
    /// In how many transfers.
    pub n_transfers: u32,
    /// What it became, for converted money.
    pub into: Option<Money>,
}

/// The weakest inference of an answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Weakest {
    /// By rule and probability.
    pub inference: Inference,
    /// What it says: `A's row 41 and B's row 17 are one order`.
    pub says: Phrase,
    /// What falls without it: `the deposit ends at A`.
    pub without: Phrase,
}

impl Answer {
    /// Parts, largest first; equal amounts keep their order.
    pub fn largest_first(&self) -> Vec<&Part> {
        let mut parts: Vec<_> = self.parts.iter().collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.amount.units()));
        parts
    }

    /// Checks that the parts, of one asset and none negative, sum to the total.
    ///
    /// # Errors
    /// [`ReportError::AnswerDoesNotAddUp`].
    pub fn check(&self) -> Result<(), ReportError> {
        let sum = self
            .parts
            .iter()
            .try_fold(self.total.asset.zero(), |sum, part| {
                (part.amount.units() >= 0)
                    .then(|| sum.checked_add(&part.amount))
                    .flatten()
            });
        match sum {
            Some(sum) if sum.units() == self.total.units() => Ok(()),
            sum => Err(ReportError::AnswerDoesNotAddUp {
                layer: self.layer.as_str(),
                total: self.total.full(),
                sum: sum.map_or_else(|| "no sum of one asset".to_owned(), |sum| sum.full()),
            }),
        }
    }

    /// The answer: "Of the 7 400.00 EUR, 6 400.00 were paid out in Belgrade in 2 parts, 852.00 rest
    /// with B, and 148.00 stayed with A."
    ///
    /// # Errors
    /// [`ReportError::AnswerDoesNotAddUp`].
    pub fn sentence(&self) -> Result<Phrase, ReportError> {
        self.check()?;
        let parts = self.largest_first();
        let n_named = if parts.len() > N_PARTS_NAMED {
            N_PARTS_NAMED - 1
        } else {
            parts.len()
        };
        let (named, rest) = parts.split_at(n_named);
        let mut clauses: Vec<Phrase> = named.iter().map(|part| part.clause()).collect();
        if !rest.is_empty() {
            let sum = rest.iter().try_fold(self.total.asset.zero(), |sum, part| {
                sum.checked_add(&part.amount)
            });
            let sum = sum.unwrap_or_else(|| self.total.asset.zero());
            let words = format!(" have {} other end points", rest.len());
            clauses.push(Phrase::default().figure(&sum).then(&words));
        }
        let lead = match self.whole {
            Whole::Seeded => Phrase::words("Of the ").amount(&self.total),
            Whole::Arrived => Phrase::words("Of the ")
                .amount(&self.total)
                .then(" that it became"),
        };
        let n_clauses = clauses.len();
        let mut sentence = lead;
        for (position, clause) in clauses.iter().enumerate() {
            let joint = match position {
                0 => ", ",
                _ if position + 1 < n_clauses => ", ",
                _ if n_clauses == 2 => " and ",
                _ => ", and ",
            };
            sentence = sentence.then(joint).join(clause);
        }
        Ok(sentence.then("."))
    }
}

impl Part {
    fn clause(&self) -> Phrase {
        let (verb, preposition) = match (self.fate, &self.into) {
            (Fate::Converted, None) => ("were converted", "at"),
            (fate, _) => fate.words(),
        };
        let mut clause = Phrase::default().figure(&self.amount).then(" ").then(verb);
        if let Some(into) = &self.into {
            clause = clause.then(" ").amount(into);
        }
        if let Some(place) = &self.place {
            clause = clause.then(" ").join(place);
        }
        if let Some(at) = &self.at {
            let space = if preposition.is_empty() { "" } else { " " };
            clause = clause.then(space).then(preposition).then(" ").party(at);
        }
        if self.n_transfers > 1 {
            clause = clause.then(&format!(" in {} parts", in_words(self.n_transfers)));
        }
        clause
    }
}

/// Small numbers in words.
fn in_words(number: u32) -> String {
    const WORDS: [&str; 11] = [
        "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    ];
    let word = number
        .checked_sub(2)
        .and_then(|position| WORDS.get(usize::try_from(position).ok()?));
    word.map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::AssetRef;

    fn part(asset: &AssetRef, amount: &str, fate: Fate) -> Part {
        Part {
            amount: asset.parse(amount).unwrap(),
            fate,
            at: None,
            place: None,
            n_transfers: 1,
            into: None,
        }
    }

    fn answer(asset: &AssetRef, total: &str, amounts: &[&str]) -> Answer {
        Answer {
            layer: LayerWord::Value,
            whole: Whole::Seeded,
            total: asset.parse(total).unwrap(),
            parts: amounts
                .iter()
                .map(|amount| part(asset, amount, Fate::Rests))
                .collect(),
            weakest: None,
        }
    }

    #[test]
    fn refuses_what_does_not_add_up() {
        let euro = AssetRef::new("EUR", "EUR", 2);
        assert!(answer(&euro, "10", &["4", "6"]).sentence().is_ok());
        for parts in [
            &["4", "5.99"][..],
            &[],
            &["4", "6.01"],
            &["-1", "11"],
            &["10", "0.01"],
        ] {
            let refused = answer(&euro, "10", parts).sentence();
            assert!(
                matches!(refused, Err(ReportError::AnswerDoesNotAddUp { .. })),
                "{parts:?}"
            );
        }
        let mut mixed = answer(&euro, "10", &["4", "6"]);
        mixed.parts[1] = part(&AssetRef::new("USD", "USD", 2), "6", Fate::Rests);
        assert!(mixed.sentence().is_err());
    }

    #[test]
    fn many_parts_are_summed_up_and_still_add_up() {
        let euro = AssetRef::new("EUR", "EUR", 2);
        let answer = answer(&euro, "36", &["1", "2", "3", "4", "5", "6", "7", "8"]);
        let sentence = answer.sentence().unwrap().plain();
        assert!(
            sentence.starts_with("Of the 36.00 EUR, 8.00 rest, 7.00 rest"),
            "{sentence}"
        );
        assert!(
            sentence.ends_with("4.00 rest, and 6.00 have 3 other end points."),
            "{sentence}"
        );
    }
}
