//! Analyses of a transfer graph: functions of a graph, without I/O and without printing.
//!
//! Reading order: [`trace`] follows money under a policy (`tracing.md`), [`entity`] says which
//! accounts have one owner; [`bounds`] says what went from one account to another under any policy, [`paths`] by which ways, [`exposure`] what met tagged accounts; [`peel`] and [`linkability`] look at single transactions and their runs. Kernels run on plain slices, with an adapter for the graph each:
//! [`topology`] (neighbours, breadth-first search), [`components`], [`temporal`] (reachability in time).
//!
//! Laws: every unit of a trace is accounted for, or there is no trace; a result is a function of the
//! graph and what is asked alone, never of the number of threads.

mod between;
pub mod bounds;
pub mod components;
pub mod dates;
pub mod entity;
pub mod error;
pub mod escrow;
pub mod exposure;
mod huge_pages;
pub mod linkability;
mod linkage;
pub mod mirror;
mod node_set;
pub mod paths;
pub mod patterns;
pub mod peel;
pub mod people;
pub mod positions;
pub mod reconcile;
pub mod serials;
pub mod temporal;
pub mod topology;
pub mod trace;

pub use error::Error;
