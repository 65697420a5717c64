//! `exposure`: what went from an account to each category of tagged accounts, and what came from each.

mod args;
mod say;

pub(crate) use args::ExposureArgs;

use crate::error::{Error, Verdict};
use crate::follow::{self, Edge, Evidence};
use crate::progress::Total;
use crate::seed::{self, Found};
use crate::shell::Shell;
use moneytrail_analysis::exposure::{
    Exposure, ExposureSpec, N_TRACES, exposure_watched as follow_both,
};
use moneytrail_model::NodeIdx;
use moneytrail_store::decision::CRYPTO_MIRROR;
use std::collections::BTreeSet;

/// What was asked, and what was found.
struct Run<'a> {
    evidence: &'a Evidence,
    args: &'a ExposureArgs,
    spec: ExposureSpec,
    /// Whose, as it may be told.
    shown: String,
    found: Exposure,
}

pub(crate) fn exposure(args: &ExposureArgs, shell: &Shell) -> Result<Verdict, Error> {
    let evidence = Evidence::open(&args.case, shell)?;
    let graph = &evidence.graph;
    let found = seed::find(&evidence.case, graph, &evidence.tags, &args.account)?;
    let shown = seed::shown(&evidence, &found, &args.account, shell)?;
    let mut members: BTreeSet<NodeIdx> = BTreeSet::new();
    for place in &found {
        match place {
            Found::Account(node) if args.entity => members.extend(evidence.known()?.members(*node)),
            Found::Account(node) => {
                members.insert(*node);
            }
            Found::Event(..) => {
                return Err(Error::usage(format!("`{}` is no account", args.account))
                    .hint("an address, account, name or tag"));
            }
        }
    }
    let tagged: BTreeSet<NodeIdx> = evidence
        .tags
        .iter()
        .filter_map(|tag| graph.node_of(&tag.account))
        .collect();
    if tagged.difference(&members).next().is_none() {
        let n_tags = evidence.tags.len();
        return Err(if n_tags == 0 {
            Error::input("no other account of the evidence has a tag")
                .hint("moneytrail tag CASE FILE takes a list of tags in")
        } else {
            Error::input(format!(
                "no other account of the evidence has a tag: the {n_tags} tags of the case are of accounts that do not occur in it"
            ))
            .hint("moneytrail tag CASE FILE takes another list in; moneytrail trace says where the money went")
        });
    }
    let moment = |text: &Option<String>, edge| {
        text.as_deref()
            .map(|text| follow::moment(text, edge))
            .transpose()
    };
    let spec = ExposureSpec {
        members: members.into_iter().collect(),
        tagged,
        layer: follow::layer(graph, args.layer, &found),
        policy: args.policy.into(),
        stops: follow::stops(&evidence, &args.stop)?.rules,
        since: moment(&args.since, Edge::First)?,
        as_of: moment(&args.as_of, Edge::Last)?,
        without: std::sync::Arc::new([CRYPTO_MIRROR]),
    };
    let n_behind = (graph.n_transfers() as u64).saturating_mul(N_TRACES);
    let bar = shell.work("follow both ways", Total::Things(n_behind));
    let found = follow_both(graph, &spec, &bar)?;
    drop(bar);
    let run = Run {
        evidence: &evidence,
        args,
        spec,
        shown,
        found,
    };
    say::say(&run, shell)?;
    Ok(Verdict::Done)
}
