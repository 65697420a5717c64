//! Ways, choke points and bounds, for people and as JSON.
//!
//! Law: a way says what can have been; that a link leads it on is said with what the link rests on; a rate stands
//! between the two amounts that imply it.

use super::Run;
use crate::commands::counted;
use crate::error::Error;
use crate::names::{Names, money_json};
use crate::shell::Shell;
use moneytrail_analysis::bounds::{Bound, CutPart, CutPlace, Times};
use moneytrail_analysis::paths::{Choke, Path, SWAP, Station, Step, Stopped};
use moneytrail_model::{Amount, AssetIdx, Basis, Instant, Layer, TransferIdx};
use serde_json::{Value, json};

/// Most places of a cut that are listed for people; the JSON has all.
const N_CUT_LISTED: usize = 5;

pub(super) fn say(run: &Run<'_>, shell: &Shell) -> Result<(), Error> {
    let graph = &run.evidence.graph;
    let mut names = Names::new(run.evidence);
    let paths = run.paths.groups.iter().flat_map(|group| &group.1);
    let transfers = paths.flat_map(|path| path.steps.iter().map(|step| step.0));
    let events: Vec<_> = transfers.map(|transfer| graph.event_of(transfer)).collect();
    names.fetch(events)?;
    let order = match run.spec.by.as_str() {
        "value" => "most value first",
        "arrival" => "earliest arrival first",
        _ => "fewest events first",
    };
    shell.say(format!(
        "from {} to {}: {} layer, {order}{}",
        run.said.ends[0].join(", "),
        run.said.ends[1].join(", "),
        run.spec.layer,
        if run.spec.disjoint.is_some() {
            ", each without what those before use"
        } else {
            ""
        }
    ));
    if let Some((policy, arrived)) = &run.strict {
        let arrived: Result<Vec<String>, Error> = arrived
            .iter()
            .map(|&(asset, units)| Ok(names.money(asset, units)?.full()))
            .collect();
        let arrived = arrived?;
        shell.say(format!(
            "  each transfer draws on the one before by {} [assumption], unexplained money placed latest; by all such ways together {} arrives",
            policy.as_str(),
            if arrived.is_empty() {
                "nothing".to_owned()
            } else {
                arrived.join(", ")
            }
        ));
    }
    for (text, keys) in &run.said.assets {
        shell.say(format!("  {text} stands for {}", keys.join(", ")));
    }
    let mut groups = Vec::new();
    for (asset, found) in &run.paths.groups {
        let mut told = Vec::new();
        for (nth, path) in found.iter().enumerate() {
            told.push(way(run, &mut names, nth, path, shell)?);
        }
        let asset = asset.map(|asset| graph.asset(asset).key().to_string());
        groups.push(json!({ "asset": asset, "paths": told }));
    }
    if groups
        .iter()
        .all(|group| group["paths"].as_array().is_none_or(Vec::is_empty))
    {
        shell.say(match (run.paths.is_complete(), &run.strict) {
            (true, None) => "no way: nothing that left the first can have reached the second in time, as the evidence links and dates it".to_owned(),
            (true, Some((policy, _))) => format!(
                "no way: by {} nothing that left the first reaches the second by transfers that were asked for",
                policy.as_str()
            ),
            (false, _) => "no way was found; the search did not end, and there may be one".to_owned(),
        });
        let other = match run.spec.layer {
            Layer::Value => Layer::Custody,
            Layer::Custody => Layer::Value,
        };
        shell.say(format!(
            "  --layer {other} asks the other layer; trace --from says how far the evidence leads"
        ));
    } else if run.strict.is_some() {
        shell.say("  link: evidence, or the inference that is named, says that this is the money; pool: the policy says so; what several ways carry is different money");
    } else {
        shell.say("  link: evidence, or the inference that is named, says that this is the money; pool: it can be, a policy decides; \"at most\" counts this way alone");
    }
    say_stopped(run, shell);
    let chokes = chokes(run, &mut names, shell)?;
    let bounds = both_bounds(run, &mut names, shell)?;
    let args = run.args;
    let strict = strict_json(run, &names)?;
    shell.json(&json!({
        "schema": "moneytrail-path/1",
        "from": run.said.ends[0], "to": run.said.ends[1],
        "layer": run.spec.layer.as_str(), "by": run.spec.by.as_str(), "k": args.k,
        "disjoint": run.spec.disjoint.map(|of| format!("{of:?}").to_lowercase()),
        "through": run.said.through, "avoid": run.said.avoid, "assets": args.asset, "entity": args.entity,
        "asset_keys": run.said.assets.iter().map(|(text, keys)| json!({ "said": text, "keys": keys })).collect::<Vec<_>>(),
        "since": args.since, "until": args.until, "as_of": args.as_of, "limit": args.limit,
        "transfers_between": run.paths.n_between,
        "is_complete": run.paths.is_complete(), "stopped": run.paths.stopped.map(Stopped::as_str),
        "strict": strict,
        "groups": groups, "every_way_passes": chokes, "bounds": bounds,
    }))
}

