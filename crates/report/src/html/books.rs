//! Do the books agree?

use super::{inference, open_section};
use crate::document::{BookOrder, BookPair, Document, OrderState, Phrase};
use crate::untrusted::Markup;

pub(super) fn write(page: &mut Markup, document: &Document) {
    open_section(
        page,
        7,
        "Books reconciled",
        "Do the books agree, order by order?",
    );
    match document.books.as_deref() {
        None => {
            page.raw(
                "<p>None compared: this version lists no books side by side. Orders that a claim joins stand in <a href=\"#s4\">section 4</a>.</p>\n",
            );
        }
        Some([]) => {
            page.raw("<p>None: no two books of this case describe the same orders.</p>\n");
        }
        Some(pairs) => {
            for pair in pairs {
                self::pair(page, pair);
            }
        }
    }
    page.raw("</section>\n");
}

fn pair(page: &mut Markup, pair: &BookPair) {
    let count = |states: &[OrderState]| {
        let orders = pair.orders.iter();
        let n_orders = orders.filter(|order| states.contains(&order.state)).count();
        i64::try_from(n_orders).unwrap_or(i64::MAX)
    };
    page.raw("<p>").link(&pair.first, &pair.first).raw(" and ");
    page.link(&pair.second, &pair.second)
        .raw(": ")
        .phrase(&pair.scope)
        .raw(": ");
    page.number(i64::try_from(pair.orders.len()).unwrap_or(i64::MAX));
    page.raw(" orders, ").number(count(&[OrderState::Matched]));
    page.raw(" matched, ").number(count(&[OrderState::Altered]));
    page.raw(" altered, ");
    page.number(count(&[
        OrderState::MissingInFirst,
        OrderState::MissingInSecond,
    ]));
    page.raw(" missing. ");
    inference(page, &pair.inference);
    page.raw("</p>\n<ol class=\"strip\">");
    for order in &pair.orders {
        square(page, pair, order);
    }
    page.raw("</ol>\n");
    if pair
        .orders
        .iter()
        .all(|order| order.state == OrderState::Matched)
    {
        return;
    }
    page.raw("<table class=\"bk\"><thead><tr><th scope=\"col\">Order</th><th scope=\"col\">");
    page.link(&pair.first, &pair.first)
        .raw("</th><th scope=\"col\">");
    page.link(&pair.second, &pair.second);
    page.raw("</th><th scope=\"col\">What differs</th></tr></thead><tbody>\n");
    for order in &pair.orders {
        if order.state != OrderState::Matched {
            row(page, pair, order);
        }
    }
    page.raw("</tbody></table>\n");
}

fn square(page: &mut Markup, pair: &BookPair, order: &BookOrder) {
    let (class, word, book) = match order.state {
        OrderState::Matched => ("sq ok", "matched", None),
        OrderState::Altered => ("sq alt", "altered", None),
        OrderState::MissingInFirst => ("sq mis", "missing in ", Some(&pair.first)),
        OrderState::MissingInSecond => ("sq mis", "missing in ", Some(&pair.second)),
    };
    page.raw("<li").attribute("class", class).raw("><span>");
    page.evidence(&order.token).raw("</span><i>").words(word);
    if let Some(book) = book {
        page.words(book);
    }
    page.raw("</i>");
    if order.of_this_trace {
        page.raw("<b>this trace</b>");
    }
    page.raw("</li>");
}

fn row(page: &mut Markup, pair: &BookPair, order: &BookOrder) {
    page.raw("<tr><th scope=\"row\">").evidence(&order.token);
    page.raw("</th>");
    for (book, said) in [
        (&pair.first, &order.in_first),
        (&pair.second, &order.in_second),
    ] {
        page.raw("<td").attribute("data-p", book).raw(">");
        said_or(page, said.as_ref(), "no row");
        page.raw("</td>");
    }
    page.raw("<td>");
    said_or(page, order.differs.as_ref(), "not said");
    page.raw("</td></tr>\n");
}

fn said_or(page: &mut Markup, said: Option<&Phrase>, otherwise: &'static str) {
    match said {
        Some(said) => page.phrase(said),
        None => page.raw(otherwise),
    };
}
