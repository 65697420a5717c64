//! Both sides, for people and as JSON.
//!
//! Law: a category is what a tag asserts, and the tag's source is named; how money was allocated is an assumption; what
//! met no tag is told with the rest, so that each side adds up.

use super::Run;
use super::args::ByArg;
use crate::commands::counted;
use crate::compose::worth;
use crate::error::Error;
use crate::names::{Names, money_json, money_of};
use crate::shell::Shell;
use moneytrail_analysis::exposure::{Met, Rest, Side};
use moneytrail_model::trace::{Placement, StopReason};
use moneytrail_model::{AccountKey, Amount, Asset, AssetIdx, AssetKey, NodeIdx, TransferIdx};
use moneytrail_report::document::Money;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Most records of a tag that are listed for people; the JSON has all.
const N_RECORDS: usize = 3;

/// Most tags of a category that are listed for people.
const N_TAGS: usize = 5;

/// What stands where a tag says no category.
const NO_CATEGORY: &str = "no category";

/// Sums of some meetings.
#[derive(Clone, Default)]
struct Sums {
    direct: u128,
    indirect: u128,
    /// Units of the base currency.
    worth: u128,
    /// Units without a rate, of how many transfers.
    without: (u128, usize),
    transfers: Vec<TransferIdx>,
}

impl Sums {
    fn add(&mut self, met: &Met, worth: Option<u128>) -> Result<(), Error> {
        let too_large = || Error::internal("a sum is beyond 38 digits");
        let sum = |a: u128, b: u128| a.checked_add(b).ok_or_else(too_large);
        self.direct = sum(self.direct, met.direct)?;
        self.indirect = sum(self.indirect, met.indirect)?;
        if let Some(worth) = worth {
            self.worth = sum(self.worth, worth)?;
        } else {
            self.without.0 = sum(self.without.0, sum(met.direct, met.indirect)?)?;
            self.without.1 += 1;
        }
        self.transfers.push(met.transfer);
        Ok(())
    }

    fn all(&self) -> u128 {
        self.direct.saturating_add(self.indirect)
    }
}

/// A meeting with all that is told of it.
struct Told {
    met: Met,
    asset: AssetIdx,
    category: String,
    label: String,
    source: String,
    month: String,
    worth: Option<u128>,
    value: Value,
}

pub(super) fn say(run: &Run<'_>, shell: &Shell) -> Result<(), Error> {
    let graph = &run.evidence.graph;
    let mut names = Names::new(run.evidence);
    let both = [&run.found.to, &run.found.from];
    let transfers = both.iter().flat_map(|side| &side.met);
    names.fetch(transfers.map(|met| graph.event_of(met.transfer)))?;
    let n = run.spec.members.len();
    shell.say(format!(
        "exposure of {}{}: {} layer; assumption: {}, unexplained money placed {}",
        run.shown,
        if n > 1 {
            format!(", {n} accounts as one")
        } else {
            String::new()
        },
        run.spec.layer,
        run.spec.policy.as_str(),
        Placement::Latest.as_str()
    ));
    shell.say(format!(
        "  followed to the first tagged account on the way; stops: {}; direct: in one transaction or row with it",
        run.args.stop
    ));
    if run.evidence.rates.is_empty() {
        shell.say("  no worth: the case has no exchange rates (moneytrail rates)");
    }
    let to = one_side(run, &mut names, "to", &run.found.to, shell)?;
    let from = one_side(run, &mut names, "from", &run.found.from, shell)?;
    let mut accounts = Vec::new();
    for &member in &run.spec.members {
        accounts.push(names.node_json(member)?);
    }
    let args = run.args;
    shell.json(&json!({
        "schema": "moneytrail-exposure/1",
        "account": run.shown, "entity": args.entity, "accounts": accounts,
        "layer": run.spec.layer.as_str(), "policy": run.spec.policy.as_str(), "placement": Placement::Latest.as_str(),
        "stop": args.stop, "since": args.since, "as_of": args.as_of, "rate_days": args.rate_days,
        "base_currency": run.evidence.case.info().base_currency,
        "to": to, "from": from,
    }))
}

