//! From the options of a trace to its runs: seeds, layer, stop rules; every policy and placement that
//! was asked for; and the manifest that fixes all of it before the result is known.

use crate::args::{LayerArg, MirrorsArg, PolicyArg, TraceArgs};
use crate::commands::{PROGRAM, counted};
use crate::decisions::Verdict;
use crate::error::Error;
use crate::lists::{self, Lists};
use crate::memory;
use crate::otherwise::{LeftOut, Otherwise};
use crate::progress::Total;
use crate::said;
use crate::seed::{self, Found};
use crate::shell::Shell;
use moneytrail_analysis::entity::change::CHANGE;
use moneytrail_analysis::entity::coinjoin::coinjoins;
use moneytrail_analysis::entity::{EntityOptions, Known};
use moneytrail_analysis::trace::{pari_passu_of_seeds, trace_all_watched};
use moneytrail_ingest::rates::Rates;
use moneytrail_model::tag::Tag;
use moneytrail_model::trace::{Direction, Placement, Policy, Seed, StopRules, Trace, TraceSpec};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetIdx, EventIdx, Layer, NodeIdx, RuleId, TransferIdx,
};
use moneytrail_store::decision::{self, CRYPTO_MIRROR, last_mirrors};
use moneytrail_store::graph::Graph;
use moneytrail_store::{BuildNotes, Case, Unmatched, UnmatchedTransaction};
use serde_json::json;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A case opened for following money.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) case: Case,
    pub(crate) graph: Graph,
    pub(crate) notes: BuildNotes,
    pub(crate) tags: Vec<Tag>,
    pub(crate) rates: Rates,
    /// Content of the case that the graph was built from.
    pub(crate) content: [u8; 32],
    known: OnceCell<Known>,
    entity_options: OnceCell<EntityOptions>,
    /// What it is taken without.
    without: LeftOut,
}

/// The word for sharing out what rests.
pub(crate) const PARI_PASSU: &str = "pari-passu";

/// Code of the error that says that a seed moved nothing on a layer.
pub(crate) const MOVED_NOTHING: &str = "cli/moved-nothing";

/// Code of the error that says that a trace would have to look too far.
pub(crate) const TOO_FAR: &str = "analysis/too-far";

impl Evidence {
    pub(crate) fn open(root: &std::path::Path, shell: &Shell) -> Result<Self, Error> {
        let case = memory::within(Case::open(root)?, shell.memory())?;
        let content = case.content_hash()?;
        let (graph, notes) = shell.graph(&case)?;
        for remark in &notes.remarks {
            shell.note(format!("note: {remark}"));
        }
        for why in Unmatched::ALL {
            if let Some(line) = unjoined(&notes, why) {
                shell.note(format!("note: {line}"));
            }
        }
        let tags = tags(&case)?;
        let rates = lists::rates(&case)?;
        Ok(Self {
            case,
            graph,
            notes,
            tags,
            rates,
            content,
            known: OnceCell::new(),
            entity_options: OnceCell::new(),
            without: LeftOut::default(),
        })
    }

    /// The same evidence as if something did not exist. O(case) where records are joined by it, or read otherwise.
    pub(crate) fn without(&self, without: LeftOut, shell: &Shell) -> Result<Self, Error> {
        let case = memory::within(Case::open(self.case.root())?, shell.memory())?;
        let (graph, notes) = if without.changes_the_graph() {
            let names = without.names().join(", ");
            let bar = shell.spinner(&format!("build the case without {names}"));
            let built = case.graph_kept_without(&without.of_the_graph())?;
            drop(bar);
            built
        } else {
            case.graph()?
        };
        Ok(Self {
            graph,
            notes,
            tags: tags(&case)?,
            rates: lists::rates(&case)?,
            content: self.content,
            known: OnceCell::new(),
            entity_options: OnceCell::new(),
            without,
            case,
        })
    }

    /// What it is taken without.
    pub(crate) const fn left_out(&self) -> &LeftOut {
        &self.without
    }

    /// CoinJoins, ascending.
    fn coinjoins(&self) -> Result<Arc<[EventIdx]>, Error> {
        if self.without.is_nothing() {
            return Ok(self.known()?.coinjoins().into());
        }
        let options = self.entity_options()?;
        if self.without.changes_the_graph() {
            let found = coinjoins(&self.graph, options);
            return Ok(found.into_iter().map(|(event, _)| event).collect());
        }
        let with_all = EntityOptions {
            without: Vec::new(),
            ..options.clone()
        };
        let known = Known::of(&self.case, &self.graph, &with_all)?;
        Ok(known.coinjoins_without(&options.without).into())
    }

