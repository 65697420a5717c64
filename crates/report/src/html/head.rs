//! The answer first: one sentence that sums to the seed, then how sure, then what it rests on.

use super::{CONTENTS, inference};
use crate::document::{Answer, Document, ReportError, Whole};
use crate::untrusted::Markup;

pub(super) fn write(page: &mut Markup, document: &Document) -> Result<(), ReportError> {
    let head = &document.head;
    page.raw("<header>\n<p class=\"run\"><span>Moneytrail report</span> <span>case ")
        .evidence(&head.case_id);
    if head.case_name != head.case_id && !head.case_name.is_empty() {
        page.raw(", ").evidence(&head.case_name);
    }
    page.raw("</span>");
    for seed in &head.seeds {
        page.raw(" <span>trace from ").code(seed).raw("</span>");
    }
    page.raw("</p>\n<p class=\"q\"><span class=\"lbl\">Question</span> ")
        .phrase(&head.question)
        .raw("</p>\n");
    match head.answers.split_first() {
        Some((first, others)) => {
            page.raw("<h1>").phrase(&first.sentence()?).raw("</h1>\n");
            page.raw("<p class=\"cert\">");
            support(page, first);
            policies(page, document, first);
            page.raw("</p>\n");
            let mut seen = vec![first.layer];
            for answer in others {
                other_answer(page, answer)?;
                if !seen.contains(&answer.layer) {
                    seen.push(answer.layer);
                    policies(page, document, answer);
                }
                page.raw("</p>\n");
            }
            if first_of_layers(document) > 1 {
                page.raw("<p class=\"also mu\">The answers of two layers are two views of the ");
                page.raw("same money and are never added together.</p>\n");
            }
        }
        None => {
            if let Some(nothing) = &head.nothing {
                page.raw("<h1>").phrase(nothing).raw("</h1>\n");
            } else {
                reach(page, document);
            }
        }
    }
    page.raw(concat!(
        "<dl class=\"how\">\n<div><dt><b class=\"k kf\">fact</b></dt>",
        "<dd>A row or a transaction in an exhibit says so.</dd></div>\n",
        "<div><dt><b class=\"k ki\">inference</b></dt>",
        "<dd>A claim or finding, with its probability and evidence.</dd></div>\n",
        "<div><dt><b class=\"k ka\">assumption</b></dt>",
        "<dd>A policy, rate or threshold that somebody chose.</dd></div>\n</dl>\n",
        "<nav aria-label=\"Contents\">"
    ));
    for (target, title) in CONTENTS {
        page.raw("<a href=\"").raw(target).raw("\">").raw(title);
        page.raw("</a> ");
    }
    page.raw("</nav>\n</header>\n");
    Ok(())
}

fn other_answer(page: &mut Markup, answer: &Answer) -> Result<(), ReportError> {
    page.raw("<p class=\"also\"><span class=\"lbl\">");
    page.words(match answer.whole {
        Whole::Seeded => "On the ",
        Whole::Arrived => "And then, on the ",
    });
    page.words(answer.layer.as_str()).raw(" layer</span> ");
    page.phrase(&answer.sentence()?).raw(" ");
    support(page, answer);
    Ok(())
}

/// How sure, in one sentence per kind of statement.
fn support(page: &mut Markup, answer: &Answer) {
    let Some(weakest) = &answer.weakest else {
        page.raw("<b class=\"k kf\">fact</b> Every step is read from an exhibit; ");
        page.raw("no claim was needed. ");
        return;
    };
    inference(page, &weakest.inference);
    page.raw(" The weakest claim it needs: ")
        .phrase(&weakest.says);
    if let Some(claim) = &weakest.inference.claim {
        page.raw(" (").link(claim, claim).raw(")");
    }
    page.raw(". Without it, ")
        .phrase(&weakest.without)
        .raw(". ");
}

/// Whether another policy says otherwise, over all assets of the layer.
fn policies(page: &mut Markup, document: &Document, answer: &Answer) {
    let Some(trace) = document
        .traces
        .iter()
        .find(|trace| trace.layer == answer.layer)
    else {
        return;
    };
    let points: Vec<_> = trace
        .end_points
        .iter()
        .flat_map(|group| &group.points)
        .collect();
    let n_open = points
        .iter()
        .filter(|point| point.invariant().is_none())
        .count();
    if trace.links_decide {
        page.raw("Links decide every step: no policy was needed.");
        return;
    }
    page.raw("<b class=\"k ka\">assumption: ")
        .words(&trace.policy)
        .raw("</b> ");
    match (trace.policies.len(), n_open) {
        (1, _) => page.raw("Other policies were not applied; they may place the money elsewhere."),
        (_, 0) if !points.is_empty() => {
            page.raw("The same under all listed policies (<a href=\"#s2\">section 2</a>).")
        }
        _ => page
            .number(i64::try_from(n_open).unwrap_or(i64::MAX))
            .raw(" of ")
            .number(i64::try_from(points.len()).unwrap_or(i64::MAX))
            .raw(" end points differ under another listed policy (<a href=\"#s2\">section 2</a>)."),
    };
}

/// Under poison alone there are no amounts to answer with.
fn reach(page: &mut Markup, document: &Document) {
    let n_marked: usize = document.traces.iter().map(|trace| trace.marked.len()).sum();
    page.raw("<h1>Traced money can have reached ")
        .number(i64::try_from(n_marked).unwrap_or(i64::MAX))
        .raw(" accounts.</h1>\n<p class=\"cert\"><b class=\"k ka\">assumption: poison</b> ");
    page.raw("Any traced unit marks everything it touches: this says how far money can have ");
    page.raw("gone, never how much.</p>\n");
}

fn first_of_layers(document: &Document) -> usize {
    let layers: std::collections::BTreeSet<_> = document
        .head
        .answers
        .iter()
        .map(|answer| answer.layer)
        .collect();
    layers.len()
}
