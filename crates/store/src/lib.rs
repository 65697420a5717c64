//! The case on disk: exhibits, segments, index, audit log, runs.
//!
//! Reading order: [`case`], [`exhibit`], [`schema`], [`segment`], [`graph`], [`audit`].

pub mod audit;
mod build;
pub mod case;
pub mod decision;
mod derived;
mod disk;
pub mod error;
pub mod exhibit;
pub mod graph;
mod logged;
pub mod schema;
mod scratch;
pub mod segment;

pub use audit::Actor;
pub use build::{BuildNotes, JoinNote, Unmatched, UnmatchedTransaction};
pub use case::{Case, CaseInfo, CaseWriter, Offered, Staged, StagedReading, Without, reading_name};
pub use derived::{Derived, Made};
pub use error::Error;
pub use exhibit::{Custody, Exhibit, ExhibitSource, hash_of};
pub use segment::{Segment, SegmentSummary, SegmentWriter};