/// Says why the search did not end, if it did not.
fn say_stopped(run: &Run<'_>, shell: &Shell) {
    if let Some(stopped) = run.paths.stopped {
        let why = match stopped {
            Stopped::Limit => format!(
                "the search ended at --limit {}, and a greater one looks further",
                run.args.limit
            ),
            Stopped::Turned => "ways turned back at transfers that they had passed before a --through, and telling all apart took more work than that is given: fewer --through may be told to the end".to_owned(),
            Stopped::Critical => "ways turned back at more transfers that they had passed before a --through than can be told apart, whatever --limit: fewer --through may be told to the end".to_owned(),
        };
        shell.say(format!(
            "{why}. There may be more or other ways than those told"
        ));
    }
}

/// The policy of strict ways, and what arrives by it; null of others.
fn strict_json(run: &Run<'_>, names: &Names<'_>) -> Result<Value, Error> {
    let mut strict = Value::Null;
    if let Some((policy, arrived)) = &run.strict {
        let arrived: Result<Vec<Value>, Error> = arrived
            .iter()
            .map(|&(asset, units)| Ok(money_json(&names.money(asset, units)?)))
            .collect();
        strict = json!({ "policy": policy.as_str(), "placement": "latest", "arrived": arrived? });
    }
    Ok(strict)
}

fn way(
    run: &Run<'_>,
    names: &mut Names<'_>,
    nth: usize,
    path: &Path,
    shell: &Shell,
) -> Result<Value, Error> {
    let graph = &run.evidence.graph;
    let last = path.steps.last().map(|step| graph.asset_of(step.0));
    let value = path
        .value()
        .zip(last)
        .map(|(units, asset)| names.money(asset, units))
        .transpose()?;
    let arrival = arrival(run, path);
    shell.say_apart(format!(
        "{}. {}: {}, {}",
        nth + 1,
        value.as_ref().map_or_else(
            || "amount unknown".to_owned(),
            |value| match run.strict {
                None => format!("at most {}", value.full()),
                Some(_) => format!("carries {}", value.full()),
            }
        ),
        counted(path.n_events.into(), "events"),
        arrival.as_ref().map_or_else(
            || "at no known time".to_owned(),
            |at| format!("there from {at} on")
        )
    ));
    let mixed = mixed(run, names, path)?;
    for (what, why) in &mixed {
        shell.say(format!("     through {what}: {why}"));
    }
    let mut steps = Vec::new();
    let mut before: Option<TransferIdx> = None;
    for (nth, &(transfer, how, units)) in path.steps.iter().enumerate() {
        let step = Told::of(run, names, before, (transfer, how, units))?;
        let next = path.steps.get(nth + 1).map(|step| step.0);
        let is_inside = |of: TransferIdx| graph.is_junction(graph.to(of));
        let goes_through =
            is_inside(transfer) && next.is_some_and(|next| graph.from(next) == graph.to(transfer));
        let came_through = before
            .is_some_and(|before| is_inside(before) && graph.to(before) == graph.from(transfer));
        if !goes_through && !shell.is_json() {
            let first = before.filter(|_| came_through);
            step.say(run, names, first, shell)?;
        }
        steps.push(step.value);
        before = Some(transfer);
    }
    Ok(json!({
        "at_most": value.as_ref().map(money_json), "carries": value.as_ref().filter(|_| run.strict.is_some()).map(money_json), "events": path.n_events, "arrival": arrival,
        "mixed": mixed.iter().map(|(what, why)| json!({ "at": what, "why": why })).collect::<Vec<_>>(),
        "steps": steps,
    }))
}

