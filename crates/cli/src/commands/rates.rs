//! `rates`, and `add` of a list of rates.

use super::add::counted;
use super::tag::Taken;
use crate::args::RatesArgs;
use crate::error::{Error, Verdict};
use crate::lists;
use crate::shell::Shell;
use moneytrail_ingest::rates;
use moneytrail_store::{Case, CaseWriter};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::path::Path;

pub(crate) fn rates(args: &RatesArgs, shell: &Shell) -> Result<Verdict, Error> {
    let writer = Case::open(&args.case)?.write(&shell.actor())?;
    let taken = take_in(&writer, &args.file, shell)?;
    shell.json(&taken.json)?;
    Ok(if taken.n_refused == 0 {
        Verdict::Done
    } else {
        Verdict::Problems
    })
}

/// Takes a list in, whole or not at all.
pub(crate) fn take_in(writer: &CaseWriter, file: &Path, shell: &Shell) -> Result<Taken, Error> {
    let bytes = fs_err::read(file).map_err(|error| Error::of_named(file, &error))?;
    let list = rates::read(&bytes)?;
    let digest = hex::encode(Sha256::digest(&bytes));
    let name = format!("rates/{}.csv", &digest[..16]);
    let known = writer.case().root().join(&name).is_file();
    let n_rates = list.rates.len();
    let said = counted(n_rates as u64, "rates");
    if !known {
        writer.put(&name, &bytes)?;
        let original = file.file_name().map(|name| name.to_string_lossy());
        let detail = format!("{} sha256 {digest}; {said}", original.unwrap_or_default());
        writer.log(&shell.actor(), "rates", &name, &detail)?;
    }
    let what = if known {
        "the case has this list already"
    } else {
        "taken in"
    };
    shell.say(format!("{}: {said}, {what}", file.display()));
    // A list is kept as it was given: what contradicts another is found whenever rates are asked for.
    let mut refused = list.refused;
    for contradiction in lists::rates(writer.case())?.contradictions() {
        let lines = contradiction.lines(&name);
        refused.extend(lines.map(|line| (line, contradiction.to_string())));
    }
    refused.sort();
    lists::say_refused(&refused, shell);
    Ok(Taken {
        n_refused: refused.len() as u64,
        json: json!({
            "schema": "moneytrail-rates/1", "file": file.display().to_string(), "format": "rates-csv", "sha256": digest,
            "already_there": known, "rates": n_rates,
            "quarantined": refused.iter().map(|(row, reason)| json!({ "row": row, "reason": reason })).collect::<Vec<_>>(),
        }),
    })
}
