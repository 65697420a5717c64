//! What has to hold before a report is written.

use super::{Document, SCHEMA};
use moneytrail_model::Stop;

/// Why a report is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// Who waits had it end.
    #[error("not finished: {0}")]
    Stopped(Stop),
    /// The parts of an answer do not sum to its total.
    #[error("the answer on the {layer} layer does not add up: {sum} of {total}")]
    AnswerDoesNotAddUp {
        /// The layer.
        layer: &'static str,
        /// What should be reached.
        total: String,
        /// What is reached.
        sum: String,
    },
    /// A line of a balance has a difference.
    #[error("the {layer} trace does not balance in {symbol}")]
    DoesNotBalance {
        /// The layer.
        layer: &'static str,
        /// Symbol of the asset.
        symbol: String,
    },
    /// The pieces of a step do not sum to its amount.
    #[error("the pieces of step {number} do not sum to its amount")]
    StepDoesNotAddUp {
        /// Number of the step.
        number: u32,
    },
    /// What rests on an inference is not the difference of the two figures.
    #[error("what rests on {what} is not the difference of the figures")]
    OtherwiseDoesNotAddUp {
        /// What was left out.
        what: String,
    },
    /// Two steps have one number.
    #[error("two steps have the number {number}")]
    NumberTwice {
        /// The number.
        number: u32,
    },
    /// The document is of another version.
    #[error("the document has the schema {found}, this program writes {SCHEMA}")]
    Schema {
        /// Schema of the document.
        found: String,
    },
    /// The document cannot be written as JSON.
    #[error("the document cannot be written as JSON: {0}")]
    Json(String),
}

impl Document {
    /// Checks every sum that the report prints.
    ///
    /// # Errors
    /// The first sum that does not hold.
    pub fn check(&self) -> Result<(), ReportError> {
        if self.schema != SCHEMA {
            return Err(ReportError::Schema {
                found: self.schema.clone(),
            });
        }
        for answer in &self.head.answers {
            answer.check()?;
        }
        let mut numbers = std::collections::BTreeSet::new();
        for trace in &self.traces {
            for line in &trace.balance {
                if line.difference() != Some(0) {
                    return Err(ReportError::DoesNotBalance {
                        layer: trace.layer.as_str(),
                        symbol: line.seeded.asset.symbol.clone(),
                    });
                }
            }
            for otherwise in trace.otherwise.iter().flatten() {
                if !otherwise.adds_up() {
                    return Err(ReportError::OtherwiseDoesNotAddUp {
                        what: otherwise.left_out.clone(),
                    });
                }
            }
            for step in &trace.steps {
                if !numbers.insert(step.number) {
                    return Err(ReportError::NumberTwice {
                        number: step.number,
                    });
                }
                let sum = step
                    .pieces
                    .iter()
                    .try_fold(step.amount.asset.zero(), |sum, piece| {
                        sum.checked_add(&piece.amount)
                    });
                let adds_up = sum.is_some_and(|sum| sum == step.amount);
                if !(adds_up || step.pieces.is_empty()) {
                    return Err(ReportError::StepDoesNotAddUp {
                        number: step.number,
                    });
                }
            }
        }
        Ok(())
    }
}
