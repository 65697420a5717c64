//! How another person gets the same bytes, and who is masked in this copy.

use super::open_section;
use crate::document::Document;
use crate::untrusted::Markup;

pub(super) fn write(page: &mut Markup, document: &Document) {
    open_section(
        page,
        10,
        "Repeat it",
        "How another person gets the same bytes.",
    );
    let repeat = &document.repeat;
    page.raw("<pre><code>");
    for (position, command) in repeat.commands.iter().enumerate() {
        if position > 0 {
            page.raw("\n");
        }
        page.evidence(command);
    }
    page.raw("</code></pre>\n<dl class=\"ids\"><div><dt>Program</dt><dd>");
    page.evidence(&repeat.program)
        .raw("</dd></div><div><dt>Rules</dt><dd>");
    if repeat.rules.is_empty() {
        page.raw("none took part");
    }
    for (position, rule) in repeat.rules.iter().enumerate() {
        if position > 0 {
            page.raw(", ");
        }
        page.evidence(rule);
    }
    page.raw("</dd></div>");
    for (word, hash) in [
        ("Case content", &repeat.case_content),
        ("Run manifest", &repeat.run_manifest),
        ("Audit log head", &repeat.audit_head),
    ] {
        page.raw("<div><dt>").raw(word).raw("</dt><dd>");
        page.hash(hash).raw("</dd></div>");
    }
    page.raw("</dl>\n<h3>Masked in this copy</h3>\n<p>");
    masked(page, document);
    page.raw("</p>\n</section>\n");
}

fn masked(page: &mut Markup, document: &Document) {
    if let Some(disclosure) = &document.disclosure {
        page.raw("Names are shown to ")
            .evidence(&disclosure.operator);
        page.raw(", for this purpose: ")
            .evidence(&disclosure.purpose);
        page.raw(". The audit log says so. ");
    }
    let counts = document.n_masked();
    if counts.is_empty() {
        page.raw("Nobody.");
        return;
    }
    for (position, (role, count)) in counts.iter().enumerate() {
        if position > 0 {
            page.raw(", ");
        }
        page.number(i64::try_from(*count).unwrap_or(i64::MAX))
            .raw(" ")
            .words(role);
    }
    page.raw(". To read the names: <code>--operator NAME --purpose TEXT</code>, which is written ");
    page.raw("to the audit log. Nothing that speaks for an accused is masked from the defence.");
}