/// Where between the ends money of many is pooled, so that a trace would stop there.
fn mixed(
    run: &Run<'_>,
    names: &mut Names<'_>,
    path: &Path,
) -> Result<Vec<(String, String)>, Error> {
    let graph = &run.evidence.graph;
    let mut mixed: Vec<(String, String)> = Vec::new();
    let mut add = |what: String, why: String| {
        if !mixed.iter().any(|known| known.0 == what) {
            mixed.push((what, why));
        }
    };
    for pair in path.steps.windows(2) {
        for node in [graph.to(pair[0].0), graph.from(pair[1].0)] {
            if let Some(tag) = names.tag_of(node).filter(|tag| tag.is_service()) {
                let why = format!("tagged {}; inside, money of many is pooled", tag.category);
                add(tag.label.to_string(), why);
            }
            let event = graph.junction_event(node);
            let known = run.evidence.known()?;
            if let Some(rule) = event.and_then(|event| known.coinjoin_rule(event)) {
                let why = format!("its shape is that of a CoinJoin, inference {rule}");
                add(names.node(node)?, why);
            }
        }
    }
    Ok(mixed)
}

/// A step as it is told.
struct Told {
    transfer: TransferIdx,
    /// What leads to it.
    word: String,
    /// A change of assets before it.
    changed: Option<String>,
    /// Its amount, and what of it can have come this way at most, where that is less.
    amount: String,
    value: Value,
}

impl Told {
    fn of(
        run: &Run<'_>,
        names: &mut Names<'_>,
        before: Option<TransferIdx>,
        (transfer, how, units): (TransferIdx, Step, Option<u128>),
    ) -> Result<Self, Error> {
        let graph = &run.evidence.graph;
        let asset = graph.asset_of(transfer);
        let all = graph.amount(transfer).and_then(Amount::non_negative);
        let amount = all.map(|units| names.money(asset, units)).transpose()?;
        let can = units.map(|units| names.money(asset, units)).transpose()?;
        let (word, basis) = how_words(run, how);
        let changed = changed(run, names, before, transfer, how)?;
        let (line, changed) =
            changed.map_or((None, None), |(line, value)| (Some(line), Some(value)));
        let value = json!({
            "basis": Basis::Fact.to_string(), "record": names.record(transfer)?,
            "time": graph.time(graph.event_of(transfer)).to_string(),
            "from": names.node_json(graph.from(transfer))?, "to": names.node_json(graph.to(transfer))?,
            "kind": graph.kind(transfer).as_str(),
            "amount": amount.as_ref().map(money_json), "at_most_this_way": can.as_ref().map(money_json),
            "by": by_word(how), "by_basis": basis.map(|basis| basis.to_string()), "changed": changed,
        });
        let part = can.filter(|_| units != all);
        let part = part.map_or_else(String::new, |can| {
            let word = if run.strict.is_some() { "" } else { "at most " };
            format!(" (of it {word}{})", can.figure())
        });
        let amount = amount.map_or_else(|| "unknown amount".to_owned(), |amount| amount.full());
        Ok(Self {
            transfer,
            word,
            changed: line,
            amount: format!("{amount}{part}"),
            value,
        })
    }

