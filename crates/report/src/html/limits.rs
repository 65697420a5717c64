//! What is assumed, cut off, unexplained: with amounts, never empty, never hidden.

use super::{N_ROWS_MAX, and_more, header_row, open_section};
use crate::document::{Coverage, Document, Money, StopRule};
use crate::untrusted::Markup;
use moneytrail_model::money::mul_div_rem;

/// Width of the coverage bar in hundredths of a pixel.
const BAR: u128 = 30_000;

pub(super) fn write(page: &mut Markup, document: &Document) {
    open_section(
        page,
        6,
        "Assumed, cut off, unexplained",
        "What this answer does not know, and what somebody chose.",
    );
    page.raw("<div class=\"two\">\n<div>");
    assumed(page, document);
    page.raw("</div>\n<div>");
    cut_off(page, document);
    page.raw("</div>\n</div>\n");
    unexplained(page, document);
    coverage(page, document);
    page.raw("<p class=\"ask\"><b>What would narrow it most.</b> ");
    if document.limits.ask_next.is_empty() {
        page.raw("Nothing is open that another record would settle.");
    }
    for ask in &document.limits.ask_next {
        page.phrase(ask).raw(" ");
    }
    page.raw("</p>\n");
    contradictions(page, document);
    unjoined(page, document);
    page.raw("</section>\n");
}

fn unjoined(page: &mut Markup, document: &Document) {
    let rows = &document.limits.unjoined;
    if rows.is_empty() {
        return;
    }
    page.raw("<h3>Unjoined <small>rows that name a transaction, and are joined with no movement of it</small></h3>\n<ul class=\"as\">");
    for row in rows.iter().take(N_ROWS_MAX) {
        page.raw("<li>").words(&row.exhibit).raw(" <code>");
        page.evidence(&row.locator)
            .raw("</code> names a transaction ");
        page.words(&row.why).raw(": <code>").evidence(&row.txid);
        page.raw("</code></li>");
    }
    page.raw("</ul>\n");
    and_more(page, rows.len(), N_ROWS_MAX);
}

fn contradictions(page: &mut Markup, document: &Document) {
    page.raw("<h3>Contradictions <small>what exhibits say differently, or what does not fit</small></h3>");
    if document.limits.contradictions.is_empty() {
        page.raw("<p>None: where exhibits of this case speak of one thing, they agree.</p>\n");
        return;
    }
    page.raw("<ul>");
    for contradiction in &document.limits.contradictions {
        page.raw("<li>").phrase(contradiction).raw("</li>");
    }
    page.raw("</ul>\n");
}

fn assumed(page: &mut Markup, document: &Document) {
    page.raw("<h3><b class=\"k ka\">assumption</b></h3><ul class=\"as\">");
    for assumption in &document.limits.assumptions {
        page.raw("<li>").phrase(&assumption.what);
        if let Some(by) = &assumption.chosen_by {
            page.raw(" <small class=\"mu\">chosen by ")
                .evidence(by)
                .raw("</small>");
        }
        page.raw("</li>");
    }
    if document.limits.assumptions.is_empty() {
        page.raw("<li>none</li>");
    }
    page.raw("</ul>");
}

fn cut_off(page: &mut Markup, document: &Document) {
    page.raw("<h3>Cut off</h3><table class=\"cut\"><thead><tr><th scope=\"col\">Stop rule</th>");
    page.raw("<th scope=\"col\" class=\"num\">traced</th></tr></thead><tbody>");
    for rule in StopRule::ALL {
        let mut n_lines = 0;
        for cut in &document.limits.cut_off {
            if cut.rule != rule {
                continue;
            }
            n_lines += 1;
            page.raw("<tr><td>").words(rule.as_str()).raw(" <small>");
            if let Some(note) = &cut.note {
                page.phrase(note).raw(", ");
            }
            page.words(cut.layer.as_str()).raw(" layer</small></td>");
            page.raw("<td class=\"num\">")
                .amount(&cut.amount)
                .raw("</td></tr>");
        }
        if n_lines == 0 {
            page.raw("<tr><td>").words(rule.as_str());
            page.raw("</td><td class=\"num\">0</td></tr>");
        }
    }
    page.raw("</tbody></table><p class=\"fn\">Rules and policies were fixed in the manifest ");
    page.raw("before the run.</p>");
}

