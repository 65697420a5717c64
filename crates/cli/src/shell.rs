//! Everything that reaches the terminal: results to stdout, all else to stderr, nothing raw.
#![expect(
    clippy::unused_self,
    reason = "who prints is handed a shell, whatever it needs of it"
)]

use crate::args::Common;
use crate::error::{Error, Kind};
use crate::progress::{Bar, Total};
use crate::stop::Stopping;
use moneytrail_store::graph::Graph;
use moneytrail_store::{Actor, BuildNotes, Case};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

/// How a command talks.
#[derive(Debug)]
pub(crate) struct Shell {
    json: bool,
    memory: Option<usize>,
    operator: Option<String>,
    purpose: Option<String>,
    stopping: Arc<Stopping>,
}

impl Shell {
    pub(crate) fn new(common: &Common, stopping: Arc<Stopping>) -> Self {
        Self {
            stopping,
            json: common.json,
            memory: common.memory,
            operator: stated(common.operator.as_ref()),
            purpose: stated(common.purpose.as_ref()),
        }
    }

    /// Whether results are JSON.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Bytes of memory that a command may use.
    pub(crate) const fn memory(&self) -> Option<usize> {
        self.memory
    }

    /// A line of result for people; silent where results are JSON.
    pub(crate) fn say(&self, line: impl AsRef<str>) {
        if !self.json {
            put_raw(&one_line(line.as_ref()));
        }
    }

    /// An empty line and then one of result.
    pub(crate) fn say_apart(&self, line: impl AsRef<str>) {
        self.say("");
        self.say(line);
    }

    /// The result as JSON, where it is asked for.
    pub(crate) fn json<T: Serialize>(&self, value: &T) -> Result<(), Error> {
        if self.json {
            let text = serde_json::to_string_pretty(value)
                .map_err(|error| Error::internal(error.to_string()))?;
            put_raw(&harmless(&text));
        }
        Ok(())
    }

    /// A text of a report, such as its JSON: what steers a terminal is escaped in it already.
    pub(crate) fn text(&self, text: &str) {
        put_raw(text.trim_end_matches('\n'));
    }

    /// A remark on the way; never a result.
    pub(crate) fn note(&self, line: impl AsRef<str>) {
        remark(line.as_ref());
    }

    /// A progress bar, hidden where nobody watches, of reading evidence.
    pub(crate) fn bar(&self, what: &str, n_bytes: u64) -> Bar {
        Bar::watched(&one_line(what), Total::Bytes(n_bytes), &self.stopping)
    }

    /// A spinner, hidden where nobody watches, of what cannot be asked to end: a signal ends the program at once.
    pub(crate) fn spinner(&self, what: &str) -> Bar {
        Bar::plain(&one_line(what), Total::Unknown)
    }

    /// A progress bar of a computation that ends when the process holds more than `--memory`.
    pub(crate) fn work(&self, what: &str, total: Total) -> Bar {
        Bar::watched(&one_line(what), total, &self.stopping).within(self.memory)
    }

    /// The graph of a case, which is built if it is not there.
    pub(crate) fn graph(&self, case: &Case) -> Result<(Graph, BuildNotes), Error> {
        let n_rows = case.n_rows_to_build()?;
        let what = if n_rows > 0 {
            "build the index"
        } else {
            "open the graph"
        };
        // Building keeps to `--memory` by itself.
        let bar = Arc::new(Bar::watched(what, Total::Things(n_rows), &self.stopping));
        Ok(case.clone().watched_by(bar).graph()?)
    }

    /// Who acts now.
    pub(crate) fn actor(&self) -> Actor {
        let operator = self
            .operator
            .clone()
            .or_else(|| std::env::var("USER").ok())
            .unwrap_or_else(|| "unknown".into());
        let at = jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string();
        Actor {
            operator,
            purpose: self.purpose.clone(),
            at,
        }
    }

    /// The purpose that was stated.
    pub(crate) fn purpose(&self) -> Option<&str> {
        self.purpose.as_deref()
    }

    /// Whether masked names may be read: who asks and why are stated, and go into the audit log.
    pub(crate) const fn is_disclosed(&self) -> bool {
        self.purpose.is_some() && self.operator.is_some()
    }

    /// The operator that was stated.
    pub(crate) fn operator(&self) -> Option<&str> {
        self.operator.as_deref()
    }

    /// Prints an error and gives its exit code.
    pub(crate) fn fail(&self, error: &Error) -> ExitCode {
        let is_stopped = error.kind == Kind::Stopped;
        let word = if is_stopped { "stopped" } else { "error" };
        remark(&format!("{word}: {}", error.message));
        for hint in &error.hints {
            remark(&format!("  hint: {hint}"));
        }
        if self.json {
            let value = serde_json::json!({
                "schema": "moneytrail-error/1", "code": error.code, "message": error.message, "hints": error.hints,
            });
            put_raw(&harmless(&value.to_string()));
        }
        error.kind.exit_code()
    }
}

/// As [`printable`], and no name of evidence can begin a line of its own.
fn one_line(text: &str) -> String {
    printable(text).replace('\n', "\\n")
}

/// What a person stated; white space states nothing.
fn stated(text: Option<&String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

/// Whether a character steers the terminal, or the direction of what follows.
fn steers(character: char) -> bool {
    let turns = matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || turns
}

/// JSON that means the same and steers nothing: outside strings no such character stands but line feeds.
fn harmless(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && steers(character) {
            let _ = write!(text, "\\u{:04x}", u32::from(character));
        } else {
            text.push(character);
        }
    }
    text
}

/// Quotes a word for a POSIX shell where it needs that.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=,:@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// What the command line itself got wrong, or its help.
pub(crate) fn refuse(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() && std::env::args_os().any(|word| word == "--json") {
        let text = error.to_string();
        let message = text.lines().next().unwrap_or_default();
        let value = serde_json::json!({
            "schema": "moneytrail-error/1", "code": "cli/usage",
            "message": message.trim_start_matches("error: "), "hints": [],
        });
        put_raw(&value.to_string());
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// A line to stderr; that nobody reads it is no reason to stop.
pub(crate) fn remark(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", one_line(line));
}

/// A closed pipe is no error: the reader had enough.
fn put_raw(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"));
}

/// Text from evidence must not steer the terminal: control characters and those that change the
/// direction of what follows are shown by their code.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '\n' || character == '\t' || !steers(character) {
            shown.push(character);
        } else {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{harmless, printable, quoted};

    #[test]
    fn words_are_quoted_where_a_shell_would_split_them() {
        assert_eq!(quoted("cases/1.x"), "cases/1.x");
        assert_eq!(quoted("case 1"), "'case 1'");
        assert_eq!(quoted("o'neil!"), r"'o'\''neil!'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn json_cannot_steer_the_terminal_either() {
        let value = serde_json::json!({ "name": "a\u{9b}31m\u{202e}b\u{7f}\n", "n": [1] });
        let text = harmless(&serde_json::to_string_pretty(&value).unwrap());
        assert!(text.contains("a\\u009b31m\\u202eb\\u007f\\n"), "{text}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }

    #[test]
    fn evidence_cannot_steer_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[31mb\u{202e}c\u{0}"),
            "a\\u{1b}[31mb\\u{202e}c\\u{0}"
        );
        assert_eq!(printable("حاجی 12\n"), "حاجی 12\n");
    }
}