    /// Two lines: what moved, and where that stands. The input of a transaction and the output are told together.
    fn say(
        &self,
        run: &Run<'_>,
        names: &mut Names<'_>,
        input: Option<TransferIdx>,
        shell: &Shell,
    ) -> Result<(), Error> {
        let graph = &run.evidence.graph;
        let from = graph.from(input.unwrap_or(self.transfer));
        let when = graph.time(graph.event_of(self.transfer)).to_string();
        if let Some(line) = &self.changed {
            shell.say(format!("     {line}"));
        }
        let word = if self.word.is_empty() {
            String::new()
        } else {
            format!("  [{}]", self.word)
        };
        shell.say(format!(
            "     {when}  {} -> {}  {}{word}",
            names.node(from)?,
            names.node(graph.to(self.transfer))?,
            self.amount
        ));
        let record = names.record(self.transfer)?;
        shell.say(format!(
            "       {}",
            record.as_deref().unwrap_or("no record")
        ));
        Ok(())
    }
}

/// When it can have arrived first, as exactly as the evidence says it.
fn arrival(run: &Run<'_>, path: &Path) -> Option<String> {
    if path.arrival == i64::MIN {
        return None;
    }
    let graph = &run.evidence.graph;
    let times = path
        .steps
        .iter()
        .map(|step| graph.time(graph.event_of(step.0)));
    let decisive = times.rev().find(|time| time.earliest() == path.arrival);
    Some(
        decisive
            .unwrap_or_else(|| Instant::at(path.arrival))
            .to_string(),
    )
}

const fn by_word(how: Step) -> &'static str {
    match how {
        Step::First => "first",
        Step::Pool => "pool",
        Step::Link { .. } => "link",
        Step::Swap { .. } => "swap",
    }
}

/// How a way came to a transfer, with what that rests on.
fn how_words(run: &Run<'_>, how: Step) -> (String, Option<Basis>) {
    match how {
        Step::First => (String::new(), None),
        Step::Pool => ("pool".to_owned(), None),
        Step::Link { id, .. } => {
            let basis = run.evidence.graph.link(id).basis.clone();
            let words = match &basis {
                Basis::Fact => "link".to_owned(),
                other => format!("link, {other}"),
            };
            (words, Some(basis))
        }
        Step::Swap { .. } => {
            let basis = Basis::Inference(SWAP);
            (format!("swap, {basis}"), Some(basis))
        }
    }
}

/// A change of assets: both amounts, and the rate that they imply.
fn changed(
    run: &Run<'_>,
    names: &Names<'_>,
    before: Option<TransferIdx>,
    transfer: TransferIdx,
    how: Step,
) -> Result<Option<(String, Value)>, Error> {
    let graph = &run.evidence.graph;
    let Some(earlier) = before else {
        return Ok(None);
    };
    let (given, got): (AssetIdx, AssetIdx) = (graph.asset_of(earlier), graph.asset_of(transfer));
    let amounts = match how {
        Step::Link { consumed, paid, .. } if given != got => Some((consumed, paid)),
        Step::Swap { given, got } => given.zip(got),
        _ => None,
    };
    let Some((consumed, paid)) = amounts else {
        return Ok(None);
    };
    let (consumed_money, paid_money) = (names.money(given, consumed)?, names.money(got, paid)?);
    let rate = names.ratio((given, consumed), (got, paid));
    let line = format!(
        "changed: {} became {}{}",
        consumed_money.full(),
        paid_money.full(),
        rate.as_ref().map_or_else(String::new, |rate| format!(
            " (implied by the two amounts: {rate})"
        ))
    );
    let value = json!({ "given": money_json(&consumed_money), "got": money_json(&paid_money), "implied_rate": rate });
    Ok(Some((line, value)))
}

fn chokes(run: &Run<'_>, names: &mut Names<'_>, shell: &Shell) -> Result<Value, Error> {
    let has_paths = run.paths.groups.iter().any(|group| !group.1.is_empty());
    let Some(chokes) = &run.paths.chokes else {
        shell.say_apart(if run.strict.is_some() {
            "what every way passes is not told of ways by a policy"
        } else if run.paths.is_complete() {
            "what every way passes: not computed, it would take more work than --limit allows"
        } else {
            "what every way passes: not computed, the search did not end"
        });
        return Ok(Value::Null);
    };
    let mut told = Vec::new();
    if !chokes.is_empty() {
        shell.say_apart("every way in the evidence passes:");
    } else if has_paths {
        shell.say_apart("no account and no transfer is on every way");
    }
    for choke in chokes {
        match *choke {
            Choke::Node(node) => {
                shell.say(format!("     {}", names.node(node)?));
                told.push(json!({ "account": names.node_json(node)? }));
            }
            Choke::Transfer(transfer) => {
                let line = transfer_line(run, names, transfer)?;
                shell.say(format!("     {line}"));
                told.push(json!({ "transfer": transfer_json(run, names, transfer)? }));
            }
        }
    }
    Ok(json!(told))
}

