//! `new`: a case.

use crate::args::NewArgs;
use crate::error::{Error, Verdict};
use crate::shell::{Shell, quoted};
use moneytrail_model::AssetKey;
use moneytrail_store::case::CASE_VERSION;
use moneytrail_store::{Case, CaseInfo};
use serde_json::json;
use std::path::Path;

/// A case without a title, by the name of its directory.
pub(crate) fn plain(root: &Path) -> CaseInfo {
    let name = root.file_name().unwrap_or_default();
    CaseInfo {
        version: CASE_VERSION,
        id: name.to_string_lossy().into_owned(),
        title: String::new(),
        base_currency: "EUR".to_owned(),
        time_zone: "UTC".to_owned(),
        notice: None,
        window: None,
    }
}

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
    let plain = plain(&args.case);
    let info = CaseInfo {
        id: args.id.clone().unwrap_or(plain.id),
        title: args.title.clone(),
        base_currency: args.base_currency.clone(),
        time_zone: args.time_zone.clone(),
        notice: args.notice.clone(),
        ..plain
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
