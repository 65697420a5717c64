//! What can go wrong.

use std::path::PathBuf;

/// An error of generating. The code is stable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused; the message names the path.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Something is there already.
    #[error("{} is there already and is not empty", .0.display())]
    NotEmpty(PathBuf),
}

impl Error {
    /// Stable code, for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "generate/io",
            Self::NotEmpty(_) => "generate/exists",
        }
    }
}
