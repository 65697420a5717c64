//! `find`: every place where a text occurs.

mod args;
mod query;
mod scan;

pub(crate) use args::FindArgs;

use crate::commands::{counted, disclose};
use crate::error::{Error, Verdict};
use crate::figures::date;
use crate::memory;
use crate::shell::Shell;
use moneytrail_store::Case;
use query::Query;
use scan::{Finds, Found};
use serde_json::{Value, json};

/// Most places that are listed for people.
const N_LISTED: usize = 50;

pub(crate) fn find(args: &FindArgs, shell: &Shell) -> Result<Verdict, Error> {
    let query = Query::new(&args.text, &args.kinds);
    if query.kinds.is_empty() {
        return Err(
            Error::usage("the text is nothing that can be looked for").hint(
                "a name, telephone, amount, date, code, address or transaction id; --as says which",
            ),
        );
    }
    let case = memory::within(Case::open(&args.case)?, shell.memory())?;
    if shell.is_disclosed() {
        disclose(case.clone(), "find", shell)?;
    }
    let bar = shell.spinner("look through the exhibits");
    let mut finds = Finds::new(usize::try_from(args.most).unwrap_or(usize::MAX));
    let exhibits = case.exhibits()?;
    for exhibit in &exhibits {
        scan::look_through(
            &case,
            exhibit.number,
            &query,
            shell.is_disclosed(),
            &mut finds,
        )?;
    }
    drop(bar);
    say(&query, exhibits.len(), &finds, shell);
    let days = query.days.iter().map(|&day| date(day));
    shell.json(&json!({
        "schema": "moneytrail-find/1",
        "taken_for": query.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
        "days": days.collect::<Vec<_>>(),
        "amounts": query.amounts,
        "exhibits": exhibits.len(),
        "places": finds.n_all(),
        "by_kind": finds.counts.iter().map(|(kind, n)| (kind.as_str().to_owned(), json!(n))).collect::<serde_json::Map<_, _>>(),
        "found": finds.kept().map(place).collect::<Vec<_>>(),
    }))?;
    Ok(Verdict::Done)
}

fn place(found: &Found) -> Value {
    json!({
        "exhibit": format!("X{}", found.exhibit), "locator": found.locator.to_string(), "as": found.hit.kind.as_str(),
        "how": found.hit.says, "rank": found.hit.rank, "raw": found.raw, "masked": found.is_masked,
    })
}

fn say(query: &Query, n_exhibits: usize, finds: &Finds, shell: &Shell) {
    let kinds: Vec<&str> = query.kinds.iter().map(|kind| kind.as_str()).collect();
    shell.say(format!(
        "{} in {}; looked for as {}",
        counted(finds.n_all(), "places"),
        counted(n_exhibits as u64, "exhibits"),
        kinds.join(", ")
    ));
    if !query.days.is_empty() {
        let days: Vec<String> = query.days.iter().map(|&day| date(day)).collect();
        shell.say(format!("the date may be {}", days.join(" or ")));
    }
    let mut is_masked = false;
    for found in finds.kept().take(N_LISTED) {
        let raw = match (&found.raw, found.is_masked) {
            (Some(raw), _) => format!("  {raw}"),
            (None, true) => "  masked".to_owned(),
            (None, false) => String::new(),
        };
        is_masked |= found.is_masked;
        shell.say(format!(
            "X{} {}  {}: {}{raw}",
            found.exhibit,
            found.locator,
            found.hit.kind.as_str(),
            found.hit.says
        ));
    }
    if finds.n_all() > N_LISTED as u64 {
        shell.say(format!(
            "and {} more; --json lists the best {}",
            finds.n_all() - N_LISTED as u64,
            finds.kept().count()
        ));
    }
    if is_masked {
        shell.note("cells that can name people are masked; --operator and --purpose show them");
    }
}
