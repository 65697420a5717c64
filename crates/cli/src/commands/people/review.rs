//! Persons that may be one, and what people decided.

use super::args::PeopleArgs;
use super::decision::Decision;
use super::explain::several;
use super::read::Mentions;
use super::say::Run;
use crate::decisions;
use crate::error::{Error, Verdict};
use crate::shell::Shell;
use moneytrail_analysis::people::SAME_PERSON;
use moneytrail_store::Case;
use serde_json::json;

/// Writes a decision, if one is asked for.
pub(super) fn decide(
    args: &PeopleArgs,
    case: &Case,
    mentions: &Mentions,
    shell: &Shell,
) -> Result<Option<Verdict>, Error> {
    let [accept, reject, reopen] = [&args.accept, &args.reject, &args.reopen].map(Option::as_deref);
    let Some((verdict, [a, b])) = decisions::asked(accept, reject, reopen) else {
        return Ok(None);
    };
    let reason = decisions::reason(args.reason.as_deref())
        .ok_or_else(|| Error::usage("a decision needs a reason"))?;
    let one = |text: &String| match mentions.named(text)[..] {
        [mention] => Ok(mentions.stands[mention].full()),
        [] => Err(Error::input(format!(
            "`{text}`: no mention of a person stands there"
        ))),
        ref named => Err(several(mentions, text, named)),
    };
    let both = [one(a)?, one(b)?];
    if both[0] == both[1] {
        return Err(Error::usage("they are one mention"));
    }
    let decision = Decision::new(verdict, SAME_PERSON.name, both, reason);
    let [a, b] = &decision.mentions;
    let what = format!("{a} and {b} by {}", decision.rule);
    decisions::keep(case, (verdict, &what, reason), &decision, shell)?;
    Ok(Some(Verdict::Done))
}

/// Lists what may be one person, and what was decided.
pub(super) fn list(run: &Run<'_>, decisions: &[Decision], shell: &Shell) -> Result<Verdict, Error> {
    for held in &run.found.held {
        run.waterfall(held, shell);
    }
    if run.found.held.is_empty() {
        shell.say("no two persons are likely to be one");
    }
    let in_evidence = |decision: &Decision| {
        let is_known = |place: &String| {
            run.mentions
                .stands
                .iter()
                .any(|stands| stands.full() == *place)
        };
        decision.mentions.iter().all(is_known)
    };
    for decision in decisions {
        let effect = if in_evidence(decision) {
            ""
        } else {
            " (decides nothing: a mention is not in the evidence)"
        };
        shell.say(format!(
            "decided: {} of {} and {}: {}{effect}",
            decision.decided.as_str(),
            decision.mentions[0],
            decision.mentions[1],
            decision.reason
        ));
    }
    let without_effect: Vec<&Decision> = decisions.iter().filter(|of| !in_evidence(of)).collect();
    shell.json(&json!({
        "schema": "moneytrail-people-review/1",
        "waiting": run.found.held.iter().map(|held| run.merge(held)).collect::<Vec<_>>(),
        "decisions": decisions, "without_effect": without_effect,
    }))?;
    Ok(Verdict::Done)
}
