//! The case on disk: exhibits, segments, index, audit log, runs.

pub mod error;
pub mod graph;
pub mod schema;

pub use error::Error;
