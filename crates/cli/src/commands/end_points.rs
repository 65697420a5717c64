//! Where money ends under every policy, as a table for a terminal.

use crate::follow::PARI_PASSU;
use crate::shell::Shell;
use moneytrail_report::document::{EndPoint, Figure, TraceView};

/// Most end points that are listed for people; the report and the JSON have all.
const N_LISTED: usize = 40;

/// Prints a row for each end point, policies as columns; names stand last, because nobody knows how wide a terminal
/// draws them.
pub(super) fn print(view: &TraceView, shell: &Shell) {
    if view.policies.len() < 2 {
        return;
    }
    for group in &view.end_points {
        let asset = &group.asset.symbol;
        shell.say_apart(format!(
            "end points of {asset}, {} layer: {}",
            view.layer.as_str(),
            group.note.plain()
        ));
        let points = group.points.iter().take(N_LISTED);
        let rows: Vec<(Vec<String>, &EndPoint)> = points
            .map(|point| (cells(&view.policies, point), point))
            .collect();
        let mut heads = view.policies.clone();
        heads.extend(["minimum".to_owned(), "maximum".to_owned()]);
        say_table("  ", &heads, &rows, shell, |point| {
            let invariant = if point.invariant().is_some() {
                ", invariant"
            } else {
                ""
            };
            format!(
                "{} ({}{invariant})",
                point.party.plain(),
                point.note.plain()
            )
        });
        if view.policies.iter().any(|policy| policy == PARI_PASSU) {
            shell.say("  pari-passu: the seeds' share of what rests there, by what each paid in, whenever; – where their money came through others, or links decide, or nothing rests. It is no rule of flow: its figures are not parts of one sum");
        }
        say_bounds(&rows, shell);
        if group.points.len() > N_LISTED {
            let n_more = group.points.len() - N_LISTED;
            shell.say(format!(
                "  … and {n_more} more end points: moneytrail report … -o report.html has them all"
            ));
        }
    }
}

/// A row of cells flush right for each point, and behind them what it is.
pub(super) fn say_table<P>(
    indent: &str,
    heads: &[String],
    rows: &[(Vec<String>, &P)],
    shell: &Shell,
    named: impl Fn(&P) -> String,
) {
    let width = |column: usize| {
        let cells = rows.iter().map(|(cells, _)| &cells[column]);
        let widths = cells
            .chain([&heads[column]])
            .map(|cell| cell.chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |cells: &[String], last: &str| {
        let cells = cells.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, &width)| format!("{cell:>width$}"))
            .collect();
        shell.say(format!("{indent}{}  {last}", cells.join("  ")));
    };
    line(heads, "");
    for (cells, point) in rows {
        line(cells, &named(point));
    }
}

fn cells(policies: &[String], point: &EndPoint) -> Vec<String> {
    let of = |policy: &String| {
        let figure = point.figures.iter().find(|figure| figure.policy == *policy);
        figure.map_or_else(|| "–".to_owned(), cell)
    };
    let bounds = [&point.min, &point.max].map(|bound| {
        let figure = bound
            .as_ref()
            .map(moneytrail_report::document::Money::figure);
        figure.unwrap_or_else(|| "–".to_owned())
    });
    policies.iter().map(of).chain(bounds).collect()
}

/// What the bounds are, and why some are missing.
fn say_bounds(rows: &[(Vec<String>, &EndPoint)], shell: &Shell) {
    if rows.iter().any(|(_, point)| point.min.is_some()) {
        shell.say("  minimum, maximum: under any policy whatever, in the order of the record; those of several places do not occur together and must not be added");
    }
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for why in rows
        .iter()
        .filter_map(|(_, point)| point.no_bounds.as_deref())
    {
        match reasons.iter_mut().find(|known| known.0 == why) {
            Some(known) => known.1 += 1,
            None => reasons.push((why, 1)),
        }
    }
    for (why, n) in reasons {
        shell.say(format!("  not computed for {n}: {why}"));
    }
}

/// The amount with unexplained money placed latest, and after a stroke placed earliest, where it differs.
fn cell(figure: &Figure) -> String {
    match (&figure.latest, figure.marked) {
        (Some(latest), _) => match figure.earliest.as_ref().filter(|early| *early != latest) {
            Some(earliest) => format!("{}/{}", latest.figure(), earliest.figure()),
            None => latest.figure(),
        },
        (None, Some(true)) => "reached".to_owned(),
        (None, Some(false)) => "not reached".to_owned(),
        (None, None) => "–".to_owned(),
    }
}
