//! The command line of `patterns`.

use crate::args::LayerArg;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct PatternsArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// A rule; may be given several times [default: all]
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: Vec<String>,
    /// Whose payment was delivered to whom, or who holds what
    #[arg(long, value_enum, default_value = "value")]
    pub(crate) layer: LayerArg,
    /// Parameters of the rules: a TOML file (docs/FORMATS.md); what it leaves out keeps its default
    #[arg(long, value_name = "FILE")]
    pub(crate) parameters: Option<PathBuf>,
    /// How many records with their times shuffled are asked too, to tell what chance would give; 0: none
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub(crate) shuffles: u32,
    /// Seed of the shuffles
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Most findings of a rule that are listed for people; the JSON has all
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) list: usize,
}
