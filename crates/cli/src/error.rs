//! One error of the command line: what went wrong, why, what to try. Its kind decides the exit code.

use crate::memory::written;
use crate::shell::quoted;
use moneytrail_model::Stop;
use std::fmt;
use std::path::Path;
use std::process::ExitCode;

/// Code of an error of a full disk.
pub(crate) const DISK_FULL: &str = "cli/disk-full";

/// Code of an error of a computation that needs more than `--memory`.
const MEMORY: &str = "cli/memory";

/// What a command found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Done.
    Done,
    /// Done, and there is something that a gate must not let pass.
    Problems,
    /// Done, and nothing of what was given could be used.
    BadInput,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Done => Self::from(0),
            Verdict::Problems => Self::from(1),
            Verdict::BadInput => Kind::Input.exit_code(),
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
    /// Who ran it stopped it.
    Stopped,
}

impl Kind {
    pub(crate) fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage => 2,
            Self::Input => 3,
            Self::Internal => 4,
            Self::Stopped => crate::stop::EXIT_CODE,
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

    /// Whether a person stopped the command, or it came to the end of its memory: no more is begun.
    pub(crate) fn is_stop(&self) -> bool {
        self.kind == Kind::Stopped || self.code == MEMORY
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
    /// An error of the file system.
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
                code: DISK_FULL,
                ..converted
            }
            .hint("make room and run the command again"),
            _ => converted,
        }
    }

    /// An error of the file system, at a file that a person named.
    pub(crate) fn of_named(path: &Path, error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::NotFound {
            let path = path.display().to_string();
            return moneytrail_ingest::Error::Absent { path }.into();
        }
        Self::of_io(error)
    }

    /// An error of a library about what it was given.
    fn of_library(code: &'static str, error: &dyn std::error::Error) -> Self {
        Self {
            kind: Kind::Input,
            code,
            message: chain(error),
            hints: Vec::new(),
        }
    }

    /// An error of the file system, at a case.
    fn of_case(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let converted = Self::of_io(error);
        match error.kind() {
            _ if converted.code == DISK_FULL => converted.hint("the case is as it was before"),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => converted.hint(
                "trace and report write to a case too: its index, the run and the audit log; if it may not be changed, use a copy",
            ),
            _ => converted,
        }
    }
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Asked => Self {
                kind: Kind::Stopped,
                code: "cli/stopped",
                message: "it was not finished, and wrote nothing to the case; what the case had before is as it was".to_owned(),
                hints: Vec::new(),
            },
            Stop::Memory { held, bound } => {
                let size = |bytes| written(usize::try_from(bytes).unwrap_or(usize::MAX));
                Self {
                    code: MEMORY,
                    ..Self::usage(format!(
                        "this needs more memory than --memory {} allows: {} were held when it was stopped; nothing was reported",
                        size(bound),
                        size(held)
                    ))
                }
                .hint("give it more, or ask for less: a stop rule (--stop events=N, transfers=N, floor=200EUR, until=2024-06-30), one policy, a shorter time")
            }
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
            return Self::of_case(io);
        }
        let converted = Self::of_library(error.code(), &error);
        match error {
            Store::Stopped(stop) => stop.into(),
            Store::Io(error) => Self::of_case(&error),
            Store::NotACase(path) => converted.hint(format!(
                "make one with: moneytrail new {}",
                quoted(&path.to_string_lossy())
            )),
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
        let converted = Self::of_library(error.code(), &error);
        match error {
            Ingest::Io(error) => error.into(),
            Ingest::Store(error) => error.into(),
            Ingest::UnknownFormat { .. } => converted
                .hint("read are: Bitcoin block files, raw blocks and JSON; CSV, XLSX, XLS, XLSB and ODS; Parquet; and each of them packed with gzip, Zstandard or ZIP")
                .hint("if it is one of them, name the format with --as"),
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

/// What to do with a directory of which `generate` did not come to the end.
pub(crate) fn incomplete(out: &Path) -> String {
    format!(
        "what an interrupted `generate` made is incomplete (generate.json is written last): remove {} and run it again",
        quoted(&out.to_string_lossy())
    )
}

impl From<moneytrail_generate::Error> for Error {
    fn from(error: moneytrail_generate::Error) -> Self {
        use moneytrail_generate::Error as Generate;
        let converted = Self::of_library(error.code(), &error);
        match error {
            Generate::Io(error) => error.into(),
            Generate::NotEmpty(path) => {
                let looks_interrupted =
                    path.join("evidence").is_dir() && !path.join("generate.json").exists();
                let converted = converted.hint("name a directory that does not exist yet");
                if looks_interrupted {
                    converted.hint(incomplete(&path))
                } else {
                    converted
                }
            }
            _ => converted,
        }
    }
}

impl From<moneytrail_analysis::Error> for Error {
    fn from(error: moneytrail_analysis::Error) -> Self {
        if let moneytrail_analysis::Error::Stopped(stop) = error {
            return stop.into();
        }
        if let moneytrail_analysis::Error::TooFar { .. } = error {
            // No defect of the program: the question was too large for what it was given.
            return Self::of_library(error.code(), &error);
        }
        Self::internal(chain(&error))
            .hint("nothing was reported; please report this with the case's run manifest")
    }
}

impl From<moneytrail_report::ReportError> for Error {
    fn from(error: moneytrail_report::ReportError) -> Self {
        if let moneytrail_report::ReportError::Stopped(stop) = error {
            return stop.into();
        }
        Self::internal(chain(&error))
            .hint("no report was written; please report this with the case's run manifest")
    }
}

#[cfg(test)]
mod tests {
    use super::{DISK_FULL, Error};
    use moneytrail_store::Error as Store;
    use std::io::ErrorKind;

    /// Who asks a further question within a limit tells by the code that it was too large.
    #[test]
    fn a_question_that_is_too_large_is_told_from_defects() {
        let too_far = Error::from(moneytrail_analysis::Error::TooFar { n_max: 1 });
        assert_eq!(too_far.code, crate::follow::TOO_FAR);
        assert_ne!(too_far.kind, super::Kind::Internal);
    }

    #[test]
    fn a_case_that_cannot_be_written_says_what_to_do() {
        let said = |kind: ErrorKind| Error::from(Store::Io(kind.into()));
        let full = said(ErrorKind::StorageFull);
        assert_eq!(full.code, DISK_FULL);
        assert!(full.hints.iter().any(|hint| hint.contains("as it was")));
        for kind in [ErrorKind::ReadOnlyFilesystem, ErrorKind::PermissionDenied] {
            assert!(said(kind).hints[0].contains("use a copy"));
        }
        assert!(said(ErrorKind::TimedOut).hints.is_empty());
    }
}
