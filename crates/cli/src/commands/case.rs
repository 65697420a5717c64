//! `new` and `tag`: a case, and what people assert about accounts.

use crate::args::NewArgs;
use crate::error::{Error, Verdict};
use crate::shell::{Shell, quoted};
use moneytrail_model::AssetKey;
use moneytrail_store::case::CASE_VERSION;
use moneytrail_store::{Case, CaseInfo};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::path::Path;

pub(crate) fn new(args: &NewArgs, shell: &Shell) -> Result<Verdict, Error> {
    if AssetKey::currency(&args.base_currency).is_none() {
        return Err(Error::usage(format!(
            "`{}` is no currency code of three capital letters",
            args.base_currency
        )));
    }
    if jiff::tz::TimeZone::get(&args.time_zone).is_err() {
        return Err(
            Error::usage(format!("`{}` is no time zone", args.time_zone))
                .hint("for example Europe/Belgrade, or UTC"),
        );
    }
    let name = args
        .case
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let info = CaseInfo {
        version: CASE_VERSION,
        id: args.id.clone().unwrap_or(name),
        title: args.title.clone(),
        base_currency: args.base_currency.clone(),
        time_zone: args.time_zone.clone(),
        notice: args.notice.clone(),
        window: None,
    };
    Case::create(&args.case, &info, &shell.actor())?;
    shell.say(format!("case {} made in {}", info.id, args.case.display()));
    shell.say(format!(
        "take evidence in with: moneytrail add {} FILE...",
        quoted(&args.case.to_string_lossy())
    ));
    shell
        .json(&json!({ "schema": "moneytrail-new/1", "case": info.id, "directory": args.case }))?;
    Ok(Verdict::Done)
}

pub(crate) fn tag(case: &Path, file: &Path, shell: &Shell) -> Result<Verdict, Error> {
    let bytes = fs_err::read(file).map_err(|error| Error::of_named(file, &error))?;
    let list = moneytrail_ingest::tags::read(&bytes)?;
    let writer = Case::open(case)?.write(&shell.actor())?;
    let digest = hex::encode(Sha256::digest(&bytes));
    let name = format!("tags/{}.csv", &digest[..16]);
    let known = writer.case().root().join(&name).is_file();
    if !known {
        writer.put(&name, &bytes)?;
        let original = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        writer.log(
            &shell.actor(),
            "tag",
            &name,
            &format!("{original} sha256 {digest}; {} tags", list.tags.len()),
        )?;
    }
    let what = if known {
        "the case has this list already"
    } else {
        "taken in"
    };
    shell.say(format!(
        "{}: {} tags, {what}",
        file.display(),
        list.tags.len()
    ));
    for (row, reason) in &list.refused {
        shell.say(format!("  row {row} quarantined: {reason}"));
    }
    shell.json(&json!({
        "schema": "moneytrail-tag/1", "sha256": digest, "already_there": known, "tags": list.tags.len(),
        "quarantined": list.refused.iter().map(|(row, reason)| json!({ "row": row, "reason": reason })).collect::<Vec<_>>(),
    }))?;
    Ok(if list.refused.is_empty() {
        Verdict::Done
    } else {
        Verdict::Problems
    })
}
