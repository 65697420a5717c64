//! A summary for people, and as JSON. Customers are named by the first row that names them, unless names may be read.

use super::Keeper;
use super::book::{Dated, Dealings, Facts, Party, Total, Turnover};
use super::lacks::{Lacks, Numbered, Torn};
use super::other::Other;
use crate::commands::add::records;
use crate::error::Error;
use crate::shell::{Shell, quoted};
use moneytrail_model::{Amount, Asset, Locator, RecordCounts};
use moneytrail_store::{Case, Exhibit};
use serde_json::{Value, json};

/// Most exhibits, parties, gaps or breaks of a list that are shown to people; `--json` has all.
const N_LISTED: usize = 5;

/// Says what the case holds, all in all.
pub(super) fn head(
    case: &Case,
    chosen: &[&Exhibit],
    keepers: &[Keeper<'_>],
    shell: &Shell,
) -> Result<Value, Error> {
    let mut counts = RecordCounts::default();
    for exhibit in chosen {
        counts.add(case.segment(exhibit.number)?.summary().counts);
    }
    let info = case.info();
    let title = Some(&info.title).filter(|title| !title.is_empty());
    let title = title.map_or_else(String::new, |title| format!(" ({title})"));
    let n_books: usize = keepers.iter().map(|keeper| keeper.exhibits.len()).sum();
    shell.say(format!(
        "case {}{title}: {} exhibits, {n_books} of them books, of {} keepers",
        info.id,
        chosen.len(),
        keepers.len()
    ));
    if let Some(notice) = &info.notice {
        shell.say(notice);
    }
    if chosen.is_empty() {
        let root = quoted(&case.root().to_string_lossy());
        shell.say(format!(
            "take evidence in with: moneytrail add {root} FILE..."
        ));
    } else {
        shell.say(format!("records: {counts}"));
    }
    Ok(json!({
        "schema": "moneytrail-summary/1", "case": info.id, "title": info.title, "n_exhibits": chosen.len(),
        "records": records(&counts),
    }))
}

/// An amount with its asset.
fn money(amount: Amount, asset: &Asset) -> String {
    format!("{} {}", amount.display(asset.decimals()), asset.key())
}

fn sum(total: &Total, decimals: u8) -> String {
    total.sum.map_or_else(
        || "beyond 38 digits".to_owned(),
        |sum| sum.display(decimals).to_string(),
    )
}

/// The first few of many, and how many more.
fn few<T>(all: &[T], shown: impl Fn(&T) -> String) -> String {
    let first: Vec<String> = all.iter().take(N_LISTED).map(shown).collect();
    match all.len().saturating_sub(N_LISTED) {
        0 => first.join(", "),
        n => format!("{} and {n} more", first.join(", ")),
    }
}

/// `1 row`, `2 rows`.
fn rows(n: u64) -> String {
    if n == 1 {
        "1 row".to_owned()
    } else {
        format!("{n} rows")
    }
}

/// Says what is known of a keeper's books.
pub(super) fn book(keeper: &Keeper<'_>, shell: &Shell) -> Value {
    let Keeper {
        name,
        exhibits,
        counts,
        facts,
        lacks,
    } = keeper;
    let listed = few(exhibits, |exhibit| {
        format!("X{} {}", exhibit.number, exhibit.name)
    });
    let n = match exhibits.len() {
        1 => String::new(),
        n => format!(" ({n} exhibits)"),
    };
    shell.say_apart(format!("book of {name}{n}: {listed}"));
    shell.say(format!("  keeper: {}", keeper_by(name, lacks)));
    shell.say(format!("  period: {}", period(facts)));
    if let Some((days, before, behind)) = &facts.longest_pause {
        shell.say(format!(
            "  longest time without a row: {days} days, from {} ({}) to {} ({})",
            before.time, before.place, behind.time, behind.place
        ));
    }
    shell.say(format!("  records: {counts}"));
    shell.say(format!("  balances: {}", balances(lacks)));
    turnover(facts, shell);
    parties(
        facts,
        "hawaladars, by the rows that name them",
        false,
        shell,
    );
    parties(facts, "customers, by the rows that name them", true, shell);
    for line in numbers(lacks) {
        shell.say(format!("  numbers: {line}"));
    }
    for torn in lacks.torn.iter().take(2 * N_LISTED) {
        shell.say(format!("  lacks: {}", torn_end(torn)));
    }
    if lacks.torn.len() > 2 * N_LISTED {
        shell.say(format!(
            "  and {} more ends that look torn, all in --json",
            lacks.torn.len() - 2 * N_LISTED
        ));
    }
    for (exhibit, why) in &lacks.not_read {
        shell.say(format!(
            "  X{exhibit} could not be read again, so that its numbers and balances are not looked at: {why}"
        ));
    }
    book_json(keeper, shell)
}

/// Who keeps a book, by what, and who else may.
fn keeper_by(name: &str, lacks: &Lacks) -> String {
    let mut candidates = lacks.candidates.iter();
    let own = candidates.find(|one| one.name == name);
    let others: Vec<String> = lacks
        .candidates
        .iter()
        .filter(|one| one.name != name)
        .map(|one| format!("{} by {} ({} of 1000)", one.name, one.by, one.score))
        .collect();
    let by = own.map_or_else(
        || "by its profile".to_owned(),
        |one| format!("inferred by {} ({} of 1000)", one.by, one.score),
    );
    match others.first() {
        None => format!("{name}, {by}; nothing names another"),
        Some(other) => format!("{name}, {by}; next: {other}"),
    }
}

fn period(facts: &Facts) -> String {
    let undated = match facts.n_undated {
        0 => String::new(),
        n => format!("; {} without a date", rows(n)),
    };
    let shown = |of: &Dated| format!("{} ({})", of.time, of.place);
    let strays = match facts.out_of_place.as_slice() {
        [] => String::new(),
        strays => format!(
            "; dated far from the rows beside them, and left out here: {}",
            few(strays, shown)
        ),
    };
    match (&facts.first, &facts.last) {
        (Some(first), Some(last)) => {
            format!("{} to {}{strays}{undated}", shown(first), shown(last))
        }
        _ => format!("no row has a date{undated}"),
    }
}

fn balances(lacks: &Lacks) -> String {
    let Lacks {
        n_balances, n_hold, ..
    } = lacks;
    let Some(sign) = lacks.sign.filter(|_| *n_balances > 0) else {
        return "none is stated".to_owned();
    };
    // Tenths of a per cent, cut off: a book that does not hold never shows 100.
    let permille = n_hold.saturating_mul(1000) / n_balances;
    let breaks = match lacks.breaks.as_slice() {
        [] => String::new(),
        breaks => format!("; not at {}", few(breaks, Locator::to_string)),
    };
    format!(
        "{n_hold} of {n_balances} ({}.{} %) follow from the one before as {sign}{breaks}",
        permille / 10,
        permille % 10
    )
}

fn turnover(facts: &Facts, shell: &Shell) {
    for (asset, of) in &facts.turnover {
        shell.say(format!("  {asset}: {}", parts(of, ["in", "out"])));
    }
    if facts.n_without_amount > 0 {
        shell.say(format!(
            "  {} movements of which no amount is known are in no sum",
            facts.n_without_amount
        ));
    }
}

/// Cash and orders, each with its rows; the words say which way cash went.
fn parts(of: &Turnover, [came, went]: [&str; 2]) -> String {
    let parts = [
        (format!("cash {came}"), &of.cash_in),
        (format!("cash {went}"), &of.cash_out),
        ("orders sent".to_owned(), &of.sent),
        ("orders received".to_owned(), &of.received),
    ];
    let known = parts.iter().filter(|part| part.1.n > 0);
    let parts = known
        .map(|(what, total)| format!("{what} {} ({})", sum(total, of.decimals), rows(total.n)));
    parts.collect::<Vec<String>>().join(", ")
}

fn parties(facts: &Facts, what: &str, is_customer: bool, shell: &Shell) {
    let top = facts.top(|party| matches!(party, Party::Customer(_)) == is_customer);
    if top.is_empty() {
        return;
    }
    let unnamed = match facts.n_unnamed {
        n if n > 0 && !is_customer => format!("; {n} orders name none"),
        _ => String::new(),
    };
    shell.say(format!("  {} {what}{unnamed}", top.len()));
    for (party, of) in top.iter().take(N_LISTED) {
        let by_asset = of.by_asset.iter();
        let sums: Vec<String> = by_asset
            .map(|(asset, of)| format!("{asset} {}", parts(of, ["from", "to"])))
            .collect();
        shell.say(format!(
            "    {}: {}; {}",
            named(party, of, shell),
            rows(of.n_rows),
            sums.join("; ")
        ));
    }
    if top.len() > N_LISTED {
        shell.say(format!(
            "    and {} more, all in --json",
            top.len() - N_LISTED
        ));
    }
}

/// A hawaladar by his name, a customer by the first row that names him unless names may be read.
fn named(party: &Party, of: &Dealings, shell: &Shell) -> String {
    match party {
        Party::Customer(_) if !shell.is_disclosed() => {
            format!("masked: a customer named in {}", of.first)
        }
        Party::Hawaladar(name) if of.is_keeper => {
            let written: Vec<&String> = of.names.iter().collect();
            let written = few(&written, |name| (*name).clone());
            format!("{name} (inferred from the spelling of: {written})")
        }
        _ => of.names.iter().cloned().collect::<Vec<_>>().join(" = "),
    }
}

/// What running numbers say.
fn numbers(lacks: &Lacks) -> Vec<String> {
    let n: usize = lacks.numbered.iter().map(|of| of.numbers.len()).sum();
    if n == 0 {
        return Vec::new();
    }
    let gaps: Vec<String> = lacks.numbered.iter().flat_map(gaps_of).collect();
    let mut lines = vec![match lacks.n_missing() {
        0 => format!("{n} rows bear one, none is missing between them"),
        missing => format!(
            "{n} rows bear one, {missing} are missing between them: {}",
            few(&gaps, Clone::clone)
        ),
    }];
    let places = |of: fn(&Numbered) -> &Vec<usize>| -> Vec<Locator> {
        let all = lacks.numbered.iter();
        all.flat_map(|one| of(one).iter().map(|&at| one.places[at].clone()))
            .collect()
    };
    for (places, what) in [
        (places(|of| &of.found.repeated), "stand a second time"),
        (
            places(|of| &of.found.slips),
            "are slips for the one that is missing there",
        ),
    ] {
        if !places.is_empty() {
            lines.push(format!(
                "{} {what}: {}",
                places.len(),
                few(&places, Locator::to_string)
            ));
        }
    }
    lines
}

fn gaps_of(of: &Numbered) -> Vec<String> {
    let gaps = of.found.series.iter().flat_map(|series| &series.gaps);
    gaps.filter(|gap| !gap.is_jump)
        .map(|gap| {
            let numbers = if gap.first == gap.last {
                gap.first.to_string()
            } else {
                format!("{}–{}", gap.first, gap.last)
            };
            format!("{numbers} after {}", of.places[gap.after])
        })
        .collect()
}

/// What is torn, and what that may mean.
fn torn_end(torn: &Torn) -> String {
    match torn {
        Torn::BroughtForward(openings) => format!(
            "what was before: it opens with {} brought forward, and no other exhibit of the keeper ends so",
            few(openings, |(asset, amount, place)| format!(
                "{} ({place})",
                money(*amount, asset)
            ))
        ),
        Torn::BeginsMidway(asset, amount, place) => format!(
            "the rows before {place}: its balance {} does not come from that row, and nothing is brought forward",
            money(*amount, asset)
        ),
        Torn::Stops(asset, amount, place, n) => format!(
            "balances behind {place}, which states {}: {} later move {} and state none",
            money(*amount, asset),
            rows(*n),
            asset.key()
        ),
        Torn::NumbersBegin(first, place) => {
            format!("the numbers before {first}, with which it begins ({place})")
        }
        Torn::NamedBefore(n, place) => format!(
            "perhaps what was before its first row: other books have {n} earlier orders with the keeper, first {place}"
        ),
        Torn::NamedAfter(n, place) => format!(
            "perhaps what came after its last row: other books have {n} later orders with the keeper, first {place}"
        ),
    }
}

fn torn_json(torn: &Torn) -> Value {
    let one = |what: &str, asset: &Asset, amount: &Amount, place: &Locator| {
        json!({
            "what": what, "asset": asset.key().to_string(), "units": amount.units().to_string(),
            "decimals": asset.decimals(), "row": place.to_string(),
        })
    };
    match torn {
        Torn::BroughtForward(openings) => json!({
            "what": "brought-forward",
            "openings": openings.iter().map(|(asset, amount, place)| one("opening", asset, amount, place)).collect::<Vec<_>>(),
        }),
        Torn::BeginsMidway(asset, amount, place) => {
            one("balance-begins-midway", asset, amount, place)
        }
        Torn::Stops(asset, amount, place, n) => {
            let mut json = one("balance-stops", asset, amount, place);
            json["rows_behind"] = (*n).into();
            json
        }
        Torn::NumbersBegin(first, place) => {
            json!({ "what": "numbers-begin", "first": first, "row": place.to_string() })
        }
        Torn::NamedBefore(n, place) => {
            json!({ "what": "named-before", "n": n, "first": place.to_string() })
        }
        Torn::NamedAfter(n, place) => {
            json!({ "what": "named-after", "n": n, "first": place.to_string() })
        }
    }
}

fn total(of: &Total) -> Value {
    json!({ "n": of.n, "units": of.sum.map(|sum| sum.units().to_string()) })
}

fn turnover_json((asset, of): (&String, &Turnover)) -> Value {
    json!({
        "asset": asset, "decimals": of.decimals, "cash_in": total(&of.cash_in), "cash_out": total(&of.cash_out),
        "orders_sent": total(&of.sent), "orders_received": total(&of.received),
    })
}

fn dated(of: Option<&Dated>) -> Value {
    of.map_or(
        Value::Null,
        |of| json!({ "time": of.time.to_string(), "row": of.place.to_string() }),
    )
}

fn book_json(keeper: &Keeper<'_>, shell: &Shell) -> Value {
    let (facts, lacks) = (&keeper.facts, &keeper.lacks);
    let turnover = facts.turnover.iter().map(turnover_json);
    let parties = facts.top(|_| true).into_iter().map(|(party, of)| {
        let is_customer = matches!(party, Party::Customer(_));
        let is_masked = is_customer && !shell.is_disclosed();
        json!({
            "kind": if is_customer { "customer" } else { "hawaladar" },
            "name": match party {
                Party::Hawaladar(name) => Some(name),
                Party::Customer(_) => of.names.first().filter(|_| !is_masked),
            },
            "written": (!is_masked).then_some(&of.names), "is_keeper": of.is_keeper, "masked": is_masked, "first": of.first.to_string(), "rows": of.n_rows,
            "by_asset": of.by_asset.iter().map(turnover_json).collect::<Vec<_>>(),
        })
    });
    let numbers = lacks.numbered.iter().map(|of| {
        let at = |places: &[usize]| -> Vec<String> {
            places.iter().map(|&at| of.places[at].to_string()).collect()
        };
        json!({
            "n": of.numbers.len(), "missing": of.found.n_missing(), "repeated": at(&of.found.repeated), "slips": at(&of.found.slips),
            "gaps": of.found.series.iter().flat_map(|series| &series.gaps).map(|gap| json!({
                "first": gap.first, "last": gap.last, "after": of.places[gap.after].to_string(),
                "before": of.places[gap.before].to_string(), "is_jump": gap.is_jump,
            })).collect::<Vec<_>>(),
        })
    });
    let pause = facts.longest_pause.as_ref().map(|(days, before, behind)| {
        json!({ "days": days, "before": dated(Some(before)), "behind": dated(Some(behind)) })
    });
    json!({
        "keeper": keeper.name,
        "candidates": lacks.candidates.iter().map(|one| json!({ "name": one.name, "score": one.score, "by": one.by })).collect::<Vec<_>>(),
        "exhibits": keeper.exhibits.iter().map(|exhibit| json!({
            "exhibit": format!("X{}", exhibit.number), "file": exhibit.name, "sha256": exhibit.sha256,
        })).collect::<Vec<_>>(),
        "records": records(&keeper.counts),
        "period": { "first": dated(facts.first.as_ref()), "last": dated(facts.last.as_ref()), "undated": facts.n_undated, "longest_pause": pause,
            "out_of_place": facts.out_of_place.iter().map(|of| dated(Some(of))).collect::<Vec<_>>(),
        },
        "balances": {
            "compared": lacks.n_balances, "hold": lacks.n_hold, "sign": lacks.sign,
            "breaks": lacks.breaks.iter().map(Locator::to_string).collect::<Vec<_>>(),
        },
        "turnover": turnover.collect::<Vec<_>>(), "without_amount": facts.n_without_amount,
        "parties": parties.collect::<Vec<_>>(), "orders_without_colleague": facts.n_unnamed,
        "numbers": numbers.collect::<Vec<_>>(), "torn": lacks.torn.iter().map(torn_json).collect::<Vec<_>>(),
        "not_read_again": lacks.not_read.iter().map(|(exhibit, why)| json!({ "exhibit": format!("X{exhibit}"), "why": why })).collect::<Vec<_>>(),
    })
}

/// Says what is in an exhibit that is no book.
pub(super) fn other(of: &Other<'_>, shell: &Shell) -> Value {
    let summary = &of.summary;
    let network = summary.network.as_ref();
    let shown = network.map_or_else(String::new, |network| format!(", {network}"));
    shell.say_apart(format!(
        "X{} {}: {}{shown}",
        of.exhibit.number, of.exhibit.name, summary.format
    ));
    if let Some(heights) = of.heights {
        let missing = match heights.n_missing {
            0 => "none is missing between them".to_owned(),
            n => format!("{n} are missing between them"),
        };
        shell.say(format!(
            "  blocks of heights {} to {}; {missing}",
            heights.first, heights.last
        ));
    }
    let period = match (of.first, of.last) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "no time is stated".to_owned(),
    };
    shell.say(format!("  period: {period}"));
    shell.say(format!("  records: {}", summary.counts));
    let figures = summary.figures.iter();
    let figures: Vec<String> = figures
        .map(|(what, n)| crate::commands::counted(*n, what))
        .collect();
    if !figures.is_empty() {
        shell.say(format!("  {}", figures.join(", ")));
    }
    let mut assets: Vec<_> = of.assets.iter().collect();
    assets.sort_by_key(|(asset, moved)| (std::cmp::Reverse(moved.n), *asset));
    for (asset, moved) in assets.iter().take(2 * N_LISTED) {
        let unknown = match moved.n_without_amount {
            0 => String::new(),
            n => format!("; of {n} the amount is not known"),
        };
        shell.say(format!(
            "  {asset}: {} transfers, {} arrived in {}{unknown}",
            moved.n,
            sum(&moved.arrived, moved.decimals),
            moved.arrived.n
        ));
    }
    if assets.len() > 2 * N_LISTED {
        shell.say(format!(
            "  and {} more assets, all in --json",
            assets.len() - 2 * N_LISTED
        ));
    }
    json!({
        "exhibit": format!("X{}", of.exhibit.number), "file": of.exhibit.name, "sha256": of.exhibit.sha256,
        "format": summary.format, "network": summary.network, "records": records(&summary.counts),
        "heights": of.heights.map(|of| json!({ "first": of.first, "last": of.last, "missing": of.n_missing })),
        "period": { "first": of.first.map(|time| time.to_string()), "last": of.last.map(|time| time.to_string()) },
        "figures": summary.figures.iter().map(|(what, n)| json!({ "what": what, "n": n })).collect::<Vec<_>>(),
        "events": of.n_events,
        "assets": assets.iter().map(|(asset, moved)| json!({
            "asset": asset, "decimals": moved.decimals, "transfers": moved.n, "arrived": total(&moved.arrived),
            "without_amount": moved.n_without_amount,
        })).collect::<Vec<_>>(),
    })
}