/// A transfer as JSON, as in steps.
fn transfer_json(
    run: &Run<'_>,
    names: &mut Names<'_>,
    transfer: TransferIdx,
) -> Result<Value, Error> {
    let graph = &run.evidence.graph;
    let amount = graph.amount(transfer).and_then(Amount::non_negative);
    let amount = amount.map(|units| names.money(graph.asset_of(transfer), units));
    let amount = amount.transpose()?;
    Ok(json!({
        "basis": Basis::Fact.to_string(), "record": names.record(transfer)?,
        "time": graph.time(graph.event_of(transfer)).to_string(),
        "from": names.node_json(graph.from(transfer))?, "to": names.node_json(graph.to(transfer))?,
        "kind": graph.kind(transfer).as_str(), "amount": amount.as_ref().map(money_json),
    }))
}

/// A transfer in one line, with its record.
fn transfer_line(
    run: &Run<'_>,
    names: &mut Names<'_>,
    transfer: TransferIdx,
) -> Result<String, Error> {
    let graph = &run.evidence.graph;
    let amount = graph.amount(transfer).and_then(Amount::non_negative);
    let amount = amount
        .map(|units| names.money(graph.asset_of(transfer), units))
        .transpose()?;
    Ok(format!(
        "{} -> {}  {}  {}",
        names.node(graph.from(transfer))?,
        names.node(graph.to(transfer))?,
        amount.map_or_else(|| "unknown amount".to_owned(), |amount| amount.full()),
        names.record(transfer)?.unwrap_or_default()
    ))
}

fn both_bounds(run: &Run<'_>, names: &mut Names<'_>, shell: &Shell) -> Result<Value, Error> {
    let spec = &run.spec;
    let is_narrowed =
        !spec.through.is_empty() || spec.avoid != Station::default() || !spec.assets.is_empty();
    shell.say_apart(format!(
        "whatever the policy{}:",
        if is_narrowed {
            ", by any way, also those that were not asked for"
        } else {
            ""
        }
    ));
    let mut told = Vec::new();
    for (times, bounds) in Times::ALL.into_iter().zip(&run.bounds) {
        let Some(bounds) = bounds else {
            shell.say(format!("  {}: not computed: more than {} transfers between the ends, or looked at to tell (--limit)", words(times), spec.n_transfers_max));
            told.push(
                json!({ "times": times.as_str(), "limit": spec.n_transfers_max, "assets": null }),
            );
            continue;
        };
        let is_same = times == Times::Stated
            && run.bounds[0]
                .as_ref()
                .is_some_and(|record| figures(record) == figures(bounds));
        if is_same {
            shell.say(format!("  {}: the same", words(times)));
        } else if bounds.is_empty() {
            shell.say(format!("  {}: nothing arrived", words(times)));
        }
        let mut assets = Vec::new();
        for bound in bounds {
            let quiet = is_same || shell.is_json();
            assets.push(one_bound(
                run,
                names,
                times,
                bound,
                (!quiet).then_some(shell),
            )?);
        }
        told.push(
            json!({ "times": times.as_str(), "limit": spec.n_transfers_max, "assets": assets }),
        );
    }
    Ok(json!(told))
}

fn figures(bounds: &[Bound]) -> Vec<(AssetIdx, u128, u128)> {
    let figures = bounds
        .iter()
        .map(|bound| (bound.asset, bound.minimum, bound.maximum));
    figures.collect()
}

const fn words(times: Times) -> &'static str {
    match times {
        Times::Record => "in the order of the record",
        Times::Stated => "in every order that stated times allow",
    }
}

