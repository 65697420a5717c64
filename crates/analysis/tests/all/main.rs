//! The laws of analysis, worked figures, and what plain code says of the same cases.

mod cases;
mod claims;
mod coinjoins;
mod entities;
mod laws;
mod mirror;
mod reconcile;
mod reconcile_classes;
mod rules;
mod temporal;
mod topology;
mod worked;
