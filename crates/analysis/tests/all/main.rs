//! The laws of analysis, worked figures, and what plain code says of the same cases.

mod bounds;
mod cases;
mod claims;
mod coinjoins;
mod cycles;
mod dates;
mod entities;
mod escrow;
mod exposure;
mod laws;
mod mirror;
mod paths;
mod patterns;
mod patterns_blocks;
mod patterns_books;
mod people;
mod positions;
mod reconcile;
mod reconcile_classes;
mod reconcile_settled;
mod rules;
mod stopped;
mod strict;
mod temporal;
mod topology;
mod worked;