    /// What is known of the whole graph: found once for each index, then mapped.
    pub(crate) fn known(&self) -> Result<&Known, Error> {
        if let Some(known) = self.known.get() {
            return Ok(known);
        }
        let options = self.entity_options()?;
        let known = if self.without.is_nothing() {
            Known::of(&self.case, &self.graph, options)?
        } else {
            Known::unstored(&self.graph, options)
        };
        Ok(self.known.get_or_init(|| known))
    }

    /// Ids of mirrors that people accepted, ascending.
    pub(crate) fn accepted_mirrors(&self) -> Result<BTreeSet<String>, Error> {
        let last = last_mirrors(&self.case)?.into_iter();
        let accepted = last.filter(|(_, of)| of.verdict == Verdict::Accept);
        Ok(accepted.map(|(id, _)| id).collect())
    }

    /// What entities are made by: tags and decisions.
    pub(crate) fn entity_options(&self) -> Result<&EntityOptions, Error> {
        if let Some(options) = self.entity_options.get() {
            return Ok(options);
        }
        let mut options = said::options(&self.case, &self.graph, &self.tags)?;
        options.without = self.without.rules().map(str::to_owned).collect();
        Ok(self.entity_options.get_or_init(|| options))
    }
}

/// Rows that a note names of those that name a transaction which they are not joined with; the JSON has all.
const N_UNJOINED_NAMED: usize = 3;

/// Says how many rows name a transaction and are, for one reason, joined with no movement of it.
fn unjoined(notes: &BuildNotes, why: Unmatched) -> Option<String> {
    let rows = notes.unmatched_transactions.iter();
    let rows: Vec<&UnmatchedTransaction> = rows.filter(|row| row.why == why).collect();
    let named = rows.iter().take(N_UNJOINED_NAMED);
    let mut named: Vec<String> = named
        .map(|row| format!("X{} {}", row.exhibit, row.locator))
        .collect();
    if rows.len() > named.len() {
        named.push("…".to_owned());
    }
    let verb = if rows.len() == 1 { "names" } else { "name" };
    (!rows.is_empty()).then(|| {
        format!(
            "{} {verb} a transaction {}: {}",
            counted(rows.len() as u64, "rows"),
            why.words(),
            named.join(", ")
        )
    })
}

/// All tags of accounts of a case, ascending.
pub(crate) fn tags(case: &Case) -> Result<Vec<Tag>, Error> {
    Ok(Lists::of(case)?.of_accounts())
}

/// Traces of one question on one layer: every policy asked for, with both placements.
#[derive(Debug)]
pub(crate) struct Runs {
    pub(crate) layer: Layer,
    pub(crate) direction: Direction,
    /// How many days before a transfer a rate may be.
    pub(crate) rate_days: u16,
    /// What the person wrote; a customer is named by his first record unless names may be read.
    pub(crate) written: Vec<String>,
    pub(crate) seeds: Vec<Seed>,
    pub(crate) policies: Vec<Policy>,
    /// What the seeds have pari passu of what rests where they paid in; `None` if that was not asked for.
    pub(crate) shares: Option<BTreeMap<(AssetIdx, NodeIdx), u128>>,
    /// Policy, then placement, in the order of the manifest.
    pub(crate) traces: Vec<Trace>,
    pub(crate) stops: Stops,
    /// What fixes the result; no clock.
    pub(crate) manifest: Vec<u8>,
    /// The same without each inference, where that was asked for.
    pub(crate) without: Option<Vec<Otherwise>>,
}

impl Runs {
    /// The trace of a policy and placement.
    pub(crate) fn of(&self, policy: Policy, placement: Placement) -> Option<&Trace> {
        self.traces
            .iter()
            .find(|trace| trace.spec.policy == policy && trace.spec.placement == placement)
    }

    /// Whether a transfer of a trace, or an end of one, names a customer of a book.
    pub(crate) fn names_people(&self, graph: &Graph) -> bool {
        let is_customer = |node| matches!(graph.account(node), Some(AccountKey::Customer(..)));
        self.traces.iter().any(|trace| {
            let ends = trace.ends.iter().map(|end| end.node);
            let steps = trace.steps.iter().map(|step| step.transfer);
            let mut met = ends.chain(steps.flat_map(|of| [graph.from(of), graph.to(of)]));
            met.any(is_customer)
        })
    }

