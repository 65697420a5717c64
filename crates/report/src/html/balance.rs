//! Does every unit turn up? One line per asset and layer, the difference printed.

use super::open_section;
use crate::document::{Balance, Document, Money};
use crate::untrusted::Markup;

/// A column: its heading, whether it is printed even where it is zero throughout, and its figure.
type Column = (&'static str, bool, fn(&Balance) -> &Money);

const COLUMNS: [Column; 11] = [
    ("seeded", true, |line| &line.seeded),
    ("arrived", true, |line| &line.arrived),
    ("resting", true, |line| &line.resting),
    ("fees", true, |line| &line.fees),
    ("returned", true, |line| &line.returned),
    ("taken over", true, |line| &line.taken_over),
    ("cut off", true, |line| &line.cut_off),
    ("converted", true, |line| &line.converted),
    ("burned", false, |line| &line.burned),
    ("reached", false, |line| &line.reached),
    ("elsewhere", false, |line| &line.elsewhere),
];

pub(super) fn write(page: &mut Markup, document: &Document) {
    open_section(
        page,
        8,
        "Balance",
        "Does every unit turn up again? Seeded + arrived = the sum of all columns behind them.",
    );
    let n_lines: usize = document
        .traces
        .iter()
        .map(|trace| trace.balance.len())
        .sum();
    if n_lines == 0 {
        page.raw("<p>None: under poison there are no amounts to balance.</p>\n</section>\n");
        return;
    }
    page.raw("<div class=\"sw\" tabindex=\"0\" role=\"region\" aria-label=\"Balance\">");
    page.raw("<table class=\"bal\"><thead><tr><th scope=\"col\">Layer, asset</th>");
    let lines = || document.traces.iter().flat_map(|trace| &trace.balance);
    let is_printed = |column: &Column| column.1 || lines().any(|line| column.2(line).units() != 0);
    let columns: Vec<Column> = COLUMNS.into_iter().filter(is_printed).collect();
    for (heading, ..) in &columns {
        page.raw("<th scope=\"col\">").raw(heading).raw("</th>");
    }
    page.raw("<th scope=\"col\">difference</th></tr></thead><tbody>\n");
    let mut n_checked = 0_u64;
    for trace in &document.traces {
        n_checked += u64::from(trace.n_balances_checked);
        for line in &trace.balance {
            page.raw("<tr><th scope=\"row\">")
                .words(trace.layer.as_str())
                .raw(", ");
            page.evidence(&line.seeded.asset.symbol).raw("</th>");
            for (heading, _, figure) in &columns {
                page.raw("<td").attribute("data-p", heading).raw(">");
                page.words(&figure(line).figure()).raw("</td>");
            }
            page.raw("<td data-p=\"difference\"><b>");
            page.number(line.difference().unwrap_or(i128::MAX));
            page.raw("</b></td></tr>\n");
        }
    }
    page.raw("</tbody></table></div>\n<p class=\"fn\">");
    page.number(n_checked);
    page.raw(" balances checked to the smallest unit, over all policies and both placements of ");
    page.raw("unexplained money. Largest difference: 0.</p>\n</section>\n");
}
