//! Reports of a trace, for people and for programs.
//!
//! Law: a report is a pure function of its [`Document`]: no clock, no thread count, no hash order
//! reaches a byte of it. A document whose answer does not add up to what was seeded, or whose trace
//! does not balance, is refused ([`ReportError`]). Text of the evidence never becomes markup, and a
//! person who is not a suspect is masked for whoever has not stated a purpose.
//!
//! Method: [`Document`] is the whole report as data; [`to_json`] writes it as it is (its fields are
//! listed in `SCHEMA.md`), [`to_html`] draws it as one file that needs no script and no network. [`positions`] is a page of its own.

pub mod document;
mod flow;
mod html;
mod json;
pub mod positions;
mod untrusted;

pub use document::{Document, Masked, ReportError};
pub use html::{masked_to_html, to_html};
pub use json::{masked_to_json, to_json};
pub use positions::{PositionsPage, positions_to_html};
