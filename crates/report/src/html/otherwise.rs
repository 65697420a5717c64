//! What would vanish without each inference? End points × policies, with what the figure is without it.

use super::{N_ROWS_MAX, and_more};
use crate::document::{
    Document, InferenceForm, Otherwise, OtherwiseFigure, OtherwisePoint, TraceView, WithAndWithout,
};
use crate::untrusted::Markup;

pub(super) fn write(page: &mut Markup, document: &Document) {
    for trace in &document.traces {
        if let Some(all) = &trace.otherwise {
            of_trace(page, trace, all);
        }
    }
}

fn of_trace(page: &mut Markup, trace: &TraceView, all: &[Otherwise]) {
    page.raw("<h3>What rests on which inference, ")
        .words(trace.layer.as_str());
    page.raw(" layer <small>everything computed again without it; figures of several inferences ");
    page.raw(
        "must not be added, because money that needs two vanishes without either</small></h3>\n",
    );
    if all.is_empty() {
        page.raw(
            "<p>None: no claim, no link by a rule, no accepted correction, no CoinJoin and no ",
        );
        page.raw("accepted change is in the case where this trace could meet it.</p>\n");
        return;
    }
    for one in all.iter().filter(|one| !one.points.is_empty()) {
        heading(page, one);
        table(page, one);
    }
    let silent = || {
        all.iter()
            .filter(|one| one.points.is_empty() && one.not_computed.is_none())
    };
    if silent().next().is_some() {
        page.raw("<p class=\"fn\">Every figure stays without");
        for (position, one) in silent().enumerate() {
            page.raw(if position == 0 { " " } else { ", " });
            name(page, one);
        }
        page.raw(".</p>\n");
    }
    for one in all {
        if let Some(why) = &one.not_computed {
            page.raw("<p class=\"fn\">Not computed without ");
            name(page, one);
            page.raw(": ").words(why).raw(".</p>\n");
        }
    }
}

fn name(page: &mut Markup, one: &Otherwise) {
    if one.form == InferenceForm::Correction {
        page.raw("the corrections of ");
    }
    page.words(&one.left_out)
        .raw(" (")
        .words(&one.form.counted(one.n))
        .raw(")");
}

fn heading(page: &mut Markup, one: &Otherwise) {
    page.raw("<p><b class=\"k ki\">inference</b> without ");
    name(page, one);
    page.raw(": ").words(&one.infers);
    if one.is_seed_gone {
        page.raw("; without it there is nothing to start from");
    }
    page.raw("</p>\n");
}

fn table(page: &mut Markup, one: &Otherwise) {
    page.raw("<div class=\"sw\" tabindex=\"0\" role=\"region\" aria-label=\"What rests on it\">");
    page.raw("<table class=\"ep\">\n<thead><tr><th scope=\"col\">End point</th>");
    let policies = policies(one);
    for policy in &policies {
        page.raw("<th scope=\"col\">").words(policy).raw("</th>");
    }
    page.raw("</tr></thead>\n<tbody>");
    for point in one.points.iter().take(N_ROWS_MAX) {
        row(page, &policies, point);
    }
    page.raw("</tbody>\n</table></div>\n");
    and_more(page, one.points.len(), N_ROWS_MAX);
}

/// Those that allocate: pari passu shares out what rests, whatever the inference.
fn policies(one: &Otherwise) -> Vec<&str> {
    let first = one.points.first().map(|point| &point.figures);
    let figures = first.into_iter().flatten();
    figures.map(|figure| figure.policy.as_str()).collect()
}

fn row(page: &mut Markup, policies: &[&str], point: &OtherwisePoint) {
    page.raw("<tr><th scope=\"row\">").party(&point.party);
    page.raw("<small>")
        .evidence(&point.asset.symbol)
        .raw(" ")
        .words(point.fate.verb())
        .raw("</small></th>");
    for policy in policies {
        let figure = point.figures.iter().find(|figure| figure.policy == *policy);
        page.raw("<td").attribute("data-p", policy).raw(">");
        match figure {
            Some(figure) => cell(page, figure),
            None => {
                page.raw("not computed");
            }
        }
        page.raw("</td>");
    }
    page.raw("</tr>\n");
}

fn cell(page: &mut Markup, figure: &OtherwiseFigure) {
    match (&figure.latest, figure.marked) {
        (Some(latest), _) => {
            amounts(page, latest);
            let earliest = figure.earliest.as_ref();
            if let Some(earliest) = earliest.filter(|early| *early != latest) {
                page.raw("<small>or, earliest,</small> ");
                amounts(page, earliest);
            }
        }
        (None, Some([with, without])) => {
            let words = |is_reached| if is_reached { "reached" } else { "not reached" };
            page.words(words(with));
            if with != without {
                page.raw("<small>without it ")
                    .words(words(without))
                    .raw("</small>");
            }
        }
        (None, None) => {
            page.raw("not computed");
        }
    }
}

fn amounts(page: &mut Markup, one: &WithAndWithout) {
    page.words(&one.with.figure());
    if one.differs() {
        page.raw("<small>without it ")
            .words(&one.without.figure())
            .raw("</small>");
    }
}
