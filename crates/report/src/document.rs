//! The whole report as data.
//!
//! Law: fact, inference and assumption are three types ([`Fact`], [`Inference`], [`Assumption`]) and
//! no field holds two of them. Amounts are exact units with their asset; figures of two layers or two
//! assets never share a sum. Text that comes from the evidence is marked as such ([`Span`]).
//!
//! The serialised form of [`Document`] is the JSON report. Its `schema` changes when a field changes
//! its meaning or goes; new fields may come at any time.

mod answer;
mod basis;
mod books;
mod check;
mod evidence;
mod exhibits;
mod findings;
mod limits;
mod mask;
mod money;
mod otherwise;
mod party;
mod people;
mod phrase;
mod repeat;
mod trace;
mod when;

pub use answer::{Answer, Fate, Part, Weakest, Whole};
pub(crate) use basis::permille;
pub use basis::{Assumption, Basis, Fact, Inference};
pub use books::{BookOrder, BookPair, OrderState};
pub use check::ReportError;
pub use evidence::{Cell, Citation, SheetDirection};
pub use exhibits::{Exhibit, RecordNote};
pub use findings::{Finding, Findings, SilentRule};
pub use limits::{Coverage, CutOff, Limits, Unjoined};
pub use mask::Masked;
pub(crate) use money::group;
pub use money::{AssetRef, Money};
pub use otherwise::{InferenceForm, Otherwise, OtherwiseFigure, OtherwisePoint, WithAndWithout};
pub use party::{Party, PartyKind, Role};
pub use people::{ChainLink, ClaimView, Entity, EntityAccount, People};
pub use phrase::{Phrase, Span};
pub use repeat::Repeat;
pub use trace::{
    Balance, DirectionWord, End, EndGroup, EndPoint, Figure, LayerWord, Link, Mark, Piece,
    PieceLabel, Step, Stop, StopRule, TraceView, Unexplained, Worth,
};
pub use when::When;
pub(crate) use when::civil;

use serde::{Deserialize, Serialize};

/// The version of the JSON report that this crate writes.
pub const SCHEMA: &str = "moneytrail-report/1";

/// A report of one or more traces that answer one question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Document {
    /// [`SCHEMA`].
    pub schema: String,
    /// Question and answer.
    pub head: Head,
    /// One trace per layer, in the order of printing.
    pub traces: Vec<TraceView>,
    /// Who is held to own what, and why.
    pub people: People,
    /// Patterns; `None` if no rule was run.
    pub findings: Option<Findings>,
    /// Pairs of books compared; `None` if none were.
    pub books: Option<Vec<BookPair>>,
    /// What the answer does not know, and what somebody chose.
    pub limits: Limits,
    /// Everything that was read.
    pub exhibits: Vec<Exhibit>,
    /// How another person gets the same bytes.
    pub repeat: Repeat,
    /// Who asked to read masked names, and why; `None`: nobody, and they are masked.
    pub disclosure: Option<Disclosure>,
}

/// Question and answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Head {
    /// Number of the case.
    pub case_id: String,
    /// Name of the case.
    pub case_name: String,
    /// A sentence that stands above everything, such as "everything here is invented".
    pub notice: Option<Phrase>,
    /// What was asked.
    pub question: Phrase,
    /// Locators or accounts that the traces start from.
    pub seeds: Vec<String>,
    /// One per layer and asset, the main one first. Empty under poison, which has no amounts.
    pub answers: Vec<Answer>,
    /// Why no transfer could be followed at all, where none could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nothing: Option<Phrase>,
    /// Last time of which the evidence speaks.
    pub evidence_until: Option<When>,
}

/// Leave to read masked names, written to the audit log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Disclosure {
    /// Who asked.
    pub operator: String,
    /// For what purpose.
    pub purpose: String,
}
