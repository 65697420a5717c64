//! `path`: by which ways money can have gone from A to B, what all of them pass, and how much it was at least and at most.

mod args;
mod say;

pub(crate) use args::PathArgs;

use crate::commands::disclose;
use crate::error::{Error, Verdict};
use crate::follow::{self, Edge, Evidence};
use crate::progress::Total;
use crate::seed::{self, Found};
use crate::shell::Shell;
use moneytrail_analysis::bounds::{Bound, BoundsSpec, Times, bounds_watched};
use moneytrail_analysis::paths::{
    N_STATIONS_MAX, Paths, PathsSpec, Station, paths_watched, strict_paths_watched,
};
use moneytrail_model::trace::{Policy, Seed, StopRules};
use moneytrail_model::{Asset, AssetIdx, Layer, NodeIdx, Watch};
use moneytrail_store::Case;
use std::collections::BTreeSet;

/// Labels that searches may make for each transfer that may be looked at.
const N_LABELS_PER_TRANSFER: u64 = 20;

/// What was asked, and what was found.
struct Run<'a> {
    evidence: &'a Evidence,
    args: &'a PathArgs,
    spec: PathsSpec,
    /// What was written, as it may be told.
    said: Said,
    paths: Paths,
    /// The policy by which each transfer of a way draws on the one before, and what arrives by it in all.
    strict: Option<(Policy, Vec<(AssetIdx, u128)>)>,
    /// In the order of the record, and in every order of stated times; `None` beyond the limit.
    bounds: [Option<Vec<Bound>>; 2],
}

pub(crate) fn path(args: &PathArgs, shell: &Shell) -> Result<Verdict, Error> {
    if args.through.len() > N_STATIONS_MAX {
        let n = args.through.len();
        let what = format!("{n} times --through: at most {N_STATIONS_MAX} are searched");
        return Err(Error::usage(what));
    }
    let evidence = Evidence::open(&args.case, shell)?;
    let mut said = Said::default();
    let from = said.end(&evidence, &args.from, shell)?;
    let to = said.end(&evidence, &args.to, shell)?;
    let both: Vec<Found> = from.iter().chain(&to).cloned().collect();
    let layer = follow::layer(&evidence.graph, args.layer, &both);
    let spec = spec(&evidence, args, layer, &mut said, [&from, &to], shell)?;
    let bar = shell.work("look for ways", Total::Unknown);
    let found = match args.strict {
        None => paths_watched(&evidence.graph, &spec, &bar).map(|paths| (paths, None)),
        Some(policy) => {
            let change = follow::accepted_change(&evidence)?;
            let found = strict_paths_watched(&evidence.graph, &spec, policy.into(), change, &bar);
            found.map(|found| (found.paths, Some((policy.into(), found.arrived))))
        }
    };
    let (found, strict) = found.map_err(|error| too_far(error, args))?;
    let bounds = both_bounds(&evidence, &spec, &bar)?;
    drop(bar);
    let run = Run {
        evidence: &evidence,
        args,
        spec,
        said,
        paths: found,
        strict,
        bounds,
    };
    if shell.is_disclosed() && run.said.names_customers {
        disclose(Case::open(&args.case)?, "path", shell)?;
    }
    say::say(&run, shell)?;
    Ok(Verdict::Done)
}

/// What was written for places and assets, as it may be told.
#[derive(Default)]
struct Said {
    /// From, to.
    ends: Vec<Vec<String>>,
    through: Vec<String>,
    avoid: Vec<String>,
    /// What was written for assets, with the keys of all that are so called.
    assets: Vec<(String, Vec<String>)>,
    /// Whether a place names a customer of a book.
    names_customers: bool,
}

impl Said {
    /// What an end means.
    fn end(
        &mut self,
        evidence: &Evidence,
        texts: &[String],
        shell: &Shell,
    ) -> Result<Vec<Found>, Error> {
        let (mut all, mut shown) = (Vec::new(), Vec::new());
        for text in texts {
            let found = seed::find(&evidence.case, &evidence.graph, &evidence.tags, text)?;
            shown.push(self.place(evidence, &found, text, shell)?);
            all.extend(found);
        }
        self.ends.push(shown);
        Ok(all)
    }

