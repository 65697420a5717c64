//! What was found, for people and as JSON.
//!
//! Law: what an exhibit says is told as fact, with its record; that it is a pattern is told as inference. A customer of
//! a book is a numbered person, the same number throughout.

use super::Run;
use crate::cite::Records;
use crate::error::Error;
use crate::shell::Shell;
use moneytrail_analysis::patterns::chance::Chance;
use moneytrail_analysis::patterns::{Found, Measure, Pattern, Rule};
use moneytrail_analysis::peel::{N_HOPS_MIN, PEEL_CHAIN, PeelChain};
use moneytrail_model::{AccountKey, Amount, Basis, NodeIdx, Place, TransferIdx};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Most records of a finding that are listed for people.
const N_RECORDS: usize = 6;

/// Names of accounts, and records of transfers.
pub(super) struct Names<'a> {
    pub(super) run: &'a Run<'a>,
    records: Records<'a>,
    persons: BTreeMap<NodeIdx, usize>,
}

pub(super) fn say(run: &Run<'_>, shell: &Shell) -> Result<(), Error> {
    let graph = &run.evidence.graph;
    let mut names = Names {
        run,
        records: Records::new(&run.evidence.case, graph),
        persons: BTreeMap::new(),
    };
    let movements = &run.movements;
    let layer = run.layer.as_str();
    shell.say(format!(
        "{} movements between accounts, {layer} layer",
        movements.len()
    ));
    for (what, n) in [
        (
            "transactions of several payers name none of them, and are left out",
            movements.n_many_payers,
        ),
        (
            "transfers of unknown amount are left out",
            movements.n_unknown_amounts,
        ),
        (
            "transfers before any known time are left out",
            movements.n_unknown_times,
        ),
    ] {
        if n > 0 {
            shell.say(format!("{n} {what}"));
        }
    }
    let mut told = Vec::new();
    for (rule, found, chance) in &run.rules {
        let events = found.patterns.iter().flat_map(|pattern| &pattern.movements);
        names
            .records
            .fetch(events.map(|&at| graph.event_of(movements.transfer(at))))?;
        told.push(names.rule(*rule, found, chance, shell)?);
    }
    if let Some(chains) = &run.chains {
        told.push(names.chains(chains, shell)?);
    }
    for of_books in &run.books {
        told.push(names.book_rule(of_books, shell));
    }
    shell.json(&json!({
        "schema": "moneytrail-patterns/1",
        "layer": layer,
        "movements": movements.len(),
        "left_out": { "transactions_of_several_payers": movements.n_many_payers, "unknown_amounts": movements.n_unknown_amounts, "unknown_times": movements.n_unknown_times },
        "shuffles": run.args.shuffles, "seed": run.args.seed,
        "rules": told,
    }))
}

/// A mean to three places.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a mean of counts; no money"
)]
pub(super) fn mean(sum: usize, n: usize) -> f64 {
    (sum as f64 / n as f64 * 1000.0).round() / 1000.0
}