fn unexplained(page: &mut Markup, document: &Document) {
    page.raw("<h3>Unexplained <small>paid out beyond what an account is known to have ");
    page.raw("received</small></h3>\n<ul class=\"as\">");
    let mut n_lines = 0;
    for trace in &document.traces {
        for line in &trace.unexplained {
            n_lines += 1;
            if n_lines > N_ROWS_MAX {
                continue;
            }
            page.raw("<li>")
                .party(&line.party)
                .raw(": ")
                .amount(&line.amount);
            page.raw(" <small class=\"mu\">")
                .words(trace.layer.as_str());
            page.raw(" layer</small></li>");
        }
    }
    if n_lines == 0 {
        page.raw("<li>none</li>");
    }
    page.raw("</ul>\n");
    and_more(page, n_lines, N_ROWS_MAX);
}

fn coverage(page: &mut Markup, document: &Document) {
    page.raw("<h3>Coverage: where the money in each account came from</h3>\n");
    if document.limits.coverage.is_empty() {
        page.raw("<p>Not computed.</p>\n");
        return;
    }
    page.raw("<table class=\"cov\">");
    header_row(page, &["Account", "came in", "of that", ""]);
    page.raw("<tbody>");
    for line in document.limits.coverage.iter().take(N_ROWS_MAX) {
        coverage_row(page, line);
    }
    page.raw(concat!(
        "</tbody></table>\n<p class=\"fn\">",
        "<span class=\"lk\"><svg viewBox=\"0 0 26 12\" aria-hidden=\"true\">",
        "<rect class=\"cvr\" y=\"1\" width=\"26\" height=\"10\"/></svg> read from an exhibit</span> ",
        "<span class=\"lk\"><svg viewBox=\"0 0 26 12\" aria-hidden=\"true\">",
        "<rect class=\"cva\" x=\".5\" y=\"1\" width=\"25\" height=\"10\"/></svg> assumed</span> ",
        "<span class=\"lk\"><svg viewBox=\"0 0 26 12\" aria-hidden=\"true\">",
        "<rect class=\"cvu\" y=\"1\" width=\"26\" height=\"10\"/></svg> unexplained</span></p>\n"
    ));
}

fn coverage_row(page: &mut Markup, line: &Coverage) {
    page.raw("<tr><th scope=\"row\">").party(&line.party);
    page.raw("</th><td class=\"num\">").amount(&line.came_in);
    page.raw("</td><td class=\"cvb\"><svg viewBox=\"0 0 300 16\" preserveAspectRatio=\"none\" ");
    page.raw("aria-hidden=\"true\">");
    let mut x = 0;
    for (amount, class) in [
        (&line.read, "cvr"),
        (&line.assumed, "cva"),
        (&line.unexplained, "cvu"),
    ] {
        let width = share(amount, &line.came_in, BAR);
        if width > 0 {
            page.raw("<rect y=\"1\" height=\"14\"")
                .attribute("class", class)
                .length("x", x)
                .length("width", width)
                .raw("/>");
        }
        x += width;
    }
    page.raw("</svg></td><td class=\"cvt\">");
    let mut n_words = 0;
    for (amount, word) in [
        (&line.read, " read"),
        (&line.assumed, " assumed"),
        (&line.unexplained, " unexplained"),
    ] {
        if amount.units() == 0 {
            continue;
        }
        if n_words > 0 {
            page.raw(", ");
        }
        n_words += 1;
        page.words(&amount.figure()).raw(word);
        page.raw(" (")
            .hundredths(tenths(amount, &line.came_in) * 10)
            .raw("\u{a0}%)");
    }
    if let Some(note) = &line.note {
        page.raw("<small>").phrase(note).raw("</small>");
    }
    page.raw("</td></tr>\n");
}

fn share(amount: &Money, whole: &Money, of: u128) -> i64 {
    let share = mul_div_rem(amount.magnitude(), of, whole.magnitude().max(1));
    share.map_or(0, |(share, _)| i64::try_from(share.min(of)).unwrap_or(0))
}

/// Tenths of a percent, rounded to the nearest.
fn tenths(amount: &Money, whole: &Money) -> i64 {
    (share(amount, whole, 20_000) / 10 + 1) / 2
}
