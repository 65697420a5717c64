//! A page of positions: who owes whom, one picture for each pair and currency.
//!
//! Laws: as those of the report of a trace: no clock, no script, no network; text of the evidence stands in isolates; nothing of two currencies
//! is drawn on one scale. All pictures share one axis of time, so that they can be read below each other.

mod picture;

use crate::document::{Phrase, group};
use crate::html::{N_ROWS_MAX, and_more, base64, header_row};
use crate::untrusted::Markup;
use moneytrail_model::Amount;
use picture::Axis;
use sha2::{Digest, Sha256};

/// The style sheet, that of all reports.
const STYLE: &str = include_str!("html/style.css");

/// A page as data.
#[derive(Clone, Debug, Default)]
pub struct PositionsPage {
    /// Number of the case.
    pub case_id: String,
    /// A sentence that stands above everything.
    pub notice: Option<String>,
    /// The last day that counts, where one was asked for.
    pub as_of: Option<String>,
    /// What rules concluded, one sentence each.
    pub inferences: Vec<String>,
    /// What was chosen, one sentence each.
    pub assumptions: Vec<String>,
    /// What is in no position, one sentence each.
    pub left_out: Vec<String>,
    /// Courses by pair and currency.
    pub courses: Vec<Course>,
}

/// The course of what two owe each other in one currency.
#[derive(Clone, Debug)]
pub struct Course {
    /// Who owes above the line.
    pub first: String,
    /// Who owes below it.
    pub second: String,
    /// The asset, as shown.
    pub asset: String,
    /// Its decimals.
    pub decimals: u8,
    /// In the order of days; those without a day behind them.
    pub steps: Vec<Step>,
    /// What else is to be said: what each book makes of it, what a book states.
    pub notes: Vec<Phrase>,
}

/// A change.
#[derive(Clone, Debug)]
pub struct Step {
    /// Days since 1970; `None` if it has no date.
    pub day: Option<i64>,
    /// The date as shown.
    pub date: String,
    /// What it is.
    pub what: String,
    /// Above zero: the first owes more.
    pub change: Amount,
    /// What is owed then.
    pub position: Amount,
    /// Whether a claim joins two rows in it.
    pub is_inferred: bool,
    /// Who says so.
    pub seen: String,
    /// Locators of its rows.
    pub rows: Vec<String>,
}

/// Writes the page.
pub fn positions_to_html(of: &PositionsPage) -> String {
    let mut page = Markup::default();
    open_page(&mut page, of);
    let days = of.courses.iter().flat_map(|course| &course.steps);
    let axis = Axis::over(days.filter_map(|step| step.day));
    for (nth, course) in (1_u32..).zip(&of.courses) {
        section(&mut page, nth, course, axis);
    }
    page.raw("</main>\n</body>\n</html>\n");
    page.finish()
}

fn open_page(page: &mut Markup, of: &PositionsPage) {
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
    page.words(&format!("Case {}: who owes whom", of.case_id));
    page.raw("</title>\n<style>").raw(STYLE);
    page.raw("</style>\n</head>\n<body>\n");
    if let Some(notice) = &of.notice {
        page.raw("<p class=\"notice\">")
            .evidence(notice)
            .raw("</p>\n");
    }
    page.raw("<main>\n<header>\n<p class=\"run\"><span>Moneytrail positions</span> <span>case ");
    page.evidence(&of.case_id).raw("</span></p>\n");
    page.raw("<p class=\"q\"><span class=\"lbl\">Question</span> Who owes whom, by currency");
    if let Some(as_of) = &of.as_of {
        page.raw(", at the end of ").words(as_of);
    }
    page.raw("?</p>\n");
    answers(page, of);
    if of.courses.is_empty() {
        page.raw("<p>None: no row of a book makes anybody owe anything.</p>\n");
    }
    page.raw("<p class=\"cert\"><b class=\"k kf\">fact</b> Rows of the books, each cited. ");
    page.raw("Currencies are never added together.</p>\n");
    for (class, word, sentences) in [
        ("<b class=\"k ki\">", "inference", &of.inferences),
        ("<b class=\"k ka\">", "assumption", &of.assumptions),
    ] {
        for sentence in sentences {
            page.raw("<p class=\"cert\">").raw(class).raw(word);
            page.raw("</b> ").words(sentence).raw("</p>\n");
        }
    }
    page.raw("<h3>In no position</h3>\n<ul class=\"as\">\n");
    for sentence in &of.left_out {
        page.raw("<li>").words(sentence).raw("</li>\n");
    }
    if of.left_out.is_empty() {
        page.raw("<li>Nothing is left out.</li>\n");
    }
    page.raw("</ul>\n</header>\n");
}

