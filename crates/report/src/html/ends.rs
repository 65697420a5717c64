//! Would another rule say otherwise? End points × policies, with bounds where they were computed.

use super::{N_ROWS_MAX, and_more, open_section, otherwise};
use crate::document::{Document, EndGroup, EndPoint, Figure, Money, TraceView};
use crate::untrusted::Markup;
use moneytrail_model::money::mul_div_rem;

/// Width of the range drawing between its margins, in hundredths of a pixel.
const RANGE: u128 = 14_200;
/// Its margin.
const MARGIN: i64 = 400;

pub(super) fn write(page: &mut Markup, document: &Document) {
    open_section(
        page,
        2,
        "End points under every policy",
        "How much ended where, and how much of that depends on the rule chosen.",
    );
    let n_groups: usize = document
        .traces
        .iter()
        .map(|trace| trace.end_points.len())
        .sum();
    if n_groups > 0 {
        table(page, document);
    }
    for trace in &document.traces {
        marked(page, trace);
    }
    if n_groups == 0 {
        page.raw("<p>None: no policy with amounts was applied.</p>\n");
    } else {
        notes(page, document);
    }
    otherwise::write(page, document);
    page.raw("</section>\n");
}

/// All policies of the report, in the order of the manifests.
fn policies(document: &Document) -> Vec<&str> {
    let mut policies: Vec<&str> = Vec::new();
    for policy in document.traces.iter().flat_map(|trace| &trace.policies) {
        if !policies.contains(&policy.as_str()) {
            policies.push(policy);
        }
    }
    policies
}

fn table(page: &mut Markup, document: &Document) {
    let policies = policies(document);
    page.raw("<div class=\"sw\" tabindex=\"0\" role=\"region\" aria-label=\"End points\">");
    page.raw("<table class=\"ep\">\n<thead><tr><th scope=\"col\">End point ");
    page.raw("<b class=\"k ka\">assumption: each policy</b></th>");
    for policy in &policies {
        page.raw("<th scope=\"col\">").words(policy).raw("</th>");
    }
    page.raw("<th scope=\"col\">minimum</th><th scope=\"col\">maximum</th>");
    page.raw("<th scope=\"col\" class=\"rgc\">range, policies</th></tr></thead>\n");
    for trace in &document.traces {
        for group in &trace.end_points {
            page.raw("<tbody>");
            group_row(page, trace, group, policies.len());
            for point in group.points.iter().take(N_ROWS_MAX) {
                point_row(page, &policies, group, point);
            }
            page.raw("</tbody>\n");
        }
    }
    page.raw("</table></div>\n");
    let groups = || document.traces.iter().flat_map(|trace| &trace.end_points);
    let n_points = groups().map(|group| group.points.len()).sum();
    let n_printed = groups()
        .map(|group| group.points.len().min(N_ROWS_MAX))
        .sum();
    and_more(page, n_points, n_printed);
}

fn group_row(page: &mut Markup, trace: &TraceView, group: &EndGroup, n_policies: usize) {
    page.raw("<tr class=\"g\"><th scope=\"rowgroup\"")
        .attribute("colspan", &(n_policies + 3).to_string())
        .raw(">");
    page.words(match trace.layer.as_str() {
        "value" => "Value layer, ",
        _ => "Custody layer, ",
    });
    page.evidence(&group.asset.symbol).raw(" <span>");
    page.phrase(&group.note);
    page.raw("</span></th><td class=\"sc\"><span>0</span><span>")
        .words(&group.scale.short())
        .raw("</span></td></tr>\n");
}

fn point_row(page: &mut Markup, policies: &[&str], group: &EndGroup, point: &EndPoint) {
    page.raw("<tr><th scope=\"row\">").party(&point.party);
    page.raw("<small>").phrase(&point.note).raw("</small></th>");
    let invariant = point.invariant();
    if let Some(amount) = invariant {
        page.raw("<td class=\"same\"")
            .attribute("colspan", &policies.len().to_string())
            .raw("><b class=\"inv\">invariant</b> ")
            .words(&amount.figure())
            .raw(" under every listed policy</td>");
    } else {
        for policy in policies {
            let figure = point.figures.iter().find(|figure| figure.policy == *policy);
            page.raw("<td").attribute("data-p", policy).raw(">");
            policy_figure(page, figure);
            page.raw("</td>");
        }
    }
    if let (Some(min), Some(max)) = (&point.min, &point.max) {
        page.raw("<td class=\"num lo\">").words(&min.figure());
        page.raw("</td><td class=\"num hi\">").words(&max.figure());
        page.raw("</td>");
    } else {
        page.raw("<td class=\"nc\" colspan=\"2\">not computed");
        if let Some(why) = &point.no_bounds {
            page.raw(": ").words(why);
        }
        page.raw("</td>");
    }
    page.raw("<td class=\"rgc\">");
    range(page, &group.scale, point, invariant);
    page.raw("</td></tr>\n");
}

