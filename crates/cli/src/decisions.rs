//! Decisions of people, as they are kept below `claims/`.
//!
//! Laws. A decision is a file of its own, written once and named by its number; the last one about a thing counts, so that each can be
//! taken back. Its schema says what it is about; a file of a schema that this program does not know is refused, not passed over.

use crate::error::Error;
use crate::shell::Shell;
use moneytrail_store::Case;
pub(crate) use moneytrail_store::decision::{OF_MIRRORS, OF_ORDERS, Verdict};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Decisions on what a rule says of a transaction.
pub(crate) const OF_CLAIMS: &str = "moneytrail-decision/1";
/// Decisions on what a cell of a book is to be read as.
pub(crate) const OF_REPAIRS: &str = "moneytrail-repair-decision/1";
/// Decisions on whether two mentions are of one person.
pub(crate) const OF_PERSONS: &str = "moneytrail-person-decision/1";

#[derive(Deserialize)]
struct SchemaOnly {
    schema: String,
}

/// All decisions of a schema, in the order in which they were made.
pub(crate) fn of<D: DeserializeOwned>(case: &Case, wanted: &str) -> Result<Vec<D>, Error> {
    let mut decisions = Vec::new();
    for (name, bytes) in case.claims()? {
        let unread = |error: serde_json::Error| Error::input(format!("claims/{name}: {error}"));
        let SchemaOnly { schema } = serde_json::from_slice(&bytes).map_err(unread)?;
        if schema == wanted {
            decisions.push(serde_json::from_slice(&bytes).map_err(unread)?);
        } else if ![OF_CLAIMS, OF_REPAIRS, OF_PERSONS, OF_MIRRORS, OF_ORDERS].contains(&&*schema) {
            return Err(Error::input(format!(
                "claims/{name} is of schema `{schema}`, which this program does not read"
            )));
        }
    }
    Ok(decisions)
}

/// What is to be decided of what, by the one of the three options that is given.
pub(crate) fn asked<'a, T: ?Sized>(
    accept: Option<&'a T>,
    reject: Option<&'a T>,
    reopen: Option<&'a T>,
) -> Option<(Verdict, &'a T)> {
    let all = [
        (Verdict::Accept, accept),
        (Verdict::Reject, reject),
        (Verdict::Reopen, reopen),
    ];
    all.into_iter().find_map(|(what, of)| Some((what, of?)))
}

/// Why it is decided so; blanks are no reason.
pub(crate) fn reason(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// Writes a decision on `what` under the lock, and says so.
pub(crate) fn keep(
    case: &Case,
    (verdict, what, reason): (Verdict, &str, &str),
    decision: &impl Serialize,
    shell: &Shell,
) -> Result<(), Error> {
    let bytes = bytes(decision)?;
    let actor = shell.actor();
    let writer = case.clone().write(&actor)?;
    let path = writer.put_decision(&actor, verdict.as_str(), &bytes, reason)?;
    shell.say(format!("{} of {what}: written as {path}", verdict.as_str()));
    shell.json(&json!({ "schema": "moneytrail-written/1", "path": path, "decision": decision }))
}

/// A decision as it is kept.
pub(crate) fn bytes(decision: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut bytes =
        serde_json::to_vec_pretty(decision).map_err(|error| Error::internal(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}
