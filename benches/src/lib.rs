//! What the benchmarks share: inputs, and the kernels that are measured on them.
//!
//! Laws. Inputs are deterministic: the same call gives the same bytes anywhere. A kernel is the call
//! that the program itself makes; reading inputs and writing answers down is not part of it. Every
//! kernel gives its answer in a form that other programs can give too, so that a figure counts only
//! beside an equal answer.
//!
//! Reading order: [`kernels`]; [`cycles`] times the count of simple cycles beside published code; [`amlsim`] measures how well patterns are found, [`patterns`] how fast, and how well those that were planted; [`rates`] measures how often the rules of entities err on generated chains; [`mix`] repeats real blocks as one valid chain; [`synthetic`] makes
//! the small inputs of `cargo bench` and of [`counting`].

pub mod amlsim;
pub mod counting;
pub mod cycles;
pub mod kernels;
pub mod mix;
pub mod patterns;
pub mod rates;
pub mod reconcile;
pub mod synthetic;

/// Whatever went wrong: a benchmark only reports it.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
