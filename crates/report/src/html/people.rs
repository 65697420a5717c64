//! Why are these accounts one owner's?

use super::steps::cite;
use super::{N_ROWS_MAX, and_more, header_row, inference, open_section};
use crate::document::{Basis, ChainLink, ClaimView, Document, Entity};
use crate::untrusted::{Markup, anchor};

pub(super) fn write(page: &mut Markup, document: &Document) {
    let people = &document.people;
    open_section(
        page,
        4,
        "Who is who",
        "Which accounts are held to be one owner’s, why, and how weak the weakest link is.",
    );
    if people.entities.is_empty() {
        page.raw("<p>None: no two accounts of this report are held to be one owner’s.</p>\n");
    } else {
        page.raw("<table class=\"who\">");
        header_row(
            page,
            &["Entity, role", "Accounts", "Why together: strongest chain"],
        );
        page.raw("<tbody>\n");
        for entity in people.entities.iter().take(N_ROWS_MAX) {
            row(page, entity);
        }
        page.raw("</tbody></table>\n");
        and_more(page, people.entities.len(), N_ROWS_MAX);
    }
    for claim in people.claims.iter().take(N_ROWS_MAX) {
        self::claim(page, claim);
    }
    and_more(page, people.claims.len(), N_ROWS_MAX);
    page.raw("<p class=\"fn\">Held back for review, or decided on: ");
    if people.held_back.is_empty() {
        page.raw("none.");
    }
    for phrase in people.held_back.iter().take(N_ROWS_MAX) {
        page.phrase(phrase).raw(" ");
    }
    page.raw("</p>\n");
    and_more(page, people.held_back.len(), N_ROWS_MAX);
    page.raw("</section>\n");
}

fn row(page: &mut Markup, entity: &Entity) {
    page.raw("<tr><th scope=\"row\">").party(&entity.party);
    if let (Some(role), None) = (entity.party.role, entity.party.mask) {
        page.raw("<small>role: ")
            .words(role.as_str())
            .raw("</small>");
    }
    page.raw("</th><td>");
    for (position, account) in entity.accounts.iter().take(N_ROWS_MAX).enumerate() {
        if position > 0 {
            page.raw("<br>");
        }
        page.party(&account.party).raw(" <small>");
        if let Some(note) = &account.note {
            page.evidence(note);
        }
        if let Some(exhibit) = &account.exhibit {
            page.raw(" ").link(exhibit, exhibit);
        }
        page.raw("</small>");
    }
    and_more(page, entity.accounts.len(), N_ROWS_MAX);
    page.raw("</td><td>");
    if !entity.chain.is_empty() {
        page.raw("<ol class=\"chain\">");
        for link in &entity.chain {
            chain_link(page, link);
        }
        page.raw("</ol>");
    }
    if let Some(permille) = entity.weakest_permille() {
        page.raw("<p>Weakest link ")
            .words(&crate::document::permille(permille));
        page.raw(", as measured on generated chains.");
        if let Some(without) = &entity.without {
            page.raw(" Without it: ").phrase(without).raw(".");
        }
        page.raw("</p>");
    }
    if let Some(note) = &entity.note {
        page.raw("<p>").phrase(note).raw("</p>");
    }
    page.raw("</td></tr>\n");
}

fn chain_link(page: &mut Markup, link: &ChainLink) {
    page.raw("<li>");
    match &link.basis {
        Basis::Fact(_) => {
            page.raw("<b class=\"k kf\">fact</b>");
        }
        Basis::Inference(by) => inference(page, by),
        Basis::Assumption(_) => {
            page.raw("<b class=\"k ka\">assumption</b>");
        }
    }
    page.raw(" ").phrase(&link.says).raw("</li>");
}

fn claim(page: &mut Markup, claim: &ClaimView) {
    page.raw("<article class=\"fi\"")
        .attribute("id", &anchor(&claim.id));
    page.raw("><h3>")
        .words(&claim.id)
        .raw(" ")
        .phrase(&claim.says);
    page.raw(" <small>")
        .evidence(&claim.inference.rule)
        .raw("</small></h3>\n<dl><div><dt>Claim");
    page.raw("</dt><dd>");
    inference(page, &claim.inference);
    if !claim.inference.parameters.is_empty() {
        page.raw(" ").evidence(&claim.inference.parameters);
    }
    page.raw("</dd></div>");
    if let Some(why) = &claim.why {
        page.raw("<div><dt>Why</dt><dd>")
            .phrase(why)
            .raw("</dd></div>");
    }
    page.raw("<div><dt>Rests on</dt><dd class=\"ev\">");
    for citation in &claim.evidence {
        cite(page, citation);
    }
    page.raw("</dd></div></dl></article>\n");
}