    fn place(
        &mut self,
        evidence: &Evidence,
        found: &[Found],
        text: &str,
        shell: &Shell,
    ) -> Result<String, Error> {
        self.names_customers |= seed::masked(evidence, found)?.is_some();
        seed::shown(evidence, found, text, shell)
    }

    fn assets(&mut self, evidence: &Evidence, text: &str) -> Result<Vec<AssetIdx>, Error> {
        let found = assets_named(evidence, text)?;
        let keys = found.iter().map(|&asset| evidence.graph.asset(asset).key());
        let keys = keys.map(ToString::to_string).collect();
        self.assets.push((text.to_owned(), keys));
        Ok(found)
    }
}

fn spec(
    evidence: &Evidence,
    args: &PathArgs,
    layer: Layer,
    said: &mut Said,
    [from, to]: [&[Found]; 2],
    shell: &Shell,
) -> Result<PathsSpec, Error> {
    let graph = &evidence.graph;
    let mut sources: Vec<Seed> = Vec::new();
    for place in from {
        match place {
            Found::Account(node) => {
                let accounts = of_entity(evidence, *node, args.entity)?;
                sources.extend(accounts.into_iter().map(Seed::Account));
            }
            Found::Event(..) => sources.extend(seed::seeds(graph, place, layer)),
        }
    }
    sources.sort();
    sources.dedup();
    if sources.is_empty() {
        let what = format!(
            "`{}` moved nothing on the {layer} layer",
            said.ends[0].join(" ")
        );
        return Err(Error::input(what).hint("try the other layer with --layer"));
    }
    let mut targets: BTreeSet<NodeIdx> = BTreeSet::new();
    for place in to {
        let paid = match place {
            Found::Account(node) => vec![*node],
            Found::Event(..) => paid_by(evidence, place, layer),
        };
        for node in paid {
            targets.extend(of_entity(evidence, node, args.entity)?);
        }
    }
    if targets.is_empty() {
        let what = format!(
            "`{}` paid no account on the {layer} layer",
            said.ends[1].join(" ")
        );
        return Err(Error::input(what).hint("try the other layer with --layer"));
    }
    let is_source = |node: &NodeIdx| sources.contains(&Seed::Account(*node));
    if targets.iter().any(is_source) {
        let what = if args.entity {
            "both ends are one entity"
        } else {
            "an account is at both ends"
        };
        return Err(Error::usage(what).hint("patterns --rule cycle finds money that comes back"));
    }
    let (avoid, shown) = stations(evidence, &args.avoid, said, shell)?;
    said.avoid = shown;
    let avoid = avoid.into_iter().fold(Station::default(), |mut all, one| {
        all.accounts.extend(one.accounts);
        all.events.extend(one.events);
        all.assets.extend(one.assets);
        all
    });
    let is_end = |node: &&NodeIdx| targets.contains(*node) || is_source(node);
    if avoid.accounts.iter().any(|node| is_end(&node)) {
        return Err(Error::usage("an account that is avoided is an end"));
    }
    let mut assets = BTreeSet::new();
    for text in &args.asset {
        assets.extend(said.assets(evidence, text)?);
    }
    let (through, shown) = stations(evidence, &args.through, said, shell)?;
    said.through = shown;
    let moment = |text: &Option<String>, edge| {
        text.as_deref()
            .map(|text| follow::moment(text, edge))
            .transpose()
    };
    Ok(PathsSpec {
        sources,
        targets: targets.into_iter().collect(),
        layer,
        by: args.by.into(),
        k: args.k.into(),
        disjoint: args.disjoint.map(Into::into),
        through,
        avoid,
        assets,
        since: moment(&args.since, Edge::First)?,
        until: moment(&args.until, Edge::Last)?,
        as_of: moment(&args.as_of, Edge::Last)?,
        without: follow::without(graph, args.mirrors, layer, from),
        n_transfers_max: args.limit,
        n_labels_max: (args.limit as u64).saturating_mul(N_LABELS_PER_TRANSFER),
    })
}

fn of_entity(evidence: &Evidence, node: NodeIdx, whole: bool) -> Result<Vec<NodeIdx>, Error> {
    Ok(if whole {
        evidence.known()?.members(node)
    } else {
        vec![node]
    })
}