    /// The trace that is listed and drawn: the first policy, unexplained money placed latest.
    pub(crate) fn listed(&self) -> Result<&Trace, Error> {
        self.of(self.policies[0], Placement::Latest)
            .ok_or_else(|| Error::internal("the listed policy was not run"))
    }
}

/// Stop rules as written and as resolved.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stops {
    pub(crate) rules: StopRules,
    /// Whether CoinJoins stop it.
    pub(crate) at_coinjoins: bool,
    pub(crate) written: String,
}

/// Runs what the options ask for.
pub(crate) fn run(evidence: &Evidence, args: &TraceArgs, shell: &Shell) -> Result<Runs, Error> {
    let runs = run_within(evidence, args, usize::MAX, shell)?;
    for text in args.from.iter().chain(&args.to) {
        seed::say_carried(evidence, text, shell)?;
    }
    Ok(runs)
}

/// The same, if no trace of it has to look at more than `n_max` transfers.
pub(crate) fn run_within(
    evidence: &Evidence,
    args: &TraceArgs,
    n_max: usize,
    shell: &Shell,
) -> Result<Runs, Error> {
    let (direction, written) = if args.to.is_empty() {
        (Direction::Forward, args.from.clone())
    } else {
        (Direction::Sources, args.to.clone())
    };
    let (found, written) = places(evidence, args, &written, shell)?;
    let layer = layer(&evidence.graph, args.layer, &found);
    let mut seeds: Vec<Seed> = Vec::new();
    let mut known = BTreeSet::new();
    for place in &found {
        for seed in seed::seeds(&evidence.graph, place, layer) {
            if known.insert(seed.clone()) {
                seeds.push(seed);
            }
        }
    }
    if seeds.is_empty() {
        let outputs = found
            .iter()
            .any(|place| matches!(place, Found::Event(_, Some(_))));
        if outputs {
            return Err(Error::input(format!(
                "`{}`: the transaction has no such output; they count from 0",
                written.join(" ")
            )));
        }
        let mut error = Error::input(format!(
            "`{}` moved nothing on the {layer} layer",
            written.join(" ")
        ));
        error.code = MOVED_NOTHING;
        return Err(error.hint("try the other layer with --layer"));
    }
    let without = without(&evidence.graph, args.mirrors, layer, &found);
    let policies = policies(args.policy, direction)?;
    let change = accepted_change(evidence)?;
    let stops = stops(evidence, &args.stop)?;
    let since = args
        .since
        .as_deref()
        .map(|text| moment(text, Edge::First))
        .transpose()?;
    let as_of = args
        .as_of
        .as_deref()
        .map(|text| moment(text, Edge::Last))
        .transpose()?;
    let mut specs = Vec::new();
    for &policy in &policies {
        for placement in Placement::ALL {
            if policy.has_amounts() || placement == Placement::Latest {
                let (seeds, stops) = (seeds.clone(), stops.rules.clone());
                specs.push(TraceSpec {
                    direction,
                    seeds,
                    layer,
                    policy,
                    placement,
                    stops,
                    since,
                    as_of,
                    change: change.clone(),
                    without: Arc::clone(&without),
                });
            }
        }
    }
    let manifest = manifest(evidence, args, (layer, &without), &policies, &written)?;
    let n_behind = (evidence.graph.n_transfers() as u64).saturating_mul(specs.len() as u64);
    let bar = shell.work("trace", Total::Things(n_behind));
    let traces = trace_all_watched(&evidence.graph, &specs, n_max, &bar)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    drop(bar);
    let shares = has_shares(args.policy, direction)
        .then(|| pari_passu_of_seeds(&evidence.graph, &traces))
        .transpose()?;
    Ok(Runs {
        layer,
        direction,
        rate_days: args.rate_days,
        written,
        seeds,
        policies,
        shares,
        traces,
        stops,
        manifest,
        without: None,
    })
}

/// What the texts mean, an account with all of its entity where that was asked for, and each text as it may be told.
fn places(
    evidence: &Evidence,
    args: &TraceArgs,
    texts: &[String],
    shell: &Shell,
) -> Result<(Vec<Found>, Vec<String>), Error> {
    let (mut found, mut shown) = (Vec::new(), Vec::new());
    for text in texts {
        let meant = seed::find(&evidence.case, &evidence.graph, &evidence.tags, text)?;
        shown.push(seed::shown(evidence, &meant, text, shell)?);
        for place in meant {
            match place {
                Found::Account(node) if args.entity => {
                    let members = evidence.known()?.members(node).into_iter();
                    found.extend(members.map(Found::Account));
                }
                place => found.push(place),
            }
        }
    }
    Ok((found, shown))
}

