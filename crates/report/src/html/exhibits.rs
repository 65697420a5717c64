//! What was read, was anything lost?

use super::{N_ROWS_MAX, and_more, header_row, open_section};
use crate::document::{Document, Exhibit, RecordNote, group};
use crate::untrusted::{Markup, anchor};

pub(super) fn write(page: &mut Markup, document: &Document) {
    open_section(
        page,
        9,
        "Exhibits",
        "What was read, from where, and whether any record was lost. Records: read = transferred + \
         contextual + set aside + quarantined.",
    );
    if document.exhibits.is_empty() {
        page.raw("<p>None.</p>\n");
    } else {
        page.raw("<table class=\"exh\">");
        header_row(
            page,
            &[
                "No",
                "File",
                "Seized or received",
                "Records",
                "SHA-256, SHA-1",
            ],
        );
        page.raw("<tbody>\n");
        for exhibit in &document.exhibits {
            row(page, exhibit);
        }
        page.raw("</tbody></table>\n");
    }
    notes(
        page,
        document,
        "Quarantined",
        "not understood, kept with its raw text",
        |exhibit| &exhibit.quarantined,
    );
    notes(
        page,
        document,
        "Set aside",
        "understood, and kept out for a reason",
        |exhibit| &exhibit.set_aside,
    );
    page.raw("</section>\n");
}

fn row(page: &mut Markup, exhibit: &Exhibit) {
    page.raw("<tr").attribute("id", &anchor(&exhibit.number));
    page.raw("><th scope=\"row\">").words(&exhibit.number);
    if let Some(number) = &exhibit.authority_no {
        page.raw("<small>").evidence(number).raw("</small>");
    }
    page.raw("</th><td>").evidence(&exhibit.file).raw("<small>");
    page.phrase(&exhibit.description).raw("</small></td><td>");
    match &exhibit.obtained {
        Some(obtained) => page.evidence(obtained),
        None => page.raw("not stated"),
    };
    page.raw("</td><td class=\"rec\">");
    let records = exhibit.records;
    let figure = |count: u64| group(&count.to_string());
    page.words(&figure(records.total())).raw(" = ");
    page.words(&figure(records.transferred)).raw(" + ");
    page.words(&figure(records.contextual)).raw(" + ");
    page.words(&figure(records.set_aside)).raw(" + ");
    page.words(&figure(records.quarantined)).raw("</td><td>");
    page.hash(&exhibit.sha256);
    if let Some(sha1) = &exhibit.sha1 {
        page.raw("<br><small>SHA-1</small>").hash(sha1);
    }
    page.raw("</td></tr>\n");
}

fn notes(
    page: &mut Markup,
    document: &Document,
    title: &'static str,
    meaning: &'static str,
    of: impl Fn(&Exhibit) -> &Vec<RecordNote>,
) {
    page.raw("<h3>")
        .raw(title)
        .raw(" <small>")
        .raw(meaning)
        .raw("</small></h3>\n");
    let notes: Vec<(&Exhibit, &RecordNote)> = document
        .exhibits
        .iter()
        .flat_map(|exhibit| of(exhibit).iter().map(move |note| (exhibit, note)))
        .collect();
    if notes.is_empty() {
        page.raw("<p>None.</p>\n");
        return;
    }
    page.raw("<table class=\"qu\">");
    header_row(page, &["Record", "Reason", "Raw text"]);
    page.raw("<tbody>");
    for (exhibit, note) in notes.iter().take(N_ROWS_MAX) {
        page.raw("<tr><td>")
            .link(&exhibit.number, &exhibit.number)
            .raw(" ");
        page.code(&note.locator)
            .raw("</td><td>")
            .evidence(&note.reason);
        page.raw("</td><td>")
            .evidence(&note.raw)
            .raw("</td></tr>\n");
    }
    page.raw("</tbody></table>\n");
    and_more(page, notes.len(), N_ROWS_MAX);
}
