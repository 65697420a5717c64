//! The laws of analysis, worked figures, and what plain code says of the same cases.

mod bounds;
mod cases;
mod claims;
mod coinjoins;
mod cycles;
mod entities;
mod escrow;
mod laws;
mod mirror;
mod patterns;
mod people;
mod reconcile;
mod reconcile_classes;
mod rules;
mod temporal;
mod topology;
mod worked;
