//! What happened, in order, and which row or transaction says so.

use super::{and_more, inference, open_section};
use crate::document::{Basis, Citation, Document, Money, PieceLabel, Step, TraceView};
use crate::untrusted::Markup;

/// Steps printed of one trace: those that carry most.
const N_STEPS_MAX: usize = 2_000;

pub(super) fn write(page: &mut Markup, document: &Document) {
    open_section(
        page,
        3,
        "Step by step",
        "What happened, in order, and which row or transaction says so. Text of the books stands as \
         written, in the book’s own direction.",
    );
    for trace in &document.traces {
        table(page, trace);
    }
    if document.traces.iter().all(|trace| trace.steps.is_empty()) {
        page.raw("<p>None: no transfer carries traced money.</p>\n");
    }
    page.raw("</section>\n");
}

fn table(page: &mut Markup, trace: &TraceView) {
    if trace.steps.is_empty() {
        return;
    }
    page.raw("<h3 class=\"lh\">")
        .raw(match trace.layer.as_str() {
            "value" => "Value layer",
            _ => "Custody layer",
        });
    if trace.links_decide {
        page.raw(" <small>links decide every step</small></h3>\n");
    } else {
        page.raw(" <small>traced amounts under <b class=\"k ka\">assumption: ");
        page.words(&trace.policy)
            .raw("</b>, unexplained money placed ");
        page.words(&trace.placement).raw("</small></h3>\n");
    }
    page.raw("<table class=\"steps\"><thead><tr><th scope=\"col\">No</th>");
    page.raw("<th scope=\"col\">When</th><th scope=\"col\">From → to</th>");
    page.raw("<th scope=\"col\" class=\"amt\">Amount</th>");
    page.raw("<th scope=\"col\">Evidence: citation, as written, as read</th></tr></thead>\n");
    let least = least_printed(trace);
    let printed = || {
        let steps = trace.steps.iter();
        steps.filter(|step| step.traced.units() >= least)
    };
    for step in printed().take(N_STEPS_MAX) {
        row(page, step);
    }
    page.raw("</table>\n");
    and_more(page, trace.steps.len(), printed().count().min(N_STEPS_MAX));
}

/// The least traced amount of a printed step.
fn least_printed(trace: &TraceView) -> i128 {
    let mut amounts: Vec<i128> = trace.steps.iter().map(|step| step.traced.units()).collect();
    amounts.sort_unstable_by(|a, b| b.cmp(a));
    amounts.get(N_STEPS_MAX - 1).copied().unwrap_or(i128::MIN)
}

fn row(page: &mut Markup, step: &Step) {
    page.raw("<tbody class=\"st\" id=\"step")
        .number(step.number);
    page.raw("\"><tr><td class=\"no\"><a href=\"#step")
        .number(step.number);
    page.raw("\">").number(step.number).raw("</a></td>");
    when(page, step);
    page.raw("<td class=\"ft\">").party(&step.from);
    page.raw(" <span class=\"ar\">→</span> ").party(&step.to);
    page.raw("<small>");
    basis(page, &step.basis);
    page.raw(" ")
        .words(&step.transfer_kind)
        .raw("</small></td>");
    amount(page, step);
    page.raw("<td class=\"ev\">");
    for citation in &step.evidence {
        cite(page, citation);
    }
    if step.evidence.is_empty() {
        page.raw("<p>no record cited</p>");
    }
    links(page, step);
    if let Some(stop) = &step.stop {
        page.raw("<p class=\"rd\"><b>STOP: ")
            .words(stop.rule.as_str());
        page.raw(".</b> Not followed further.");
        if let Some(note) = &stop.note {
            page.raw(" ").phrase(note);
        }
        page.raw("</p>");
    }
    page.raw("</td></tr></tbody>\n");
}

fn when(page: &mut Markup, step: &Step) {
    let when = &step.when;
    page.raw("<td class=\"when\">").words(&when.day());
    for line in [&when.calendar, &when.position].into_iter().flatten() {
        page.raw("<small>").evidence(line).raw("</small>");
    }
    page.raw("<small>").words(&when.hour()).raw("</small>");
    if step.order_open {
        page.raw("<small>order open: a convention</small>");
    }
    page.raw("</td>");
}