fn policy_figure(page: &mut Markup, figure: Option<&Figure>) {
    let Some(figure) = figure else {
        page.raw("not computed");
        return;
    };
    match (&figure.latest, figure.marked) {
        (Some(latest), _) => {
            page.words(&latest.figure());
            if let Some(earliest) = figure.earliest.as_ref().filter(|early| *early != latest) {
                page.raw("<small>or ").words(&earliest.figure());
                page.raw("</small>");
            }
        }
        (None, Some(true)) => {
            page.raw("reached");
        }
        (None, Some(false)) => {
            page.raw("not reached");
        }
        // Pari passu where nothing rests that could be shared out, or nothing says what was paid in.
        (None, None) => {
            page.raw("–");
        }
    }
}

fn range(page: &mut Markup, scale: &Money, point: &EndPoint, invariant: Option<&Money>) {
    page.raw("<svg class=\"rg\" viewBox=\"0 0 150 20\" aria-hidden=\"true\">");
    page.raw("<line class=\"ax\" x1=\"4\" x2=\"146\" y1=\"14\" y2=\"14\"/>");
    if let Some(amount) = invariant {
        let x = place(amount, scale);
        page.raw("<path class=\"dm\" d=\"M").hundredths(x);
        page.raw(" 8l5 6-5 6-5-6z\"/></svg>");
        return;
    }
    if let (Some(min), Some(max)) = (&point.min, &point.max) {
        let (low, high) = (place(min, scale), place(max, scale));
        page.raw("<rect class=\"rb\" y=\"10\" height=\"8\"")
            .length("x", low)
            .length("width", (high - low).max(100))
            .raw("/>");
    }
    let mut ticks: Vec<i64> = point
        .figures
        .iter()
        .flat_map(|figure| [&figure.latest, &figure.earliest])
        .flatten()
        .map(|amount| place(amount, scale))
        .collect();
    ticks.sort_unstable();
    ticks.dedup();
    for x in ticks {
        page.raw("<line class=\"pt\" y1=\"5\" y2=\"14\"")
            .length("x1", x)
            .length("x2", x)
            .raw("/>");
    }
    page.raw("</svg>");
}

fn place(amount: &Money, scale: &Money) -> i64 {
    let share = mul_div_rem(amount.magnitude(), RANGE, scale.magnitude().max(1));
    let along = share.map_or(RANGE, |(along, _)| along.min(RANGE));
    MARGIN + i64::try_from(along).unwrap_or(0)
}

fn marked(page: &mut Markup, trace: &TraceView) {
    if trace.marked.is_empty() {
        return;
    }
    page.raw("<h3>Reached under poison, ")
        .words(trace.layer.as_str());
    page.raw(" layer <small>marked share of what is there at the end; reach, not an amount of ");
    page.raw("traced money</small></h3>\n<ul class=\"as\">");
    for mark in trace.marked.iter().take(N_ROWS_MAX) {
        page.raw("<li>").party(&mark.party).raw(": ");
        page.words(&mark.marked.figure())
            .raw(" of ")
            .amount(&mark.pool);
        page.raw("</li>");
    }
    page.raw("</ul>\n");
    and_more(page, trace.marked.len(), N_ROWS_MAX);
}

fn notes(page: &mut Markup, document: &Document) {
    let points = || {
        let groups = document.traces.iter().flat_map(|trace| &trace.end_points);
        groups.flat_map(|group| &group.points)
    };
    page.raw("<p class=\"fn\">");
    page.raw("<b class=\"invs\"></b> <b>invariant</b> under the listed policies on this record. ");
    if points().any(|point| point.min.is_some() && point.max.is_some()) {
        page.raw(concat!(
            "<svg class=\"rg k1\" viewBox=\"0 0 40 20\" aria-hidden=\"true\">",
            "<rect class=\"rb\" x=\"2\" y=\"10\" width=\"36\" height=\"8\"/>",
            "<line class=\"pt\" x1=\"12\" x2=\"12\" y1=\"5\" y2=\"14\"/>",
            "<line class=\"pt\" x1=\"24\" x2=\"24\" y1=\"5\" y2=\"14\"/></svg>",
            " bar: policy-free minimum to maximum; ticks: the policies. ",
            "Minimum and maximum of one column do not occur together and must not be added; ",
            "they are those of the order of the record. "
        ));
    } else {
        page.raw("Policy-free minimum and maximum were not computed; ticks: the policies. ");
    }
    if policies(document).contains(&"pari-passu") {
        page.raw("pari-passu: the seeds’ share of what rests there, by what each paid in, whenever; – where ");
        page.raw(
            "their money came through others, or links decide, or nothing rests. It is no rule of ",
        );
        page.raw("flow, and its figures are not parts of one sum. ");
    }
    let differ = |figure: &Figure| {
        figure.earliest.is_some() && figure.latest.is_some() && figure.earliest != figure.latest
    };
    if points().any(|point| point.figures.iter().any(differ)) {
        page.raw("“or”: with unexplained money placed earliest instead of latest. ");
    }
    page.raw("</p>\n");
}
