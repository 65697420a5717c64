//! Why evidence cannot be taken in at all. A single bad record is no error: it goes to quarantine.

use moneytrail_model::{Locator, Network};

/// An error of ingest. The code is stable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused; the message names the path.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The sink refused a batch.
    #[error(transparent)]
    Store(#[from] moneytrail_store::Error),
    /// There are no bytes.
    #[error("{path} is empty")]
    Empty {
        /// Path within the exhibit.
        path: String,
    },
    /// A directory in which there is nothing to read.
    #[error("{path} holds no file that can be read")]
    NothingReadable {
        /// The directory.
        path: String,
    },
    /// Nothing has this name.
    #[error("there is no file `{path}`")]
    Absent {
        /// The path.
        path: String,
    },
    /// A pipe, a socket or a device.
    #[error("{path} is neither a file nor a directory")]
    NoFile {
        /// The path.
        path: String,
    },
    /// No reader knows these bytes.
    #[error("{path}: no known format ({seen})")]
    UnknownFormat {
        /// Path within the exhibit.
        path: String,
        /// What the bytes look like.
        seen: String,
    },
    /// It is known what it is, and there is no reader for it.
    #[error("{path}: {what}, which is not read yet; {instead}")]
    NotReadYet {
        /// Path within the exhibit.
        path: String,
        /// What it is.
        what: String,
        /// What to give in its place.
        instead: &'static str,
    },
    /// One exhibit holds blocks of more than one network.
    #[error("{path} mixes {first} and {second}: an account namespace holds one network")]
    MixedNetworks {
        /// Path within the exhibit.
        path: String,
        /// Network of the first block.
        first: Network,
        /// Network of a later one.
        second: Network,
    },
    /// The evidence contradicts what the person said.
    #[error("{path}: {why}")]
    Contradiction {
        /// Path within the exhibit.
        path: String,
        /// What contradicts.
        why: String,
    },
    /// An obfuscation key that cannot be used.
    #[error("{path}: an XOR key has 8 bytes, this one has {len}")]
    XorKey {
        /// Path of the key.
        path: String,
        /// Its length.
        len: usize,
    },
    /// A container (spreadsheet, archive, Parquet) that does not open.
    #[error("{path} does not open: {why}")]
    Container {
        /// Path within the exhibit.
        path: String,
        /// What its reader said.
        why: String,
    },
    /// A spreadsheet that does not open here, and may open elsewhere.
    #[error("{path} does not open: {why}")]
    Workbook {
        /// Path within the exhibit.
        path: String,
        /// What its reader said.
        why: String,
    },
    /// The headers do not say what the columns mean, and there is no profile.
    #[error("{path}: {why}")]
    NeedsProfile {
        /// Path within the exhibit.
        path: String,
        /// What is missing.
        why: String,
    },
    /// A mapping profile that does not read.
    #[error("profile: {0}")]
    Profile(String),
    /// Text that does not parse as a whole.
    #[error("{at}: {why}")]
    Syntax {
        /// Where.
        at: Locator,
        /// What its parser said.
        why: String,
    },
}

impl Error {
    /// A stable code for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "ingest/io",
            Self::Store(error) => error.code(),
            Self::Empty { .. } => "ingest/empty",
            Self::NothingReadable { .. } => "ingest/nothing-readable",
            Self::Absent { .. } => "ingest/absent",
            Self::NoFile { .. } => "ingest/no-file",
            Self::UnknownFormat { .. } => "ingest/unknown-format",
            Self::NotReadYet { .. } => "ingest/not-read-yet",
            Self::MixedNetworks { .. } => "ingest/mixed-networks",
            Self::Contradiction { .. } => "ingest/contradiction",
            Self::XorKey { .. } => "ingest/xor-key",
            Self::Container { .. } | Self::Workbook { .. } => "ingest/container",
            Self::NeedsProfile { .. } => "ingest/needs-profile",
            Self::Profile(_) => "ingest/profile",
            Self::Syntax { .. } => "ingest/syntax",
        }
    }
}
