//! Which patterns, and what else explains them?

use super::{inference, open_section};
use crate::document::{Document, Finding, Phrase};
use crate::untrusted::{Markup, anchor};

pub(super) fn write(page: &mut Markup, document: &Document) {
    open_section(
        page,
        5,
        "Findings",
        "Which patterns were found, what else would explain them, and which record would refute them.",
    );
    let Some(findings) = &document.findings else {
        page.raw("<p>None computed: this version runs no rules for patterns.</p>\n");
        page.raw("</section>\n");
        return;
    };
    let printed = || {
        let found = findings.found.iter();
        found.filter(|finding| !finding.innocent.is_empty())
    };
    if printed().next().is_none() {
        page.raw("<p>None: the rules ran and found nothing.</p>\n");
    }
    for finding in printed() {
        article(page, finding);
    }
    let n_held = findings.found.len() - printed().count();
    if n_held > 0 {
        page.raw("<p class=\"fn\">Not printed, because no innocent explanation was examined: ");
        page.number(i64::try_from(n_held).unwrap_or(i64::MAX))
            .raw(".</p>\n");
    }
    page.raw("<p class=\"fn\">Run and silent: ");
    if findings.silent.is_empty() {
        page.raw("none");
    }
    for (position, rule) in findings.silent.iter().enumerate() {
        if position > 0 {
            page.raw(", ");
        }
        page.evidence(&rule.rule);
        if let Some(why) = &rule.why {
            page.raw(" (").phrase(why).raw(")");
        }
    }
    page.raw(".</p>\n</section>\n");
}

fn article(page: &mut Markup, finding: &Finding) {
    page.raw("<article class=\"fi\"")
        .attribute("id", &anchor(&finding.id));
    page.raw("><h3>")
        .words(&finding.id)
        .raw(" ")
        .phrase(&finding.title);
    page.raw(" <small>")
        .evidence(&finding.inference.rule)
        .raw("</small></h3>\n<dl>");
    page.raw("<div><dt>Found</dt><dd>")
        .phrase(&finding.found)
        .raw(" ");
    inference(page, &finding.inference);
    for step in &finding.steps {
        page.raw(" <a href=\"#step")
            .number(*step)
            .raw("\">step ")
            .number(*step);
        page.raw("</a>");
    }
    page.raw("</dd></div>");
    let not_measured = Phrase::words("not measured");
    line(
        page,
        "By chance",
        finding.by_chance.as_ref().unwrap_or(&not_measured),
    );
    for (position, innocent) in finding.innocent.iter().enumerate() {
        line(
            page,
            if position == 0 { "Innocent" } else { "or" },
            innocent,
        );
    }
    line(page, "Refuted by", &finding.refuted_by);
    line(
        page,
        "Error rate",
        finding.error_rate.as_ref().unwrap_or(&not_measured),
    );
    page.raw("</dl></article>\n");
}

fn line(page: &mut Markup, word: &'static str, phrase: &Phrase) {
    page.raw("<div><dt>")
        .raw(word)
        .raw("</dt><dd>")
        .phrase(phrase);
    page.raw("</dd></div>");
}
