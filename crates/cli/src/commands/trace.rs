//! `trace` and `report`: follow money, say where it went, and write it down.

use super::{end_points, log_disclosure, otherwise_lines};
use crate::args::{LayerArg, PolicyArg, ReportArgs, TraceArgs};
use crate::compose::{self, Bounds};
use crate::error::{Error, Verdict};
use crate::follow::{self, Evidence, Runs};
use crate::otherwise::{self, LeftOut};
use crate::progress::Total;
use crate::shell::{Shell, quoted};
use clap::ValueEnum;
use moneytrail_model::Watch;
use moneytrail_report::document::{Balance, Document, Money, PieceLabel, Step, TraceView};
use moneytrail_store::Case;
use moneytrail_store::decision::ACCEPTED;
use std::path::Path;

/// Most steps that are listed for people; the report and the JSON have all.
const N_LISTED: usize = 40;

pub(crate) fn trace(args: &TraceArgs, shell: &Shell) -> Result<Verdict, Error> {
    let evidence = opened(args, shell)?;
    let mut run = follow::run(&evidence, args, shell)?;
    run.without = Some(otherwise::all(&evidence, args, &run, shell)?);
    let commands = vec![
        verify_command(&args.case),
        format!("moneytrail trace {}", options(args, &run.written)),
    ];
    let document = compose::document(
        &evidence,
        std::slice::from_ref(&run),
        commands,
        Bounds::BesideSeveral,
        shell,
    )?;
    let document = document.into_masked();
    let watch = shell.work("write it down", Total::Unknown);
    let json = moneytrail_report::masked_to_json(&document, &watch)?;
    drop(watch);
    keep(&evidence, &[run], "trace", &json, shell)?;
    if shell.is_json() {
        shell.text(&json);
    } else {
        print(&document, shell);
    }
    Ok(Verdict::Done)
}

pub(crate) fn report(args: &ReportArgs, shell: &Shell) -> Result<Verdict, Error> {
    let is_html = match args
        .output
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase())
        .as_deref()
    {
        Some("html" | "htm") => true,
        Some("json") => false,
        _ => {
            return Err(Error::usage(format!(
                "{}: a report ends in .html or .json",
                args.output.display()
            ))
            .hint("for PDF, print the HTML report from a browser"));
        }
    };
    let evidence = opened(&args.trace, shell)?;
    let mut runs = runs(&evidence, &args.trace, shell)?;
    for run in &mut runs {
        run.without = Some(otherwise::all(&evidence, &args.trace, run, shell)?);
    }
    let output = args
        .output
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let commands = vec![
        verify_command(&args.trace.case),
        format!(
            "moneytrail report {} -o {}",
            options(&args.trace, &runs[0].written),
            quoted(&output)
        ),
    ];
    let document = compose::document(&evidence, &runs, commands, Bounds::Wanted, shell)?;
    let document = document.into_masked();
    let watch = shell.work("write it down", Total::Unknown);
    let json = moneytrail_report::masked_to_json(&document, &watch)?;
    let text = if is_html {
        moneytrail_report::masked_to_html(&document)?
    } else {
        json.clone()
    };
    watch.check()?;
    drop(watch);
    // First the log: nothing that shows names leaves the case unlogged.
    keep(&evidence, &runs, "report", &json, shell)?;
    fs_err::write(&args.output, &text)?;
    let head = &document.head;
    if let Some(nothing) = &head.nothing {
        shell.say(nothing.plain());
    }
    for answer in &head.answers {
        shell.say(format!(
            "{} layer: {}",
            answer.layer.as_str(),
            answer.sentence()?.plain()
        ));
    }
    shell.say(format!("report: {}", args.output.display()));
    shell.json(&serde_json::json!({
        "schema": "moneytrail-written/1", "report": args.output, "bytes": text.len(),
    }))?;
    Ok(Verdict::Done)
}

/// The evidence, without what is not to count.
fn opened(args: &TraceArgs, shell: &Shell) -> Result<Evidence, Error> {
    let evidence = Evidence::open(&args.case, shell)?;
    let left_out = LeftOut::parse(&args.without, &evidence.case)?;
    if left_out.is_nothing() {
        return Ok(evidence);
    }
    evidence.without(left_out, shell)
}