fn one_side(
    run: &Run<'_>,
    names: &mut Names<'_>,
    word: &str,
    side: &Side,
    shell: &Shell,
) -> Result<Value, Error> {
    let graph = &run.evidence.graph;
    let mut told = Vec::new();
    for met in &side.met {
        told.push(tell(run, names, met)?);
    }
    let verb = if word == "to" { "went out" } else { "arrived" };
    if side.totals.values().all(|&units| units == 0) {
        shell.say_apart(format!("{word}: nothing"));
    }
    let mut assets = Vec::new();
    for (&asset, &total) in side.totals.iter().filter(|of| *of.1 > 0) {
        let all = names.money(asset, total)?;
        shell.say_apart(format!("{word}: {} {verb}", all.full()));
        let of_asset: Vec<&Told> = told.iter().filter(|told| told.asset == asset).collect();
        let categories = categories(run, names, asset, total, &of_asset, shell)?;
        let mut rest = Vec::new();
        let mut words = Vec::new();
        let rests = side.rest.iter().filter(|of| of.0.0 == asset && *of.1 > 0);
        for (&(_, kind), &units) in rests {
            let money = names.money(asset, units)?;
            words.push(format!("{} {}", money.figure(), rest_word(kind)));
            rest.push(json!({ "what": rest_word(kind), "amount": money_json(&money), "permille": permille(units, total) }));
        }
        if !words.is_empty() {
            shell.say(format!("  no tag met: {}", words.join("; ")));
        }
        let months = months(run, names, asset, &of_asset, shell)?;
        assets.push(json!({
            "asset": graph.asset(asset).key().to_string(), "total": money_json(&all),
            "categories": categories, "rest": rest, "months": months,
            "transfers": of_asset.iter().map(|told| &told.value).collect::<Vec<_>>(),
        }));
    }
    Ok(json!(assets))
}

/// All that is told of one meeting.
fn tell(run: &Run<'_>, names: &mut Names<'_>, met: &Met) -> Result<Told, Error> {
    let graph = &run.evidence.graph;
    let asset = graph.asset_of(met.transfer);
    let (category, label, source) = match names.tag_of(met.tagged) {
        Some(tag) => (&*tag.category, &*tag.label, &*tag.source),
        None => ("", "", ""),
    };
    let category = if category.is_empty() {
        NO_CATEGORY
    } else {
        category
    };
    let time = graph.time(graph.event_of(met.transfer));
    let month = match time.seconds() {
        Some(_) => time.to_string().chars().take(7).collect(),
        None => "unknown".to_owned(),
    };
    let units = met.direct.saturating_add(met.indirect);
    let (worth, by) = in_base(run, met.transfer, asset, units)?;
    let money = |units| names.money(asset, units).map(|money| money_json(&money));
    let (direct, indirect) = (money(met.direct)?, money(met.indirect)?);
    let base = base_asset(run);
    let in_base = worth
        .zip(base.as_ref())
        .map(|(units, base)| money_of(base, units))
        .transpose()?;
    let value = json!({
        "record": names.record(met.transfer)?, "time": time.to_string(), "month": month,
        "tagged": names.node_json(met.tagged)?,
        "direct": direct, "indirect": indirect,
        "worth": in_base.as_ref().map(money_json), "worth_by": by,
    });
    Ok(Told {
        met: *met,
        asset,
        category: category.to_owned(),
        label: label.to_owned(),
        source: source.to_owned(),
        month,
        worth,
        value,
    })
}

fn base_asset(run: &Run<'_>) -> Option<Asset> {
    AssetKey::currency(&run.evidence.case.info().base_currency).map(Asset::new)
}

