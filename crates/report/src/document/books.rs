//! Two books compared.

use super::basis::Inference;
use super::phrase::Phrase;
use serde::{Deserialize, Serialize};

/// Two books, order by order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookPair {
    /// Exhibit of the first book.
    pub first: String,
    /// Exhibit of the second book.
    pub second: String,
    /// Which orders were compared.
    pub scope: Phrase,
    /// By which rule.
    pub inference: Inference,
    /// In the order of tokens.
    pub orders: Vec<BookOrder>,
}

/// One order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookOrder {
    /// Token, as written.
    pub token: String,
    /// What was found.
    pub state: OrderState,
    /// Whether it is an order of this trace.
    pub of_this_trace: bool,
    /// What the first book says; printed unless matched.
    pub in_first: Option<Phrase>,
    /// What the second book says.
    pub in_second: Option<Phrase>,
    /// What differs; for a missing row: the book's end, a gap, or a page not seized.
    pub differs: Option<Phrase>,
}

/// How an order stands in two books.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// The same in both.
    Matched,
    /// In both, not the same.
    Altered,
    /// Not in the first.
    MissingInFirst,
    /// Not in the second.
    MissingInSecond,
}
