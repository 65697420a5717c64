//! What can go wrong with a case on disk.

use std::path::PathBuf;

/// An error of the case store. The code is stable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused; the message names the path.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// No case is there.
    #[error("{} is no case: it has no case.toml", .0.display())]
    NotACase(PathBuf),
    /// Something is there already.
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    /// A name of evidence would leave the case.
    #[error("`{0}` is no path within an exhibit")]
    UnsafeName(String),
    /// Another process writes to the case.
    #[error("another process writes to {}", .0.display())]
    Locked(PathBuf),
    /// A newer program wrote it.
    #[error("{what} has version {found}, this program reads up to {supported}")]
    NewerVersion {
        /// Which file or table.
        what: String,
        /// Its version.
        found: u32,
        /// The newest that can be read.
        supported: u32,
    },
    /// Stored data contradicts itself.
    #[error("{what} is damaged: {why}")]
    Damaged {
        /// Which file.
        what: String,
        /// What does not fit.
        why: String,
    },
    /// A limit of the index.
    #[error("{what}: {found} is more than the index holds, {limit}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many.
        found: u64,
        /// How many there may be.
        limit: u64,
    },
    /// Parquet refused.
    #[error("parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// Arrow refused.
    #[error("arrow: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// Who waits had it end; nothing of the step stays.
    #[error("not finished: {0}")]
    Stopped(#[from] moneytrail_model::Stop),
    /// A stored JSON or TOML text does not read.
    #[error("{what}: {why}")]
    Text {
        /// Which file.
        what: String,
        /// What the parser said.
        why: String,
    },
}

impl Error {
    /// A stable code for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "store/io",
            Self::NotACase(_) => "store/not-a-case",
            Self::Exists(_) => "store/exists",
            Self::UnsafeName(_) => "store/unsafe-name",
            Self::Locked(_) => "store/locked",
            Self::NewerVersion { .. } => "store/newer-version",
            Self::Damaged { .. } => "store/damaged",
            Self::TooMany { .. } => "store/too-many",
            Self::Parquet(_) => "store/parquet",
            Self::Arrow(_) => "store/arrow",
            Self::Stopped(_) => "store/stopped",
            Self::Text { .. } => "store/text",
        }
    }

    pub(crate) fn damaged(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Damaged {
            what: what.into(),
            why: why.into(),
        }
    }
}
