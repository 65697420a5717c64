//! `inspect --addresses`: addresses in any text, and whether a case knows them.

use super::add::counted;
use crate::args::InspectArgs;
use crate::error::{Error, Verdict};
use crate::follow::Evidence;
use crate::shell::Shell;
use moneytrail_ingest::EvidenceFile;
use moneytrail_ingest::addresses::{self, Hit, Kind};
use moneytrail_model::{AccountKey, Network};
use serde_json::{Value, json};

pub(crate) fn addresses(args: &InspectArgs, shell: &Shell) -> Result<Verdict, Error> {
    let evidence = args
        .case
        .as_deref()
        .map(|case| Evidence::open(case, shell))
        .transpose()?;
    let scratch = std::env::temp_dir();
    let mut found = Vec::new();
    let mut left_out = Vec::new();
    for path in std::iter::once(&args.file).chain(&args.more) {
        fs_err::metadata(path).map_err(|error| Error::of_named(path, &error))?;
        for file in addresses::search(&EvidenceFile::at(path), &scratch)? {
            if let Some(why) = &file.left_out {
                shell.note(format!("{}: not searched: {why}", file.name));
                left_out.push(json!({ "file": file.name, "why": why }));
            }
            for hit in &file.hits {
                found.push(said(&file.name, hit, evidence.as_ref(), shell));
            }
        }
    }
    shell.say(format!("{} found", counted(found.len() as u64, "places")));
    shell.json(
        &json!({ "schema": "moneytrail-addresses/1", "found": found, "left_out": left_out }),
    )?;
    Ok(if left_out.is_empty() {
        Verdict::Done
    } else {
        Verdict::Problems
    })
}

fn said(file: &str, hit: &Hit, evidence: Option<&Evidence>, shell: &Shell) -> Value {
    let accounts = &hit.token.accounts;
    let networks = accounts.iter().filter_map(AccountKey::network);
    let networks: Vec<&str> = networks.map(Network::as_str).collect();
    let what = match hit.token.kind {
        Kind::Address => networks.join(", "),
        Kind::FormOnly => format!("form only, no checksum: {}", networks.join(", ")),
        Kind::PrivateKey => "a private key (WIF), not shown".to_owned(),
        Kind::ExtendedPrivateKey => "an extended private key, not shown".to_owned(),
    };
    let known = |evidence: &Evidence| {
        accounts
            .iter()
            .any(|account| evidence.graph.node_of(account).is_some())
    };
    let is_in_case = evidence.map(known);
    let mut labels: Vec<&str> = evidence
        .into_iter()
        .flat_map(|evidence| &evidence.tags)
        .filter(|tag| accounts.contains(&tag.account))
        .map(|tag| &*tag.label)
        .collect();
    labels.dedup();
    let in_case = if is_in_case == Some(true) {
        "  [in the case]"
    } else {
        ""
    };
    let tagged = if labels.is_empty() {
        String::new()
    } else {
        format!("  [tagged: {}]", labels.join(", "))
    };
    shell.say(format!(
        "{file}!line {}  {}  {what}{in_case}{tagged}",
        hit.line, hit.token.text
    ));
    let kind = match hit.token.kind {
        Kind::Address => "address",
        Kind::FormOnly => "form only",
        Kind::PrivateKey => "private key",
        Kind::ExtendedPrivateKey => "extended private key",
    };
    json!({
        "file": file, "line": hit.line, "kind": kind, "text": hit.token.text, "networks": networks,
        "in_case": is_in_case, "tags": labels,
    })
}