/// Units of the base currency at the rate of the transfer's day, and by which rate, or why there is none.
fn in_base(
    run: &Run<'_>,
    transfer: TransferIdx,
    asset: AssetIdx,
    units: u128,
) -> Result<(Option<u128>, Option<String>), Error> {
    let graph = &run.evidence.graph;
    let is_base = base_asset(run).is_some_and(|base| base.key() == graph.asset(asset).key());
    if is_base {
        return Ok((Some(units), None));
    }
    let amount = i128::try_from(units)
        .ok()
        .and_then(|units| Amount::new(units).ok());
    let amount = amount.ok_or_else(|| Error::internal("a sum is beyond 38 digits"))?;
    let is_custodial =
        |node: NodeIdx| matches!(graph.account(node), Some(AccountKey::Custodial(..)));
    let is_held = is_custodial(graph.from(transfer)) || is_custodial(graph.to(transfer));
    let time = graph.time(graph.event_of(transfer));
    let days = run.args.rate_days;
    let worth = worth::worth(run.evidence, days, asset, Some(amount), time, is_held);
    Ok(match worth {
        None => (None, None),
        Some(worth) => {
            let units = worth.amount.as_ref().map(Money::magnitude);
            (units, Some(worth.by))
        }
    })
}

/// A line for each category, the largest first, with its tags below.
fn categories(
    run: &Run<'_>,
    names: &mut Names<'_>,
    asset: AssetIdx,
    total: u128,
    told: &[&Told],
    shell: &Shell,
) -> Result<Vec<Value>, Error> {
    let mut sums: BTreeMap<&str, Sums> = BTreeMap::new();
    let mut tags: BTreeMap<(&str, &str, &str), Sums> = BTreeMap::new();
    for of in told {
        sums.entry(&of.category)
            .or_default()
            .add(&of.met, of.worth)?;
        let tag = (&*of.category, &*of.label, &*of.source);
        tags.entry(tag).or_default().add(&of.met, of.worth)?;
    }
    let mut ordered: Vec<(&str, Sums)> = sums.into_iter().collect();
    ordered.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.all()));
    let mut values = Vec::new();
    for (category, sums) in ordered {
        let share = permille(sums.all(), total);
        let line = line(run, names, asset, &sums)?;
        shell.say(format!("  {category}: {line}, {} %", tenths(share)));
        let mut of_category: Vec<_> = tags.iter().filter(|of| of.0.0 == category).collect();
        of_category.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.all()));
        let mut told_tags = Vec::new();
        for (nth, ((_, label, source), sums)) in of_category.iter().enumerate() {
            if nth < N_TAGS && !shell.is_json() {
                let mut records: Vec<String> = Vec::new();
                for &transfer in &sums.transfers {
                    let record = names.record(transfer)?;
                    records.extend(record.filter(|record| !records.contains(record)));
                    if records.len() == N_RECORDS {
                        break;
                    }
                }
                let distinct: BTreeSet<_> = sums
                    .transfers
                    .iter()
                    .map(|&transfer| run.evidence.graph.event_of(transfer))
                    .collect();
                let more = distinct.len().saturating_sub(records.len());
                let more = if more > 0 {
                    format!(" and {more} more")
                } else {
                    String::new()
                };
                shell.say(format!(
                    "     {label} (tag: {}): {}; {}{more}",
                    if source.is_empty() {
                        "no source stated"
                    } else {
                        source
                    },
                    self::line(run, names, asset, sums)?,
                    records.join(", ")
                ));
            }
            told_tags.push(json!({ "label": label, "source": source, "sums": sums_json(run, names, asset, sums)? }));
        }
        if of_category.len() > N_TAGS {
            shell.say(format!(
                "     and {} tags more, all in --json",
                of_category.len() - N_TAGS
            ));
        }
        values.push(json!({
            "category": category, "permille": share, "sums": sums_json(run, names, asset, &sums)?, "tags": told_tags,
        }));
    }
    Ok(values)
}

