//! What figures are without each inference, as tables for a terminal.

use super::end_points::say_table;
use crate::shell::Shell;
use moneytrail_report::document::{
    InferenceForm, Otherwise, OtherwiseFigure, OtherwisePoint, TraceView,
};

/// Most end points that are listed for people; the report and the JSON have all.
const N_LISTED: usize = 20;

/// Prints a table for each inference without which a figure changes, and names those without which none does.
pub(super) fn print(view: &TraceView, shell: &Shell) {
    let Some(all) = view.otherwise.as_ref().filter(|all| !all.is_empty()) else {
        return;
    };
    shell.say_apart(format!(
        "what rests on which inference, {} layer: everything computed again without it; in brackets how a figure changes then, after a stroke with unexplained money placed earliest. Not to be added: money that needs two vanishes without either",
        view.layer.as_str()
    ));
    for one in all.iter().filter(|one| !one.points.is_empty()) {
        let gone = if one.is_seed_gone {
            "; without it there is nothing to start from"
        } else {
            ""
        };
        shell.say(format!("  without {}: {}{gone}", name(one), one.infers));
        table(one, shell);
    }
    let silent = all
        .iter()
        .filter(|one| one.points.is_empty() && one.not_computed.is_none());
    let silent: Vec<String> = silent.map(name).collect();
    if !silent.is_empty() {
        shell.say(format!(
            "  every figure stays without {}",
            silent.join(", ")
        ));
    }
    for one in all {
        if let Some(why) = &one.not_computed {
            shell.say(format!("  not computed without {}: {why}", name(one)));
        }
    }
}

/// `token-match@1 (2 claims)`, `the corrections of X3 (1 corrected cell)`.
fn name(one: &Otherwise) -> String {
    let what = one.form.counted(one.n);
    match one.form {
        InferenceForm::Correction => format!("the corrections of {} ({what})", one.left_out),
        _ => format!("{} ({what})", one.left_out),
    }
}

fn table(one: &Otherwise, shell: &Shell) {
    let points = one.points.iter().take(N_LISTED);
    let rows: Vec<(Vec<String>, &OtherwisePoint)> =
        points.map(|point| (cells(point), point)).collect();
    let heads: Vec<String> = one.points.first().map_or_else(Vec::new, |point| {
        let figures = point.figures.iter();
        figures.map(|figure| figure.policy.clone()).collect()
    });
    say_table("    ", &heads, &rows, shell, |point| {
        format!(
            "{} ({} {})",
            point.party.plain(),
            point.asset.symbol,
            point.fate.verb()
        )
    });
    if one.points.len() > N_LISTED {
        let n_more = one.points.len() - N_LISTED;
        shell.say(format!(
            "    … and {n_more} more end points: the JSON has them all"
        ));
    }
}

fn cells(point: &OtherwisePoint) -> Vec<String> {
    point.figures.iter().map(cell).collect()
}

/// The amount, how it changes, and after a stroke the same with unexplained money placed earliest, where it differs.
fn cell(figure: &OtherwiseFigure) -> String {
    match (&figure.latest, figure.marked) {
        (Some(latest), _) => match figure.earliest.as_ref().filter(|early| *early != latest) {
            Some(earliest) => format!("{}/{}", latest.figure(), earliest.figure()),
            None => latest.figure(),
        },
        (None, Some([true, false])) => "reached (not reached)".to_owned(),
        (None, Some([false, true])) => "not reached (reached)".to_owned(),
        (None, Some([true, true])) => "reached".to_owned(),
        (None, Some([false, false])) => "not reached".to_owned(),
        (None, None) => "–".to_owned(),
    }
}