/// The policies that are asked for. To the sources all money is traced, so that rules which treat it apart from other
/// money have nothing to say.
fn policies(asked: PolicyArg, direction: Direction) -> Result<Vec<Policy>, Error> {
    let one = match asked {
        PolicyArg::Fifo => Policy::Fifo,
        PolicyArg::Lifo => Policy::Lifo,
        PolicyArg::Haircut => Policy::Haircut,
        PolicyArg::Libr => Policy::Libr,
        PolicyArg::TracedFirst => Policy::TracedFirst,
        PolicyArg::Tiho => Policy::Tiho,
        PolicyArg::Poison => Policy::Poison,
        PolicyArg::PariPassu => {
            let what = format!("{PARI_PASSU} shares out what rests, and follows nothing");
            return Err(Error::usage(what).hint(
                "--policy all has it beside the others; resting --share pari-passu tells all contributors",
            ));
        }
        PolicyArg::All => {
            let all = Policy::ALL.into_iter();
            let can_say = |policy: &Policy| direction == Direction::Forward || !policy.is_partial();
            return Ok(all.filter(can_say).collect());
        }
    };
    if direction == Direction::Sources && one.is_partial() {
        let what = format!(
            "{} says nothing of sources: to them all money is traced",
            one.as_str()
        );
        return Err(Error::usage(what).hint("fifo, lifo, haircut or poison, or --from"));
    }
    Ok(vec![one])
}

/// Whether what rests is shared out beside the policies: forward only, because to the sources nothing rests.
fn has_shares(asked: PolicyArg, direction: Direction) -> bool {
    asked == PolicyArg::All && direction == Direction::Forward
}

/// Outputs that a person accepted to be change, ascending.
pub(crate) fn accepted_change(evidence: &Evidence) -> Result<Arc<[TransferIdx]>, Error> {
    if evidence.left_out().has(CHANGE.name) {
        return Ok(Arc::default());
    }
    Ok(evidence.entity_options()?.change_outputs.clone().into())
}

/// Value from a book, custody from a chain, unless it is said.
pub(crate) fn layer(graph: &Graph, said: Option<LayerArg>, found: &[Found]) -> Layer {
    match said {
        Some(said) => said.into(),
        None if found.iter().all(|place| seed::is_of_a_book(graph, place)) => Layer::Value,
        None => Layer::Custody,
    }
}

/// Rules whose links do not count: accepted mirrors do not, where the coins of a chain are followed, unless it is said. Who paid by coins
/// paid by these coins, whatever his book says of the settlement: a trace of theirs is not cut off by what a person accepted.
pub(crate) fn without(
    graph: &Graph,
    said: Option<MirrorsArg>,
    layer: Layer,
    found: &[Found],
) -> Arc<[RuleId]> {
    let crosses = match said {
        Some(said) => said == MirrorsArg::Cross,
        None => layer == Layer::Value || found.iter().all(|place| seed::is_of_a_book(graph, place)),
    };
    if crosses {
        Arc::default()
    } else {
        Arc::new([CRYPTO_MIRROR])
    }
}