fn basis(page: &mut Markup, basis: &Basis) {
    match basis {
        Basis::Fact(_) => {
            page.raw("<b class=\"k kf\">fact</b>");
        }
        Basis::Inference(by) => {
            inference(page, by);
            if let Some(claim) = &by.claim {
                page.raw(" ").link(claim, claim);
            }
        }
        Basis::Assumption(_) => {
            page.raw("<b class=\"k ka\">assumption</b>");
        }
    }
}

fn amount(page: &mut Markup, step: &Step) {
    page.raw("<td class=\"amt\"><b>")
        .words(&step.amount.figure());
    page.raw("</b> ").evidence(&step.amount.asset.symbol);
    if let Some(worth) = &step.worth {
        page.raw("<small><b class=\"k ka\">assumption</b> ");
        match &worth.amount {
            Some(amount) => page.raw("≈ ").amount(amount).raw(" at "),
            None => page.raw("no rate: "),
        };
        page.evidence(&worth.by).raw("</small>");
    }
    if step.traced == step.amount {
        page.raw("<small>traced: all</small>");
    } else {
        line(page, "traced: ", &step.traced);
    }
    let differs = |certain: &&Money| **certain != step.traced;
    if let Some(certain) = step.certain.as_ref().filter(differs) {
        line(page, "at least: ", certain);
    }
    for (label, words) in [
        (PieceLabel::Clean, "other money: "),
        (PieceLabel::Unexplained, "unexplained: "),
    ] {
        let sum = step
            .pieces
            .iter()
            .filter(|piece| piece.label == label)
            .try_fold(step.amount.asset.zero(), |sum, piece| {
                sum.checked_add(&piece.amount)
            });
        if let Some(sum) = sum.filter(|sum| sum.units() != 0) {
            line(page, words, &sum);
        }
    }
    if let Some(note) = &step.note {
        page.raw("<small>").phrase(note).raw("</small>");
    }
    page.raw("</td>");
}

fn line(page: &mut Markup, words: &'static str, amount: &Money) {
    page.raw("<small>").raw(words).words(&amount.figure());
    page.raw("</small>");
}

/// Citation, cells as written, reading, losing readings.
pub(super) fn cite(page: &mut Markup, citation: &Citation) {
    page.raw("<p class=\"ci\">")
        .link(&citation.exhibit, &citation.exhibit);
    page.raw(" ").code(&citation.locator);
    if let Some(txid) = &citation.txid {
        page.raw(" txid ").hash(txid);
    }
    if let Some(height) = citation.height {
        page.raw(", height ");
        page.words(&crate::document::group(&height.to_string()));
    }
    if let Some(position) = &citation.position {
        page.raw(", ").evidence(position);
    }
    page.raw("</p>");
    if !citation.cells.is_empty() {
        page.raw("<span class=\"raw\"");
        page.attribute("dir", citation.direction.as_str()).raw(">");
        for cell in &citation.cells {
            page.raw("<span class=\"cell\"><i>");
            page.raw("<bdi dir=\"ltr\">C")
                .number(cell.column)
                .raw("</bdi>");
            if let Some(header) = &cell.header {
                page.raw(" ").evidence(header);
            }
            page.raw("</i>");
            if let Some(role) = cell.mask {
                page.raw("<span class=\"mask\">masked: ")
                    .words(role.as_str());
                page.raw("</span>");
            } else {
                page.evidence(&cell.text);
            }
            page.raw("</span>");
        }
        page.raw("</span>");
    }
    if let Some(reading) = &citation.as_read {
        page.raw("<p class=\"rd\"><em>Read as:</em> ")
            .phrase(reading);
        page.raw("</p>");
    }
    for alternative in &citation.alternatives {
        page.raw("<p class=\"al\"><em>Also possible:</em> ")
            .phrase(alternative);
        page.raw("</p>");
    }
}

fn links(page: &mut Markup, step: &Step) {
    for link in &step.links {
        page.raw("<p class=\"rd\"><em>Link:</em> ")
            .words(&link.kind);
        page.raw(" of <a href=\"#step")
            .number(link.step)
            .raw("\">step ");
        page.number(link.step).raw("</a>: ").amount(&link.consumed);
        if link.paid == link.consumed {
            page.raw(" of it.</p>");
        } else {
            page.raw(" of it give ").amount(&link.paid).raw(".</p>");
        }
    }
}