/// A report has both layers, unless one was asked for or the seed moved nothing on the other.
pub(crate) fn runs(
    evidence: &Evidence,
    args: &TraceArgs,
    shell: &Shell,
) -> Result<Vec<Runs>, Error> {
    if args.layer.is_some() {
        return Ok(vec![follow::run(evidence, args, shell)?]);
    }
    let first = follow::run(evidence, args, shell)?;
    let other = match first.layer {
        moneytrail_model::Layer::Value => LayerArg::Custody,
        moneytrail_model::Layer::Custody => return Ok(vec![first]),
    };
    let other = follow::run(
        evidence,
        &TraceArgs {
            layer: Some(other),
            ..args.clone()
        },
        shell,
    );
    match other {
        Ok(other) => Ok(vec![first, other]),
        Err(error) if error.code == follow::MOVED_NOTHING => Ok(vec![first]),
        Err(error) => Err(error),
    }
}

/// Stores the run: manifest and result, under the lock.
pub(super) fn keep(
    evidence: &Evidence,
    runs: &[Runs],
    command: &str,
    json: &str,
    shell: &Shell,
) -> Result<(), Error> {
    let manifest: Vec<u8> = runs
        .iter()
        .flat_map(|run| run.manifest.iter().copied())
        .collect();
    let writer = Case::open(evidence.case.root())?.write(&shell.actor())?;
    if writer.case().content_hash()? != evidence.content {
        return Err(
            Error::input("the case changed while this ran, and nothing was reported")
                .hint("run the command again"),
        );
    }
    if shell.is_disclosed() && runs.iter().any(|run| run.names_people(&evidence.graph)) {
        log_disclosure(&writer, command, shell)?;
    }
    writer.put_run(
        &shell.actor(),
        command,
        &manifest,
        &[("result.json", json.as_bytes())],
    )?;
    Ok(())
}

fn verify_command(case: &Path) -> String {
    format!("moneytrail verify {}", quoted(&name_of(case)))
}

