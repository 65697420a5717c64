//! One error of the command line: what went wrong, why, what to try. Its kind decides the exit code.

use std::fmt;
use std::process::ExitCode;

/// What a command found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Done.
    Done,
    /// Done, and there is something that a gate must not let pass.
    Problems,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Done => Self::from(0),
            Verdict::Problems => Self::from(1),
        }
    }
}

/// Whose fault it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// The command line.
    Usage,
    /// The evidence, the case, or the disk.
    Input,
    /// This program.
    Internal,
}

impl Kind {
    pub(crate) fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage => 2,
            Self::Input => 3,
            Self::Internal => 4,
        })
    }
}

/// An error with its causes and hints.
#[derive(Debug)]
pub(crate) struct Error {
    pub(crate) kind: Kind,
    /// Stable, for scripts.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hints: Vec<String>,
}

impl Error {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Usage,
            code: "cli/usage",
            message: message.into(),
            hints: Vec::new(),
        }
    }

    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Input,
            code: "cli/input",
            message: message.into(),
            hints: Vec::new(),
        }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Internal,
            code: "cli/internal",
            message: message.into(),
            hints: Vec::new(),
        }
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The message and those behind it, without saying the same twice.
fn chain(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        cause = error.source();
    }
    message
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::of_io(&error)
    }
}

impl Error {
    /// An error of the file system. On a full disk it says what became of a case; who writes elsewhere says
    /// what became of that instead.
    fn of_io(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let converted = Self {
            kind: Kind::Input,
            code: "cli/io",
            message: chain(error),
            hints: Vec::new(),
        };
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Self {
                code: "cli/disk-full",
                ..converted
            }
            .hint("the case is as it was before; make room and run the command again"),
            _ => converted,
        }
    }
}

/// The error of the file system behind another one, such as that of a Parquet writer.
fn io_behind<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a std::io::Error> {
    std::iter::successors(Some(error), |error| error.source())
        .find_map(|error| error.downcast_ref())
}

impl From<moneytrail_store::Error> for Error {
    fn from(error: moneytrail_store::Error) -> Self {
        use moneytrail_store::Error as Store;
        if let Store::Parquet(_) | Store::Arrow(_) = error
            && let Some(io) = io_behind(&error)
        {
            return Self::of_io(io);
        }
        let converted = Self {
            kind: Kind::Input,
            code: error.code(),
            message: chain(&error),
            hints: Vec::new(),
        };
        match error {
            Store::Io(error) => error.into(),
            Store::NotACase(path) => {
                converted.hint(format!("make one with: moneytrail new {}", path.display()))
            }
            Store::Locked(_) => {
                converted.hint("wait until the other command has ended; the lock ends with it")
            }
            Store::NewerVersion { .. } => {
                converted.hint("use the program that wrote it, or a newer one")
            }
            Store::Damaged { .. } => converted.hint("run: moneytrail verify CASE"),
            _ => converted,
        }
    }
}

impl From<moneytrail_ingest::Error> for Error {
    fn from(error: moneytrail_ingest::Error) -> Self {
        use moneytrail_ingest::Error as Ingest;
        let converted = Self {
            kind: Kind::Input,
            code: error.code(),
            message: chain(&error),
            hints: Vec::new(),
        };
        match error {
            Ingest::Io(error) => error.into(),
            Ingest::Store(error) => error.into(),
            Ingest::UnknownFormat { .. } => converted
                .hint("read are: Bitcoin block files, raw blocks and JSON; CSV, XLSX, XLS, XLSB and ODS; Parquet")
                .hint("if it is one of them, name the format with --as; unpack archives first"),
            Ingest::MixedNetworks { .. } => converted.hint("split the file by network and add the parts one by one"),
            Ingest::NeedsProfile { .. } => {
                converted.hint("where the sheet has a header, say in a profile what its columns mean, and give it with --profile P.toml: [columns] \"Kod\" = \"token\"")
            }
            Ingest::Workbook { .. } => {
                converted.hint("open a copy in a spreadsheet program and save it again as XLSX or CSV; add that as an exhibit of its own, with a note of how it was made")
            }
            _ => converted,
        }
    }
}

impl From<moneytrail_generate::Error> for Error {
    fn from(error: moneytrail_generate::Error) -> Self {
        use moneytrail_generate::Error as Generate;
        let converted = Self {
            kind: Kind::Input,
            code: error.code(),
            message: chain(&error),
            hints: Vec::new(),
        };
        match error {
            Generate::Io(error) => error.into(),
            Generate::NotEmpty(_) => converted.hint("name a directory that does not exist yet"),
            _ => converted,
        }
    }
}

impl From<moneytrail_analysis::Error> for Error {
    fn from(error: moneytrail_analysis::Error) -> Self {
        Self::internal(chain(&error))
            .hint("nothing was reported; please report this with the case's run manifest")
    }
}

impl From<moneytrail_report::ReportError> for Error {
    fn from(error: moneytrail_report::ReportError) -> Self {
        Self::internal(chain(&error))
            .hint("no report was written; please report this with the case's run manifest")
    }
}
