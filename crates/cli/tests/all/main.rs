//! The program, as a user runs it.

mod addresses;
mod answer;
mod common;
mod crash;
mod entities;
mod escrow;
mod exchange;
mod generate;
mod hostile;
mod memory;
mod mirror;
mod packed;
mod patterns;
mod people;
mod rates;
mod reconcile;
mod repairs;
mod story;
mod tags;
mod tidy;
mod worked_books;
