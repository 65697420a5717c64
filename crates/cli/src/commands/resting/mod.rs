//! `resting`: where followed money can still be stopped, what rests where now, frozen or not, and whom to serve.

mod args;
mod grounds;
mod holder;
mod places;
mod say;

pub(crate) use args::RestingArgs;

use super::trace::keep;
use crate::compose::Composer;
use crate::error::{Error, Verdict};
use crate::follow::{self, Evidence};
use crate::freezes::Freezes;
use crate::lists::Lists;
use crate::shell::Shell;

pub(crate) fn resting(args: &RestingArgs, shell: &Shell) -> Result<Verdict, Error> {
    let evidence = Evidence::open(&args.case, shell)?;
    let (trace, of_run) = args.trace(&evidence)?;
    let run = follow::run(&evidence, &trace, shell)?;
    let listed = run.listed()?;
    if !listed.spec.policy.has_amounts() {
        return Err(Error::usage(format!(
            "{} says what money can have reached, and not how much rests where",
            listed.spec.policy.as_str()
        ))
        .hint("fifo, lifo, haircut, libr, traced-first, tiho or all"));
    }
    let lists = Lists::of(&evidence.case)?;
    let freezes = Freezes::of(&evidence.case, &lists)?;
    let grounds = grounds::Grounds::of(&evidence, &run);
    let setting = places::Setting {
        evidence: &evidence,
        run: &run,
        actors: &lists.actors,
        freezes: &freezes,
        grounds: &grounds,
        as_of: listed.spec.as_of,
        is_shared: args.share.is_some(),
    };
    let mut composer = Composer::new(&evidence, run.rate_days, shell);
    let found = say::Found {
        run: &run,
        places: setting.places(&mut composer)?,
        gone: setting.gone(&composer)?,
        of_run,
        as_of: trace.as_of.clone(),
        base_currency: evidence.case.info().base_currency.clone(),
    };
    let json = found.json()?;
    let mut text =
        serde_json::to_string_pretty(&json).map_err(|error| Error::internal(error.to_string()))?;
    text.push('\n');
    // First the log: nothing that shows names leaves the case unlogged.
    keep(
        &evidence,
        std::slice::from_ref(&run),
        "resting",
        &text,
        shell,
    )?;
    found.table(shell)?;
    shell.json(&json)?;
    Ok(Verdict::Done)
}
