//! The program, as a user runs it.

mod addresses;
mod answer;
mod batch;
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
mod path;
mod patterns;
mod positions;
mod rates;
mod reconcile;
mod repairs;
mod resting;
mod sequence;
mod story;
mod summary;
mod tags;
mod tidy;
mod worked_books;