fn manifest(
    evidence: &Evidence,
    args: &TraceArgs,
    (layer, without): (Layer, &[RuleId]),
    policies: &[Policy],
    written: &[String],
) -> Result<Vec<u8>, Error> {
    let rates = lists::rate_files(&evidence.case)?;
    let direction = if args.to.is_empty() {
        Direction::Forward
    } else {
        Direction::Sources
    };
    let shares = has_shares(args.policy, direction).then_some(PARI_PASSU);
    let mut value = json!({
        "schema": "moneytrail-manifest/1",
        "program": PROGRAM,
        "case": evidence.case.info().id,
        "case_content": hex::encode(evidence.content),
        "direction": if args.to.is_empty() { "forward" } else { "sources" },
        "seeds": written,
        "layer": layer.as_str(),
        "policies": policies.iter().map(|policy| policy.as_str()).chain(shares).collect::<Vec<_>>(),
        "placements": Placement::ALL.map(Placement::as_str),
        "stop": args.stop,
        "since": args.since,
        "as_of": args.as_of,
        "decisions": said::decisions(&evidence.case)?,
        "tags": evidence.tags.iter().map(|tag| json!([tag.account.to_string(), tag.label, tag.category, tag.source, tag.confidence, tag.actor])).collect::<Vec<_>>(),
    });
    if args.entity {
        value["entity"] = json!(true);
    }
    let accepted = evidence.accepted_mirrors()?;
    if !accepted.is_empty() || args.mirrors.is_some() {
        let mirrors = if without.is_empty() { "cross" } else { "leave" };
        value["mirrors"] = json!(mirrors);
        value["accepted_mirrors"] = json!(accepted);
    }
    if let Some(digest) = decision::digest(&evidence.case)? {
        value["index_decisions"] = json!(hex::encode(digest));
    }
    if !rates.is_empty() {
        let names = rates.iter().filter_map(|path| path.file_name());
        let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
        value["rates"] = json!({ "lists": names, "days_before": args.rate_days });
    }
    if !evidence.left_out().is_nothing() {
        value["without"] = json!(evidence.left_out().names());
    }
    let mut bytes =
        serde_json::to_vec_pretty(&value).map_err(|error| Error::internal(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads `service,coinjoin,events=5,transfers=10000,floor=200EUR,until=2024-06-30` or `none`.
pub(crate) fn stops(evidence: &Evidence, text: &str) -> Result<Stops, Error> {
    let mut stops = Stops {
        written: text.to_owned(),
        ..Stops::default()
    };
    for rule in text
        .split(',')
        .map(str::trim)
        .filter(|rule| !rule.is_empty())
    {
        let unusable = || {
            Error::usage(format!("`{rule}` is no stop rule")).hint(
                "service, coinjoin, events=N, transfers=N, floor=200EUR, until=2024-06-30, none",
            )
        };
        match rule.split_once('=') {
            None if rule == "none" => {}
            None if rule == "service" => {
                let services = evidence.tags.iter().filter(|tag| tag.is_service());
                let mut nodes: Vec<NodeIdx> = services
                    .filter_map(|tag| evidence.graph.node_of(&tag.account))
                    .collect();
                nodes.sort_unstable();
                nodes.dedup();
                stops.rules.services = nodes;
            }
            None if rule == "coinjoin" => {
                stops.at_coinjoins = true;
                stops.rules.coinjoins = evidence.coinjoins()?;
            }
            Some(("events", number)) => {
                stops.rules.n_events_max = Some(number.parse().map_err(|_| unusable())?);
            }
            Some(("transfers", number)) => {
                stops.rules.n_transfers_max = Some(number.parse().map_err(|_| unusable())?);
            }
            Some(("until", when)) => stops.rules.until = Some(moment(when, Edge::Last)?),
            Some(("floor", amount)) => {
                let floor = floor(&evidence.graph, amount).ok_or_else(|| {
                    let graph = &evidence.graph;
                    let symbols: Vec<&str> = graph
                        .assets()
                        .iter()
                        .map(moneytrail_model::Asset::symbol)
                        .collect();
                    Error::usage(format!("`{rule}` is no amount in an asset of this case")).hint(
                        format!(
                            "for example floor=200EUR; the case has: {}",
                            symbols.join(", ")
                        ),
                    )
                })?;
                stops.rules.floors.push(floor);
            }
            _ => return Err(unusable()),
        }
    }
    Ok(stops)
}

/// `200EUR`, `0.5 BTC`: an amount in an asset of the graph, by its symbol or key.
fn floor(graph: &Graph, text: &str) -> Option<(AssetIdx, Amount)> {
    let split = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let (number, symbol) = (text[..split].trim(), text[split..].trim());
    let position = |is: &dyn Fn(&Asset) -> bool| {
        let mut found = (0..graph.assets().len()).filter(|&position| is(&graph.assets()[position]));
        found.next().filter(|_| found.next().is_none())
    };
    // A symbol that two assets share means neither.
    let position = position(&|asset| asset.key().to_string() == symbol)
        .or_else(|| position(&|asset| asset.symbol() == symbol))?;
    let amount = Amount::parse_decimal(number, graph.assets()[position].decimals()).ok()?;
    Some((AssetIdx::new(position), amount))
}

/// Which second of a day is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    First,
    Last,
}

/// `2024-06-30` or `2024-06-30T12:00:00Z`, as seconds since 1970 UTC.
pub(crate) fn moment(text: &str, edge: Edge) -> Result<i64, Error> {
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Ok(timestamp.as_second());
    }
    let unusable = || {
        Error::usage(format!("`{text}` is no date"))
            .hint("write 2024-06-30, or 2024-06-30T12:00:00Z")
    };
    let date: jiff::civil::Date = text.parse().map_err(|_| unusable())?;
    let start = date
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_err(|_| unusable())?
        .timestamp()
        .as_second();
    Ok(if edge == Edge::Last {
        start + 86_399
    } else {
        start
    })
}