impl Names<'_> {
    fn rule(
        &mut self,
        rule: Rule,
        found: &Found,
        chance: &Chance,
        shell: &Shell,
    ) -> Result<Value, Error> {
        let parameters = rule.parameters(&self.run.parameters.movements);
        let n = found.patterns.len();
        shell.say_apart(format!(
            "{}: {n} findings [inference]; {parameters}",
            rule.id()
        ));
        let n_shuffled = chance.n_shuffled();
        let by_chance = (n_shuffled > 0).then(|| {
            let expected = mean(chance.n_found(), n_shuffled);
            let p = mean(1 + chance.n_with(n), 1 + n_shuffled);
            (expected, p)
        });
        if let Some((expected, p)) = by_chance {
            shell.say(format!(
                "  by chance: {expected} findings in a record whose {} are shuffled (mean of {n_shuffled}, seed {}); p = {p}",
                rule.null().words(),
                self.run.args.seed
            ));
        }
        for (what, n) in found.left_out.iter().filter(|of| of.1 > 0) {
            shell.say(format!("  left out: {n} {what}"));
        }
        if n > 0 {
            shell.say(format!("  asks: {}", rule.definition()));
            shell.say(format!(
                "  what else explains it: {}",
                rule.innocent().join("; ")
            ));
            shell.say(format!("  would be refuted by: {}", rule.refuted_by()));
        }
        let mut findings = Vec::new();
        for (nth, pattern) in found.patterns.iter().enumerate() {
            let is_listed = nth < self.run.args.list;
            findings.push(self.finding(nth, pattern, chance, is_listed.then_some(shell))?);
        }
        if n > self.run.args.list {
            shell.say(format!(
                "  and {} more, all in --json",
                n - self.run.args.list
            ));
        }
        Ok(json!({
            "rule": rule.id().to_string(), "definition": rule.definition(), "parameters": parameters, "source": rule.source(),
            "innocent": rule.innocent(), "refuted_by": rule.refuted_by(),
            "by_chance": by_chance.map(|(expected, p)| json!({ "expected": expected, "p": p, "shuffled": rule.null().words() })),
            "left_out": found.left_out.iter().map(|(what, n)| json!({ "what": what, "n": n })).collect::<Vec<_>>(),
            "findings": findings,
        }))
    }

    fn finding(
        &mut self,
        nth: usize,
        pattern: &Pattern,
        chance: &Chance,
        listed: Option<&Shell>,
    ) -> Result<Value, Error> {
        let accounts: Vec<String> = pattern
            .accounts
            .iter()
            .map(|&account| self.account(NodeIdx::new(account as usize)))
            .collect();
        let why: Vec<String> = pattern
            .measures
            .iter()
            .map(|measure| self.why(pattern, measure))
            .collect();
        let as_strong = (chance.n_shuffled() > 0)
            .then(|| mean(chance.n_as_strong(pattern.strength), chance.n_shuffled()));
        let mut transfers = Vec::new();
        for &at in &pattern.movements {
            transfers.push(self.transfer(self.run.movements.transfer(at), at)?);
        }
        if let Some(shell) = listed {
            let first = accounts.first().map_or("", String::as_str);
            let expected = as_strong.map_or_else(String::new, |expected| {
                format!("; as strong by chance: {expected}")
            });
            shell.say(format!(
                "  {}. {first}: {}{expected} [inference]",
                nth + 1,
                why.join(", ")
            ));
            for transfer in transfers.iter().take(N_RECORDS) {
                shell.say(format!("     {} [{}]", transfer.0, transfer.2));
            }
            if transfers.len() > N_RECORDS {
                shell.say(format!(
                    "     and {} transfers more, all in --json",
                    transfers.len() - N_RECORDS
                ));
            }
        }
        Ok(json!({
            "basis": Basis::Inference(pattern.rule.id()).to_string(),
            "accounts": accounts,
            "why": pattern.measures.iter().map(|measure| json!({
                "what": measure.what, "value": measure.value.to_string(), "at_least": measure.at_least.map(|least| least.to_string()),
            })).collect::<Vec<_>>(),
            "as_strong_by_chance": as_strong,
            "transfers": transfers.into_iter().map(|transfer| transfer.1).collect::<Vec<_>>(),
        }))
    }

    /// A measure in words; units of an asset with its decimals.
    fn why(&self, pattern: &Pattern, measure: &Measure) -> String {
        let movements = &self.run.movements;
        let asset = pattern
            .movements
            .first()
            .map(|&at| movements.assets[at as usize]);
        let shown = |value: u128| match asset.filter(|_| measure.what.starts_with("units")) {
            Some(asset) => {
                let (symbol, decimals) = &movements.asset_names[asset as usize];
                let amount = i128::try_from(value)
                    .ok()
                    .and_then(|units| Amount::new(units).ok());
                amount.map_or_else(
                    || value.to_string(),
                    |amount| format!("{} {symbol}", amount.display(*decimals)),
                )
            }
            None => value.to_string(),
        };
        let what = measure.what.trim_start_matches("units ");
        measure.at_least.map_or_else(
            || format!("{what} {}", shown(measure.value)),
            |least| format!("{what} {} (asked: {})", shown(measure.value), shown(least)),
        )
    }

    /// An account as it may be told.
    pub(super) fn account(&mut self, node: NodeIdx) -> String {
        let Some(key) = self.run.evidence.graph.account(node) else {
            return String::new();
        };
        if !matches!(key, AccountKey::Customer(..)) {
            return key.to_string();
        }
        let next = self.persons.len() + 1;
        let number = *self.persons.entry(node).or_insert(next);
        format!("person P-{number:02}")
    }

    /// A transfer with its record, as a line and as JSON; and what it rests on.
    fn transfer(
        &mut self,
        transfer: TransferIdx,
        at: u32,
    ) -> Result<(String, Value, String), Error> {
        let movements = &self.run.movements;
        let (symbol, decimals) = &movements.asset_names[movements.assets[at as usize] as usize];
        let amount = self.run.evidence.graph.amount(transfer);
        let [from, to] = [movements.from[at as usize], movements.to[at as usize]]
            .map(|account| self.account(NodeIdx::new(account as usize)));
        let record = self.record(transfer)?;
        let (basis, corrected) = self.basis(transfer)?;
        let time = moment(movements.seconds[at as usize]);
        let line = format!(
            "{from} -> {to}  {} {symbol}  {}  {}",
            amount.map_or_else(String::new, |amount| amount.display(*decimals).to_string()),
            time.as_deref().unwrap_or("at no known time"),
            record.as_deref().unwrap_or("no record"),
        );
        let value = json!({
            "basis": basis, "corrected": corrected, "from": from, "to": to,
            "units": amount.map(|amount| amount.units().to_string()), "decimals": decimals, "asset": symbol,
            "time": time, "record": record,
        });
        let basis = corrected.map_or(basis.clone(), |cell| {
            format!("{basis}: {cell} is read as a decision says")
        });
        Ok((line, value, basis))
    }

    /// A fact, unless a record of it is read as an accepted repair says: then that, and the cell.
    fn basis(&mut self, transfer: TransferIdx) -> Result<(String, Option<String>), Error> {
        if self.run.corrected.is_empty() {
            return Ok((Basis::Fact.to_string(), None));
        }
        let graph = &self.run.evidence.graph;
        let event = graph.event_of(transfer);
        for citation in graph.citations_of(transfer) {
            let cited = self.records.cited(Some(event), citation)?;
            let Place::Cell { sheet, row, .. } = &cited.locator.place else {
                continue;
            };
            for row in std::iter::once(*row).chain(cited.second_row) {
                let key = (cited.exhibit, sheet.to_string(), row);
                if let Some((cell, rule)) = self.run.corrected.get(&key) {
                    return Ok((format!("inference {rule}"), Some(cell.clone())));
                }
            }
        }
        Ok((Basis::Fact.to_string(), None))
    }

    /// Where a transfer stands.
    fn record(&mut self, transfer: TransferIdx) -> Result<Option<String>, Error> {
        let graph = &self.run.evidence.graph;
        let event = graph.event_of(transfer);
        let Some(citation) = graph.citations_of(transfer).next() else {
            return Ok(None);
        };
        let cited = self.records.cited(Some(event), citation)?;
        let name = cited.txid.unwrap_or_else(|| cited.locator.to_string());
        Ok(Some(format!("X{} {name}", cited.exhibit)))
    }

    fn chains(&mut self, chains: &[PeelChain], shell: &Shell) -> Result<Value, Error> {
        let parameters =
            format!("at least {N_HOPS_MIN} hops, the smaller output at most half of the larger");
        shell.say_apart(format!(
            "{PEEL_CHAIN}: {} findings [inference]; {parameters}",
            chains.len()
        ));
        shell.say("  by chance: not asked, because links between transactions are not shuffled");
        let events = chains.iter().flat_map(|chain| chain.hops.iter().copied());
        self.records.fetch(events)?;
        let innocent = [
            "withdrawals of an exchange or of a payment service",
            "somebody who pays from one coin again and again",
        ];
        let refuted_by = "a tag or a record that names the payer as a service";
        let definition = "a coin is paid away bit by bit: transactions of two outputs, each of which spends the larger output of the one before";
        let source = "the project's chain reference, §2; Meiklejohn et al., A fistful of bitcoins (IMC 2013)";
        if !chains.is_empty() {
            shell.say(format!("  asks: {definition}"));
            shell.say(format!("  what else explains it: {}", innocent.join("; ")));
            shell.say(format!("  would be refuted by: {refuted_by}"));
        }
        let mut findings = Vec::new();
        for (nth, chain) in chains.iter().enumerate() {
            let mut hops = Vec::new();
            for &peeled in &chain.peeled {
                hops.push(self.record(peeled)?);
            }
            if nth < self.run.args.list {
                let first = hops.first().cloned().flatten().unwrap_or_default();
                shell.say(format!(
                    "  {}. {} hops from {first} [inference]",
                    nth + 1,
                    hops.len()
                ));
            }
            findings.push(json!({ "basis": Basis::Inference(PEEL_CHAIN).to_string(), "hops": hops.len(), "records": hops }));
        }
        if chains.len() > self.run.args.list {
            shell.say(format!(
                "  and {} more, all in --json",
                chains.len() - self.run.args.list
            ));
        }
        Ok(json!({
            "rule": PEEL_CHAIN.to_string(), "definition": definition, "parameters": parameters, "source": source, "innocent": innocent, "refuted_by": refuted_by,
            "by_chance": null, "left_out": [], "findings": findings,
        }))
    }
}

fn moment(second: i64) -> Option<String> {
    jiff::Timestamp::from_second(second)
        .ok()
        .map(|at| at.to_string())
}