/// Accounts that an event paid.
fn paid_by(evidence: &Evidence, place: &Found, layer: Layer) -> Vec<NodeIdx> {
    let graph = &evidence.graph;
    let seeds = seed::seeds(graph, place, layer).into_iter();
    let paid = seeds.filter_map(|seed| match seed {
        Seed::Transfer(transfer) => Some(graph.to(transfer)),
        Seed::Account(_) => None,
    });
    paid.filter(|&node| !graph.is_junction(node) && !graph.is_boundary(node))
        .collect()
}

/// Places on the way: what a seed can be, `category:exchange`, `asset:EUR`; and each as it may be told.
fn stations(
    evidence: &Evidence,
    texts: &[String],
    said: &mut Said,
    shell: &Shell,
) -> Result<(Vec<Station>, Vec<String>), Error> {
    let mut one = |text: &String| {
        let mut station = Station::default();
        let mut shown = text.clone();
        if let Some(category) = text.strip_prefix("category:") {
            let nodes = seed::of_category(&evidence.graph, &evidence.tags, category)?;
            station.accounts.extend(nodes);
        } else if let Some(symbol) = text.strip_prefix("asset:") {
            station.assets.extend(said.assets(evidence, symbol.trim())?);
        } else {
            let all = seed::find(&evidence.case, &evidence.graph, &evidence.tags, text)?;
            shown = said.place(evidence, &all, text, shell)?;
            for found in all {
                match found {
                    Found::Account(node) => station.accounts.insert(node),
                    Found::Event(event, _) => station.events.insert(event),
                };
            }
        }
        Ok((station, shown))
    };
    let all: Result<Vec<_>, Error> = texts.iter().map(&mut one).collect();
    Ok(all?.into_iter().unzip())
}

/// All assets of this symbol, or the one with this key.
fn assets_named(evidence: &Evidence, text: &str) -> Result<Vec<AssetIdx>, Error> {
    let assets = evidence.graph.assets();
    let all = |is: &dyn Fn(&Asset) -> bool| -> Vec<AssetIdx> {
        let numbered = (0..assets.len()).filter(|&nth| is(&assets[nth]));
        numbered.map(AssetIdx::new).collect()
    };
    let by_key = all(&|asset| asset.key().to_string() == text);
    let found = if by_key.is_empty() {
        all(&|asset| asset.symbol().eq_ignore_ascii_case(text))
    } else {
        by_key
    };
    if found.is_empty() {
        let symbols: BTreeSet<&str> = assets.iter().map(Asset::symbol).collect();
        let symbols: Vec<&str> = symbols.into_iter().collect();
        return Err(Error::input(format!("`{text}` is no asset of this case"))
            .hint(format!("the case has: {}", symbols.join(", "))));
    }
    Ok(found)
}

/// Bounds of what went, whatever the way.
fn both_bounds(
    evidence: &Evidence,
    spec: &PathsSpec,
    watch: &dyn Watch,
) -> Result<[Option<Vec<Bound>>; 2], Error> {
    let of = |times| {
        let asked = BoundsSpec {
            sources: spec.sources.clone(),
            targets: spec.targets.clone(),
            stops: StopRules::default(),
            layer: spec.layer,
            times,
            since: spec.since,
            until: spec.until,
            as_of: spec.as_of,
            without: std::sync::Arc::clone(&spec.without),
            n_transfers_max: spec.n_transfers_max,
        };
        match bounds_watched(&evidence.graph, &asked, watch) {
            Ok(found) => Ok(Some(found)),
            Err(moneytrail_analysis::Error::TooFar { .. }) => Ok(None),
            Err(error) => Err(Error::from(error)),
        }
    };
    Ok([of(Times::Record)?, of(Times::Stated)?])
}

fn too_far(error: moneytrail_analysis::Error, args: &PathArgs) -> Error {
    match error {
        moneytrail_analysis::Error::TooFar { .. } => Error::input(format!(
            "more would have to be looked at than --limit {} allows; there is no answer",
            args.limit
        ))
        .hint("--limit N looks further; --since, --until and --asset narrow the question"),
        moneytrail_analysis::Error::SeedOutside(_) => {
            Error::input("a transfer of --from is not in the layer, or later than --as-of")
        }
        other => Error::from(other),
    }
}
