//! The program, as a user runs it.

mod addresses;
mod answer;
mod common;
mod crash;
mod entities;
mod exchange;
mod generate;
mod hostile;
mod memory;
mod mirror;
mod packed;
mod rates;
mod reconcile;
mod story;
mod tags;
mod tidy;
mod worked_books;