/// By month and category, if that is asked for.
fn months(
    run: &Run<'_>,
    names: &Names<'_>,
    asset: AssetIdx,
    told: &[&Told],
    shell: &Shell,
) -> Result<Value, Error> {
    if run.args.by != ByArg::Month {
        return Ok(Value::Null);
    }
    let mut sums: BTreeMap<(&str, &str), Sums> = BTreeMap::new();
    for of in told {
        let place = (&*of.month, &*of.category);
        sums.entry(place).or_default().add(&of.met, of.worth)?;
    }
    let mut values = Vec::new();
    if !sums.is_empty() {
        shell.say("  by month of the transfer that met the tagged account, or of the arrival:");
    }
    for ((month, category), sums) in &sums {
        shell.say(format!(
            "     {month}  {category}: {}",
            line(run, names, asset, sums)?
        ));
        values.push(json!({ "month": month, "category": category, "sums": sums_json(run, names, asset, sums)? }));
    }
    Ok(json!(values))
}

/// Sums in words: `direct 3.00, indirect 1.20 (≈ 900.00 EUR)`.
fn line(run: &Run<'_>, names: &Names<'_>, asset: AssetIdx, sums: &Sums) -> Result<String, Error> {
    let figure = |units| names.money(asset, units).map(|money| money.figure());
    let mut line = format!(
        "direct {}, indirect {}",
        figure(sums.direct)?,
        figure(sums.indirect)?
    );
    let is_base =
        base_asset(run).is_some_and(|base| base.key() == run.evidence.graph.asset(asset).key());
    if is_base || run.evidence.rates.is_empty() {
        return Ok(line);
    }
    let with_rate = sums.transfers.len() > sums.without.1;
    if let (Some(base), true) = (base_asset(run), with_rate) {
        let worth = money_of(&base, sums.worth)?;
        let _ = write!(
            line,
            " (≈ {} at rates of the days [assumption])",
            worth.full()
        );
    }
    if sums.without.1 > 0 {
        let _ = write!(
            line,
            " (no rate for {} of {})",
            figure(sums.without.0)?,
            counted(sums.without.1 as u64, "transfers")
        );
    }
    Ok(line)
}

fn sums_json(
    run: &Run<'_>,
    names: &Names<'_>,
    asset: AssetIdx,
    sums: &Sums,
) -> Result<Value, Error> {
    let money = |units| names.money(asset, units).map(|money| money_json(&money));
    let with_rate = sums.transfers.len() > sums.without.1;
    let worth = match base_asset(run) {
        Some(base) if with_rate => Some(money_json(&money_of(&base, sums.worth)?)),
        _ => None,
    };
    let distinct: BTreeSet<TransferIdx> = sums.transfers.iter().copied().collect();
    Ok(json!({
        "direct": money(sums.direct)?, "indirect": money(sums.indirect)?, "transfers": distinct.len(),
        "worth": worth, "without_rate": money(sums.without.0)?,
    }))
}

const fn rest_word(kind: Rest) -> &'static str {
    match kind {
        Rest::Rests => "rest in accounts without a tag",
        Rest::Fees => "went into fees",
        Rest::Burned => "can never be spent",
        Rest::Own => "stayed with its own accounts",
        Rest::Converted => "became another asset",
        Rest::TakenOver => "were exchanged away against another leg",
        Rest::FirstKnown => "are first known at accounts without a tag",
        Rest::Issued => "were newly issued",
        Rest::NotFollowed(StopReason::Service) => "ended at a service",
        Rest::NotFollowed(StopReason::Coinjoin) => "are behind a CoinJoin and not followed",
        Rest::NotFollowed(StopReason::Hops) => "are more events away than asked for",
        Rest::NotFollowed(StopReason::Floor) => "are below the floor",
        Rest::NotFollowed(StopReason::Time) => "are later than asked for",
        Rest::NotFollowed(StopReason::Busy) => {
            "are behind an account with more transfers than asked for"
        }
    }
}

/// A share in thousandths, rounded down.
fn permille(part: u128, whole: u128) -> u64 {
    let share = moneytrail_model::money::mul_div_rem(part, 1000, whole);
    share
        .and_then(|share| u64::try_from(share.0).ok())
        .unwrap_or(0)
}

fn tenths(permille: u64) -> String {
    format!("{}.{}", permille / 10, permille % 10)
}
