//! Why two mentions are one person, or are not.

use super::read::Mentions;
use super::say::Run;
use crate::error::{Error, Verdict};
use crate::shell::Shell;
use serde_json::json;
use std::collections::BTreeSet;

/// Most cells that an error lists.
const N_LISTED: usize = 5;

pub(super) fn why(run: &Run<'_>, [a, b]: [&String; 2], shell: &Shell) -> Result<Verdict, Error> {
    let [a, b] = [one(run, a)?, one(run, b)?];
    let chain = run.found.chain(a, b);
    let mut held = None;
    match &chain {
        Some(chain) if chain.is_empty() => shell.say("they are one mention"),
        Some(chain) => {
            shell.say(format!(
                "{} and {} are one person, by {} merges",
                run.named(a),
                run.named(b),
                chain.len()
            ));
            for merge in chain {
                run.waterfall(merge, shell);
            }
        }
        None => {
            shell.say(format!(
                "no claim joins {} and {}",
                run.named(a),
                run.named(b)
            ));
            let person = |of: usize| {
                run.found
                    .persons
                    .iter()
                    .position(|person| person.contains(&of))
            };
            let both = BTreeSet::from([person(a), person(b)]);
            held = run.found.held.iter().find(|held| {
                let of: BTreeSet<Option<usize>> = held
                    .mentions
                    .iter()
                    .map(|&mention| person(mention))
                    .collect();
                of == both
            });
            match held {
                Some(held) => run.waterfall(held, shell),
                None => shell.say("nothing that was compared makes them likely to be one"),
            }
        }
    }
    shell.json(&json!({
        "schema": "moneytrail-people-why/1", "together": chain.is_some(),
        "chain": chain.unwrap_or_default().into_iter().map(|merge| run.merge(merge)).collect::<Vec<_>>(),
        "held": held.map(|held| run.merge(held)),
    }))?;
    Ok(Verdict::Done)
}

/// The mention that a text means; of a name that several bear, the first, if they are one person.
fn one(run: &Run<'_>, text: &str) -> Result<usize, Error> {
    let named = run.mentions.named(text);
    let person = |of: usize| {
        run.found
            .persons
            .iter()
            .position(|person| person.contains(&of))
    };
    let persons: BTreeSet<Option<usize>> = named.iter().map(|&mention| person(mention)).collect();
    match (named.first(), persons.len()) {
        (Some(&mention), 1) => Ok(mention),
        (None, _) => Err(Error::input(format!("`{text}`: no mention of a person stands there"))
            .hint("a cell such as book.xlsx!Sheet1!R12C4, with #2 for its second name, or a row with one person")),
        _ => Err(several(run.mentions, text, &named)),
    }
}

pub(super) fn several(mentions: &Mentions, text: &str, named: &[usize]) -> Error {
    let few: Vec<String> = named
        .iter()
        .take(N_LISTED)
        .map(|&mention| mentions.stands[mention].full())
        .collect();
    Error::usage(format!("`{text}` means {} mentions", named.len()))
        .hint(format!("give one of them in full: {}", few.join("  ")))
}