/// Who owes what at the end, one line for each course.
fn answers(page: &mut Markup, of: &PositionsPage) {
    if of.courses.is_empty() {
        return;
    }
    page.raw("<div class=\"sw\" tabindex=\"0\" role=\"region\" aria-label=\"Answers\"><table>");
    header_row(
        page,
        &["", "Who owes", "Whom", "How much", "Currency", "Steps"],
    );
    page.raw("<tbody>\n");
    for (nth, course) in (1_u32..).zip(&of.courses) {
        let end = course.end();
        let (debtor, creditor) = course.sides(end);
        page.raw("<tr><td><a href=\"#s").number(nth).raw("\">");
        page.number(nth).raw("</a></td><td>").evidence(debtor);
        page.raw("</td><td>").evidence(creditor);
        page.raw("</td><td class=\"num\">");
        page.words(&shown(magnitude(end), course.decimals));
        page.raw("</td><td>")
            .evidence(&course.asset)
            .raw("</td><td>");
        page.number(i64::try_from(course.steps.len()).unwrap_or(i64::MAX));
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody></table></div>\n");
}

impl Course {
    /// What is owed behind the last step.
    fn end(&self) -> Amount {
        let last = self.steps.last();
        last.map_or(Amount::ZERO, |step| step.position)
    }

    /// Who owes, and whom.
    fn sides(&self, end: Amount) -> (&str, &str) {
        if end < Amount::ZERO {
            (&self.second, &self.first)
        } else {
            (&self.first, &self.second)
        }
    }
}

/// Who owes what at the end, as a sentence.
fn answer(page: &mut Markup, course: &Course) {
    let end = course.end();
    let (debtor, creditor) = course.sides(end);
    if end == Amount::ZERO {
        page.evidence(debtor).raw(" and ").evidence(creditor);
        page.raw(" owe each other no ").evidence(&course.asset);
        return;
    }
    page.evidence(debtor).raw(" owes ").evidence(creditor);
    page.raw(" <b>")
        .words(&shown(magnitude(end), course.decimals));
    page.raw("</b>\u{a0}").evidence(&course.asset);
}

fn magnitude(amount: Amount) -> Amount {
    amount.max(Amount::ZERO.checked_sub(amount).unwrap_or(amount))
}

fn shown(amount: Amount, decimals: u8) -> String {
    group(&amount.display(decimals).to_string())
}

fn section(page: &mut Markup, nth: u32, course: &Course, axis: Option<Axis>) {
    page.raw("<section id=\"s")
        .number(nth)
        .raw("\">\n<h2><span>");
    page.number(nth).raw("</span> ").evidence(&course.first);
    page.raw(" and ").evidence(&course.second).raw(", ");
    page.evidence(&course.asset).raw("</h2>\n<p class=\"sub\">");
    answer(page, course);
    page.raw("</p>\n");
    match axis {
        Some(axis) => picture::write(page, nth, course, axis),
        None => {
            page.raw("<p class=\"fn\">No step has a date: there is nothing to draw.</p>\n");
        }
    }
    for note in &course.notes {
        page.raw("<p class=\"fn\">").phrase(note).raw("</p>\n");
    }
    page.raw("<div class=\"sw\" tabindex=\"0\" role=\"region\"");
    page.attribute("aria-label", &format!("Steps of section {nth}"));
    page.raw("><table>");
    header_row(
        page,
        &["Day", "What", "Change", "Owed then", "Who says so", "Rows"],
    );
    page.raw("<tbody>\n");
    for step in course.steps.iter().take(N_ROWS_MAX) {
        page.raw("<tr><td>").words(&step.date).raw("</td><td>");
        page.words(&step.what).raw("</td><td class=\"num\">");
        page.words(&shown(step.change, course.decimals));
        page.raw("</td><td class=\"num\">");
        page.words(&shown(step.position, course.decimals));
        page.raw("</td><td>");
        page.raw(if step.is_inferred {
            "<b class=\"k ki\">inference</b> "
        } else {
            "<b class=\"k kf\">fact</b> "
        });
        page.words(&step.seen).raw("</td><td>");
        for row in &step.rows {
            page.code(row).raw("<br>");
        }
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody></table></div>\n");
    and_more(page, course.steps.len(), N_ROWS_MAX.min(course.steps.len()));
    page.raw("</section>\n");
}