fn one_bound(
    run: &Run<'_>,
    names: &mut Names<'_>,
    times: Times,
    bound: &Bound,
    shell: Option<&Shell>,
) -> Result<Value, Error> {
    let of = |names: &Names<'_>, units| names.money(bound.asset, units);
    let (minimum, maximum, arrived) = (
        of(names, bound.minimum)?,
        of(names, bound.maximum)?,
        of(names, bound.arrived)?,
    );
    let mut cut = Vec::new();
    if let Some(shell) = shell {
        shell.say(format!(
            "  {}: of the {} that arrived, at least {} and at most {} came from there",
            words(times),
            arrived.full(),
            minimum.figure(),
            maximum.figure()
        ));
        if bound.n_unknown > 0 {
            shell.say(format!(
                "    {} of unknown amount arrived too",
                counted(bound.n_unknown as u64, "transfers")
            ));
        }
        if bound.n_conversions > 0 {
            shell.say(format!(
                "    {} counted in full in the most and not at all in the least",
                counted(bound.n_conversions as u64, "changes of assets")
            ));
        }
        if bound.maximum > 0 && !bound.cut.is_empty() {
            shell.say(format!(
                "    no more fits through {}:",
                counted(bound.cut.len() as u64, "places")
            ));
        }
    }
    for (nth, part) in bound.cut.iter().enumerate() {
        let (line, value) = cut_part(run, names, bound, part)?;
        if let Some(shell) = shell.filter(|_| nth < N_CUT_LISTED && bound.maximum > 0) {
            shell.say(format!("      {line}"));
        }
        cut.push(value);
    }
    if let Some(shell) = shell.filter(|_| bound.cut.len() > N_CUT_LISTED) {
        shell.say(format!(
            "      … and {} more, all in --json",
            bound.cut.len() - N_CUT_LISTED
        ));
    }
    Ok(json!({
        "minimum": money_json(&minimum), "maximum": money_json(&maximum), "arrived": money_json(&arrived),
        "unknown_amounts": bound.n_unknown, "conversions": bound.n_conversions, "transfers_between": bound.n_between, "cut": cut,
    }))
}

fn cut_part(
    run: &Run<'_>,
    names: &mut Names<'_>,
    bound: &Bound,
    part: &CutPart,
) -> Result<(String, Value), Error> {
    let amount = names.money(bound.asset, part.amount)?;
    let (what, line) = match part.place {
        CutPlace::Transfer(transfer) => ("transfer", transfer_line(run, names, transfer)?),
        CutPlace::Link(earlier, later) => {
            let earlier = names.record(earlier)?.unwrap_or_default();
            (
                "link",
                format!(
                    "{earlier} leads on to {}",
                    transfer_line(run, names, later)?
                ),
            )
        }
        CutPlace::FreeArrival(transfer) => (
            "unreserved",
            format!(
                "what no link reserves of {}",
                transfer_line(run, names, transfer)?
            ),
        ),
        CutPlace::FreeDeparture(transfer) => (
            "unlinked",
            format!(
                "what no link pays of {}",
                transfer_line(run, names, transfer)?
            ),
        ),
        CutPlace::Held(node, last) => {
            let record = names.record(last)?.unwrap_or_default();
            (
                "held",
                format!("what {} held after {record}", names.node(node)?),
            )
        }
        CutPlace::Unknown(transfer) => (
            "unknown",
            format!(
                "what is not stated of {}",
                transfer_line(run, names, transfer)?
            ),
        ),
    };
    let (earlier, of) = match part.place {
        CutPlace::Link(earlier, later) => (Some(earlier), later),
        CutPlace::Transfer(of)
        | CutPlace::FreeArrival(of)
        | CutPlace::FreeDeparture(of)
        | CutPlace::Held(_, of)
        | CutPlace::Unknown(of) => (None, of),
    };
    let earlier = earlier
        .map(|of| transfer_json(run, names, of))
        .transpose()?;
    let value = json!({
        "what": what, "amount": money_json(&amount), "where": line,
        "transfer": transfer_json(run, names, of)?, "earlier": earlier,
    });
    Ok((format!("{}: {line}", amount.full()), value))
}
