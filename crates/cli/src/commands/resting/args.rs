//! What fixes the trace whose money is looked for.

use crate::args::{LayerArg, MirrorsArg, PolicyArg, TraceArgs};
use crate::error::Error;
use crate::follow::Evidence;
use clap::{Args, ValueEnum};
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct RestingArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// Follow from here, as in trace [default: what the last stored trace followed, by its options]
    #[arg(long, value_name = "SEED")]
    from: Vec<String>,
    /// An account stands for all accounts of its entity
    #[arg(long)]
    entity: bool,
    /// Rule that allocates where no link decides
    #[arg(long, value_enum, default_value = "fifo")]
    policy: PolicyArg,
    /// Who holds what, or whose payment was delivered to whom [default: value from a book, else custody]
    #[arg(long, value_enum)]
    layer: Option<LayerArg>,
    /// Stop rules, as in trace
    #[arg(long, value_name = "RULES", default_value = "service,coinjoin")]
    stop: String,
    /// Accepted mirrors of books and chains, as in trace
    #[arg(long, value_enum)]
    mirrors: Option<MirrorsArg>,
    /// Outflows of a seed account before this do not count
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// What rested then: what happened later does not exist, freezes neither
    #[arg(long, value_name = "WHEN")]
    as_of: Option<String>,
    /// How many days before the money came to rest the rate of its worth may be [default: that of the day only]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    rate_days: u16,
    /// Share out what rests at each place among all who paid in there
    #[arg(long, value_enum)]
    pub(super) share: Option<ShareArg>,
}

/// How what rests is shared out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum ShareArg {
    /// By what each paid in, whenever (Barlow Clowes)
    PariPassu,
}

/// What a stored run says of itself, as far as it is needed to run it again.
#[derive(Debug, Deserialize)]
struct Manifest {
    direction: String,
    seeds: Vec<String>,
    layer: String,
    policies: Vec<String>,
    stop: String,
    since: Option<String>,
    as_of: Option<String>,
    #[serde(default)]
    entity: bool,
    #[serde(default)]
    mirrors: Option<String>,
}

impl RestingArgs {
    /// The trace that is asked for, and the stored run that it is taken from, if it is.
    pub(super) fn trace(&self, evidence: &Evidence) -> Result<(TraceArgs, Option<String>), Error> {
        let mut trace = TraceArgs {
            case: self.case.clone(),
            from: self.from.clone(),
            to: Vec::new(),
            entity: self.entity,
            policy: self.policy,
            layer: self.layer,
            stop: self.stop.clone(),
            mirrors: self.mirrors,
            since: self.since.clone(),
            as_of: self.as_of.clone(),
            rate_days: self.rate_days,
            without: Vec::new(),
        };
        if !trace.from.is_empty() {
            return Ok((trace, None));
        }
        let (run, manifest) = last_run(evidence.case.root())?;
        // Names of customers are not in a manifest unless somebody with a purpose asked.
        if manifest
            .seeds
            .iter()
            .any(|seed| seed.starts_with("masked:"))
        {
            return Err(Error::input(format!(
                "{run} followed a customer whose name it does not keep"
            ))
            .hint("give the seed again with --from"));
        }
        let layer = LayerArg::from_str(&manifest.layer, true).ok();
        let policy = match &manifest.policies[..] {
            [one] => PolicyArg::from_str(one, true).ok(),
            _ => Some(PolicyArg::All),
        };
        trace.from = manifest.seeds;
        trace.entity = self.entity || manifest.entity;
        trace.layer = self.layer.or(layer);
        trace.policy = policy.unwrap_or(self.policy);
        trace.stop = manifest.stop;
        let mirrors = manifest.mirrors.as_deref();
        trace.mirrors = self
            .mirrors
            .or(mirrors.and_then(|word| MirrorsArg::from_str(word, true).ok()));
        trace.since = self.since.clone().or(manifest.since);
        trace.as_of = self.as_of.clone().or(manifest.as_of);
        Ok((trace, Some(run)))
    }
}

/// The last stored run that followed money forward, and how.
fn last_run(case: &Path) -> Result<(String, Manifest), Error> {
    let mut runs: Vec<String> = Vec::new();
    for entry in fs_err::read_dir(case.join("runs"))? {
        runs.push(entry?.file_name().to_string_lossy().into_owned());
    }
    runs.retain(|name| !name.starts_with('.'));
    runs.sort();
    for run in runs.into_iter().rev() {
        let path = case.join("runs").join(&run).join("manifest.json");
        if !path.is_file() {
            continue;
        }
        let bytes = fs_err::read(&path)?;
        // A report has a manifest for each layer; the first is that of its question.
        let mut manifests = serde_json::Deserializer::from_slice(&bytes).into_iter::<Manifest>();
        if let Some(Ok(manifest)) = manifests.next()
            && manifest.direction == "forward"
        {
            return Ok((run, manifest));
        }
    }
    Err(
        Error::input("the case has no stored trace whose money could rest anywhere")
            .hint("say where to start: --from SEED, as in trace"),
    )
}