/// The case's directory without the way to it, which differs from machine to machine.
fn name_of(case: &Path) -> String {
    let absolute = fs_err::canonicalize(case).unwrap_or_else(|_| case.to_owned());
    absolute
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The options of a trace as they can be pasted.
fn options(args: &TraceArgs, written: &[String]) -> String {
    let mut words = vec![quoted(&name_of(&args.case))];
    if args.entity {
        words.push("--entity".to_owned());
    }
    let mut option = |name: &str, value: &str| words.extend([name.to_owned(), quoted(value)]);
    let seed = if args.to.is_empty() { "--from" } else { "--to" };
    for text in written {
        option(seed, text);
    }
    let word = |value: Option<clap::builder::PossibleValue>| {
        value
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    };
    option(
        "--policy",
        &word(PolicyArg::to_possible_value(&args.policy)),
    );
    if let Some(layer) = &args.layer {
        option("--layer", &word(layer.to_possible_value()));
    }
    option("--stop", &args.stop);
    if let Some(mirrors) = &args.mirrors {
        option("--mirrors", &word(mirrors.to_possible_value()));
    }
    args.since.iter().for_each(|when| option("--since", when));
    args.as_of.iter().for_each(|when| option("--as-of", when));
    if args.rate_days != 0 {
        option("--rate-days", &args.rate_days.to_string());
    }
    if !args.without.is_empty() {
        option("--without", &args.without.join(","));
    }
    words.join(" ")
}

fn print(document: &Document, shell: &Shell) {
    shell.say(document.head.question.plain());
    if let Some(nothing) = &document.head.nothing {
        shell.say(nothing.plain());
    }
    for answer in &document.head.answers {
        if let Ok(sentence) = answer.sentence() {
            shell.say(format!(
                "{} layer: {}",
                answer.layer.as_str(),
                sentence.plain()
            ));
        }
        if let Some(weakest) = &answer.weakest {
            shell.say(format!(
                "  rests on {} by {}: {}; without it, {}",
                weakest.inference.badge(),
                weakest.inference.rule,
                weakest.says.plain(),
                weakest.without.plain()
            ));
        }
    }
    for view in &document.traces {
        print_view(view, shell);
        end_points::print(view, shell);
        otherwise_lines::print(view, shell);
    }
    // What a person accepted has its figures beside it: how rare it is, and what competes with it.
    for claim in &document.people.claims {
        let inference = &claim.inference;
        if inference.parameters.starts_with(ACCEPTED) {
            shell.say(format!(
                "  {} by {}: {}; {}",
                claim.id,
                inference.rule,
                claim.says.plain(),
                inference.parameters
            ));
        }
    }
    // A number is no name: what stands behind it must not need another command.
    let accounts = document
        .people
        .entities
        .iter()
        .flat_map(|entity| &entity.accounts);
    for account in accounts {
        if let (Some(name), Some(note)) = (&account.party.name, &account.note)
            && !["hawaladar:", "name:"]
                .iter()
                .any(|kind| note.starts_with(kind))
        {
            shell.say(format!("  {name} = {note}"));
        }
    }
    for cut in &document.limits.cut_off {
        shell.say(format!(
            "STOP: {}: {}",
            cut.rule.as_str(),
            cut.amount.full()
        ));
    }
}

fn print_view(view: &TraceView, shell: &Shell) {
    shell.say_apart(format!(
        "{} layer, {}, unexplained money placed {}",
        view.layer.as_str(),
        view.policy,
        view.placement
    ));
    for step in view.steps.iter().take(N_LISTED) {
        print_step(step, shell);
    }
    if view.steps.len() > N_LISTED {
        shell.say(format!(
            "  … and {} more steps: moneytrail report … -o report.html has them all",
            view.steps.len() - N_LISTED
        ));
    }
    for line in &view.balance {
        shell.say(format!("  balance: {}", balance(line)));
    }
    for mark in &view.marked {
        shell.say(format!(
            "  marked: {}, at most {} of {}",
            mark.party.plain(),
            mark.marked.figure(),
            mark.pool.full()
        ));
    }
}

/// Both sides of a balance, without the terms that are zero.
fn balance(line: &Balance) -> String {
    let sum = |terms: &[(&Money, &str)]| {
        let terms = terms.iter().filter(|(amount, _)| amount.units() != 0);
        let terms: Vec<String> = terms
            .map(|(amount, what)| format!("{} {what}", amount.figure()))
            .collect();
        if terms.is_empty() {
            "0".to_owned()
        } else {
            terms.join(" + ")
        }
    };
    let came = sum(&[(&line.seeded, "seeded"), (&line.arrived, "arrived")]);
    let went = sum(&[
        (&line.resting, "resting"),
        (&line.fees, "fees"),
        (&line.burned, "burned"),
        (&line.returned, "returned"),
        (&line.taken_over, "taken over"),
        (&line.cut_off, "cut off"),
        (&line.converted, "converted"),
        (&line.reached, "reached"),
        (&line.elsewhere, "elsewhere"),
    ]);
    let difference = line
        .difference()
        .map_or_else(|| "unknown".to_owned(), |difference| difference.to_string());
    format!(
        "{}: {came} = {went}, difference {difference}",
        line.seeded.asset.symbol
    )
}

fn print_step(step: &Step, shell: &Shell) {
    let place = step.evidence.first().map(|citation| match &citation.txid {
        // A row of a table is what a person looks up; a place in block files is not.
        Some(txid) if citation.locator.contains('!') => {
            format!("{} {}, {txid}", citation.exhibit, citation.locator)
        }
        Some(txid) => format!("{} {txid}", citation.exhibit),
        None => format!("{} {}", citation.exhibit, citation.locator),
    });
    let stop = step
        .stop
        .as_ref()
        .map(|stop| format!("  STOP: {}", stop.rule.as_str()))
        .unwrap_or_default();
    let other = step
        .pieces
        .iter()
        .any(|piece| piece.label != PieceLabel::Traced);
    let traced = if other {
        format!(" (of it traced {})", step.traced.figure())
    } else {
        String::new()
    };
    let basis = step
        .basis
        .inference()
        .map(|inference| format!("  [{}]", inference.badge()))
        .unwrap_or_default();
    shell.say(format!(
        "{:>4}  {}  {} -> {}  {}{traced}{basis}{stop}",
        step.number,
        step.when.utc,
        step.from.plain(),
        step.to.plain(),
        step.amount.full()
    ));
    shell.say(format!("      {}", place.unwrap_or_default()));
    if let Some(worth) = &step.worth {
        shell.say(match &worth.amount {
            Some(amount) => format!("      ≈ {} at {} [assumption]", amount.full(), worth.by),
            None => format!("      no rate: {}", worth.by),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_can_be_pasted() {
        assert_eq!(quoted("book.xlsx"), "book.xlsx");
        assert_eq!(quoted("book.xlsx!Sheet1!R12"), "'book.xlsx!Sheet1!R12'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
