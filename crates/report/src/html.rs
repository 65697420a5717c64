//! The HTML report: one file, without script, network or clock.
//!
//! Law: a pure function of the document; every element that holds text of the evidence isolates it;
//! the content security policy allows this one style sheet, by its hash, and nothing else. So there
//! are no `style` attributes; geometry stands in SVG attributes.

mod balance;
mod books;
mod ends;
mod exhibits;
mod findings;
mod head;
mod limits;
mod otherwise;
mod people;
mod repeat;
mod steps;

use crate::document::{Document, Inference, Masked, ReportError, group};
use crate::flow;
use crate::untrusted::Markup;
use sha2::{Digest, Sha256};

/// The style sheet, in the file itself.
const STYLE: &str = include_str!("html/style.css");

/// Sections by number, anchor and title, for the table of contents.
const CONTENTS: [(&str, &str); 10] = [
    ("#s1", "1 Flow"),
    ("#s2", "2 End points"),
    ("#s3", "3 Step by step"),
    ("#s4", "4 Who is who"),
    ("#s5", "5 Findings"),
    ("#s6", "6 Limits"),
    ("#s7", "7 Books"),
    ("#s8", "8 Balance"),
    ("#s9", "9 Exhibits"),
    ("#s10", "10 Repeat it"),
];

/// Writes the HTML report.
///
/// # Errors
/// [`ReportError`] if a sum of the document does not hold.
pub fn to_html(document: &Document) -> Result<String, ReportError> {
    document.check()?;
    masked_to_html(&document.clone().into_masked())
}

/// As [`to_html`], of a masked document.
///
/// # Errors
/// As [`to_html`].
pub fn masked_to_html(document: &Masked) -> Result<String, ReportError> {
    document.check()?;
    let mut page = Markup::default();
    open_page(&mut page, document);
    head::write(&mut page, document)?;
    flow::write(&mut page, document);
    ends::write(&mut page, document);
    steps::write(&mut page, document);
    people::write(&mut page, document);
    findings::write(&mut page, document);
    limits::write(&mut page, document);
    books::write(&mut page, document);
    balance::write(&mut page, document);
    exhibits::write(&mut page, document);
    repeat::write(&mut page, document);
    page.raw("</main>\n</body>\n</html>\n");
    Ok(page.finish())
}

fn open_page(page: &mut Markup, document: &Document) {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        base64(&Sha256::digest(STYLE))
    );
    page.raw("<!doctype html>\n<html lang=\"en\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta http-equiv=\"Content-Security-Policy\"")
        .attribute("content", &policy)
        .raw(">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"referrer\" content=\"no-referrer\">\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    page.words(&format!(
        "Case {}: {}",
        document.head.case_id,
        document.head.question.plain()
    ));
    page.raw("</title>\n<style>")
        .raw(STYLE)
        .raw("</style>\n</head>\n<body>\n");
    if let Some(notice) = &document.head.notice {
        page.raw("<p class=\"notice\">")
            .phrase(notice)
            .raw("</p>\n");
    }
    page.raw(concat!(
        "<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>",
        "<pattern id=\"hh\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" ",
        "patternTransform=\"rotate(45)\"><rect width=\"5\" height=\"5\" class=\"pb\"/>",
        "<line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"5\" class=\"ph\"/></pattern></defs></svg>\n",
        "<main>\n"
    ));
}

/// Opens a section with its question.
fn open_section(page: &mut Markup, number: u8, title: &'static str, question: &str) {
    page.raw("<section id=\"s")
        .number(number)
        .raw("\">\n<h2><span>");
    page.number(number)
        .raw("</span> ")
        .raw(title)
        .raw("</h2>\n");
    page.raw("<p class=\"sub\">").words(question).raw("</p>\n");
}

/// The outlined word of an inference.
fn inference(page: &mut Markup, inference: &Inference) {
    page.raw("<b class=\"k ki\">")
        .words(&inference.badge())
        .raw("</b>");
}

/// Rows of a list that are printed; the JSON report has all. Keeps a page below a few megabytes.
pub(crate) const N_ROWS_MAX: usize = 200;

/// Says how many rows of a list are not printed, if any.
pub(crate) fn and_more(page: &mut Markup, n_rows: usize, n_printed: usize) {
    if n_rows > n_printed {
        page.raw("<p class=\"fn\">And ");
        page.words(&group(&(n_rows - n_printed).to_string()));
        page.raw(" more: the JSON report lists all.</p>\n");
    }
}

/// A header row.
pub(crate) fn header_row(page: &mut Markup, columns: &[&'static str]) {
    page.raw("<thead><tr>");
    for column in columns {
        page.raw("<th scope=\"col\">").raw(column).raw("</th>");
    }
    page.raw("</tr></thead>\n");
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |position: usize| u32::from(chunk.get(position).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            if digit <= chunk.len() {
                let index = usize::try_from(group >> (18 - 6 * digit) & 63).unwrap_or(0);
                text.push(char::from(ALPHABET[index]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_as_in_rfc_4648() {
        let read: Vec<_> = ["", "f", "fo", "foo", "foob", "fooba", "foobar"]
            .map(|text| base64(text.as_bytes()))
            .into();
        let expected = [
            "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
        ];
        assert_eq!(read, expected);
    }
}
