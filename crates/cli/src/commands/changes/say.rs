//! What an exhibit changed, for people and as JSON.

use super::{Arrived, Differs, Found};
use crate::cite::Records;
use crate::commands::counted;
use crate::error::Error;
use crate::shell::Shell;
use moneytrail_model::{Amount, Asset, AssetKey, Layer};
use moneytrail_report::document::AssetRef;
use moneytrail_store::graph::Citation;
use moneytrail_store::{JoinNote, UnmatchedTransaction};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Records of one claim that are named to people.
const N_RECORDS: usize = 4;

/// A number with it and without it.
fn step(what: &str, [before, after]: [u64; 2]) -> String {
    format!("{before} {what} without it, {after} with it")
}

impl Found<'_> {
    /// Prints what differs; what does not is one line.
    pub(super) fn table(&self, n_listed: usize, shell: &Shell) -> Result<(), Error> {
        shell.say(format!(
            "X{} {}: the case with it, and as if it were not there",
            self.exhibit, self.name
        ));
        let sizes = [
            ("accounts", self.sizes.map(|size| size.accounts as u64)),
            ("events", self.sizes.map(|size| size.events as u64)),
            ("transfers", self.sizes.map(|size| size.transfers as u64)),
        ];
        for (what, numbers) in sizes {
            shell.say(format!("  {}", step(what, numbers)));
        }
        let changed = [
            (
                "events that several exhibits describe",
                self.notes.map(|notes| notes.n_joined_events),
            ),
            (
                "inputs whose output is outside the evidence",
                self.notes.map(|notes| notes.n_unresolved_inputs),
            ),
            (
                "order tokens without a counterpart",
                self.notes.map(|notes| notes.n_unmatched_tokens),
            ),
            (
                "blocks set aside for a chain with more work",
                self.notes.map(|notes| notes.n_stale_blocks),
            ),
        ];
        for (what, numbers) in changed
            .into_iter()
            .filter(|(_, [before, after])| before != after)
        {
            shell.say(format!("  {}", step(what, numbers)));
        }
        self.totals(shell);
        self.claims(n_listed, shell)?;
        self.merges(n_listed, shell);
        let described = self.unjoined.gone.iter().map(named);
        let apart = self.unjoined.new.iter();
        let apart = apart.map(|row| format!("{} {}", named(row), row.why.words()));
        let lists = [
            (
                "rows whose transaction it describes, or tells apart",
                described.collect(),
            ),
            (
                "new rows that name a transaction and are joined with no movement of it",
                apart.collect::<Vec<String>>(),
            ),
            (
                "new disagreements and what was left out",
                self.remarks.new.clone(),
            ),
            (
                "disagreements and what was left out that are settled",
                self.remarks.gone.clone(),
            ),
        ];
        for (what, lines) in lists {
            list(what, &lines, n_listed, shell);
        }
        Ok(())
    }

    /// Sums that differ.
    fn totals(&self, shell: &Shell) {
        let mut n_said = 0;
        for ((key, layer), [before, after]) in self.changed_totals() {
            if n_said == 0 {
                shell.say_apart("arrived at accounts:");
            }
            n_said += 1;
            shell.say(format!(
                "  {} layer, {}: {} without it, {} with it",
                layer.as_str(),
                self.called(&key),
                self.arrived(&key, before),
                self.arrived(&key, after)
            ));
        }
        if n_said == 0 {
            shell
                .say_apart("no sum changed: it tells of movements that others tell of, or of none");
        }
    }

    fn changed_totals(&self) -> BTreeMap<(AssetKey, Layer), [Arrived; 2]> {
        let [before, after] = &self.totals;
        let keys = before.keys().chain(after.keys()).cloned();
        let nothing = Arrived {
            units: Some(0),
            ..Arrived::default()
        };
        let both = |key: (AssetKey, Layer)| {
            let of = |totals: &super::Totals| totals.get(&key).copied().unwrap_or(nothing);
            let both = [of(before), of(after)];
            (key, both)
        };
        let all = keys.map(both);
        all.filter(|(_, [before, after])| before != after).collect()
    }

    /// An asset by its symbol; two assets of one symbol by their keys too.
    fn called(&self, key: &AssetKey) -> String {
        let symbol = self.assets.get(key).map_or("", Asset::symbol);
        let same = self
            .assets
            .values()
            .filter(|other| other.symbol() == symbol);
        match (symbol, same.count()) {
            ("", _) => key.to_string(),
            (symbol, 0 | 1) => symbol.to_owned(),
            (symbol, _) => format!("{symbol} ({key})"),
        }
    }

    fn arrived(&self, key: &AssetKey, arrived: Arrived) -> String {
        let decimals = self.assets.get(key).map_or(0, Asset::decimals);
        let money = AssetRef::new(&key.to_string(), "", decimals);
        let amount = arrived.units.and_then(|units| Amount::new(units).ok());
        let sum = amount.map_or_else(
            || "more than 38 digits hold".to_owned(),
            |amount| money.amount(amount).figure(),
        );
        let unknown = match arrived.n_unknown {
            0 => String::new(),
            n => format!(" and {n} of unknown amount"),
        };
        format!(
            "{sum} in {}{unknown}",
            counted(arrived.n_transfers, "transfers")
        )
    }

    /// Claims that came and went, by rule.
    fn claims(&self, n_listed: usize, shell: &Shell) -> Result<(), Error> {
        for (how, claims) in [
            ("joined", &self.claims.new),
            ("not joined any more", &self.claims.gone),
        ] {
            let mut by_rule: BTreeMap<&str, Vec<&JoinNote>> = BTreeMap::new();
            for claim in claims {
                by_rule.entry(&claim.rule).or_default().push(claim);
            }
            for (rule, claims) in by_rule {
                shell.say_apart(format!(
                    "{how} by {rule} [inference, not measured]: {}",
                    counted(claims.len() as u64, of_rule(rule))
                ));
                for claim in claims.iter().take(n_listed) {
                    let places = self.places(claim)?;
                    let few: Vec<&str> =
                        places.iter().map(String::as_str).take(N_RECORDS).collect();
                    let more = places.len() - few.len();
                    let more = if more > 0 {
                        format!(" and {more} more")
                    } else {
                        String::new()
                    };
                    shell.say(format!("  {}: {}{more}", claim.statement, few.join(", ")));
                }
                and_more(claims.len(), n_listed, shell);
            }
        }
        Ok(())
    }

    /// Records of a claim, as a person finds them.
    fn places(&self, claim: &JoinNote) -> Result<Vec<String>, Error> {
        let mut records = Records::new(&self.evidence.case, &self.evidence.graph);
        let place = |&(exhibit, event_row): &(u32, u32)| {
            let cited = records.cited(None, Citation { exhibit, event_row })?;
            Ok(format!("X{exhibit} {}", cited.locator))
        };
        claim.records.iter().map(place).collect()
    }

    fn merges(&self, n_listed: usize, shell: &Shell) {
        let merges = &self.merges;
        if merges.all.is_empty() {
            shell.say_apart(format!(
                "no entities merged: {} that no other exhibit holds join nothing that stood apart",
                counted(merges.n_transactions as u64, "transactions")
            ));
            return;
        }
        shell.say_apart(format!(
            "{} merged from what stood apart [inference]: {} without it, {} with it",
            counted(merges.all.len() as u64, "entities"),
            merges.n_entities[0],
            merges.n_entities[1]
        ));
        for merge in merges.all.iter().take(n_listed) {
            shell.say(format!(
                "  {} entities are one of {} accounts: {}",
                merge.stood_apart.len(),
                merge.size,
                few(&merge.stood_apart)
            ));
            shell.say(format!("    because of {}", few(&merge.joined_in)));
        }
        and_more(merges.all.len(), n_listed, shell);
    }

    /// The result as JSON, `moneytrail-changes/1`.
    pub(super) fn json(&self) -> Result<Value, Error> {
        let both = |numbers: [u64; 2]| json!({ "without": numbers[0], "with": numbers[1] });
        let arrived = |arrived: Arrived| {
            json!({
                "transfers": arrived.n_transfers, "unknown_amounts": arrived.n_unknown,
                "units": arrived.units.map(|units| units.to_string()),
            })
        };
        let totals = self
            .changed_totals()
            .into_iter()
            .map(|((key, layer), [before, after])| {
                let asset = self.assets.get(&key);
                json!({
                    "asset": key.to_string(), "symbol": asset.map(Asset::symbol),
                    "decimals": asset.map(Asset::decimals), "layer": layer.as_str(),
                    "without": arrived(before), "with": arrived(after),
                })
            });
        let totals: Vec<Value> = totals.collect();
        let claims = |claims: &[JoinNote]| -> Result<Vec<Value>, Error> {
            let claim = |claim: &JoinNote| {
                Ok(json!({
                    "rule": claim.rule, "parameters": claim.parameters, "statement": claim.statement,
                    "records": self.places(claim)?,
                }))
            };
            claims.iter().map(claim).collect()
        };
        let rows = |rows: &[UnmatchedTransaction]| -> Vec<Value> {
            let row = |row: &UnmatchedTransaction| {
                json!({
                    "exhibit": format!("X{}", row.exhibit), "locator": row.locator, "txid": row.txid, "why": row.why.words(),
                })
            };
            rows.iter().map(row).collect()
        };
        let merged = self.merges.all.iter().map(|merge| {
            json!({
                "entity": merge.entity, "size": merge.size, "stood_apart": merge.stood_apart, "joined_in": merge.joined_in,
            })
        });
        let Differs { new, gone } = &self.remarks;
        Ok(json!({
            "schema": "moneytrail-changes/1",
            "exhibit": format!("X{}", self.exhibit),
            "file": self.name,
            "accounts": both(self.sizes.map(|size| size.accounts as u64)),
            "events": both(self.sizes.map(|size| size.events as u64)),
            "transfers": both(self.sizes.map(|size| size.transfers as u64)),
            "joined_events": both(self.notes.map(|notes| notes.n_joined_events)),
            "unresolved_inputs": both(self.notes.map(|notes| notes.n_unresolved_inputs)),
            "unmatched_tokens": both(self.notes.map(|notes| notes.n_unmatched_tokens)),
            "stale_blocks": both(self.notes.map(|notes| notes.n_stale_blocks)),
            "totals": totals,
            "claims": { "new": claims(&self.claims.new)?, "gone": claims(&self.claims.gone)? },
            "entities": {
                "without": self.merges.n_entities[0], "with": self.merges.n_entities[1], "merged": merged.collect::<Vec<_>>(),
            },
            "unjoined": { "new": rows(&self.unjoined.new), "gone": rows(&self.unjoined.gone) },
            "disagreements": { "new": new, "gone": gone },
        }))
    }
}

/// What a rule joins.
fn of_rule(rule: &str) -> &'static str {
    match rule.split('@').next() {
        Some("token-match") => "orders in two books",
        Some("ledger-transaction") => "rows of books that are a transaction's movement",
        Some("crypto-mirror") => "rows of books that are transfers of a chain, as people accepted",
        Some("manual") => "orders in two books, as people accepted",
        Some("custodian-booking") => "bookings in two files",
        _ => "claims",
    }
}

/// A row and the transaction that it names.
fn named(row: &UnmatchedTransaction) -> String {
    format!("X{} {}, transaction {}", row.exhibit, row.locator, row.txid)
}

fn list(what: &str, lines: &[String], n_listed: usize, shell: &Shell) {
    if lines.is_empty() {
        return;
    }
    shell.say_apart(format!("{what}: {}", lines.len()));
    for line in lines.iter().take(n_listed) {
        shell.say(format!("  {line}"));
    }
    and_more(lines.len(), n_listed, shell);
}

fn and_more(n: usize, n_listed: usize, shell: &Shell) {
    if n > n_listed {
        shell.say(format!(
            "  … and {} more, with a higher --list or in --json",
            n - n_listed
        ));
    }
}

/// The first few, and how many more.
fn few(names: &[String]) -> String {
    let mut few: Vec<String> = names.iter().take(N_RECORDS).cloned().collect();
    if names.len() > N_RECORDS {
        few.push(format!("and {} more", names.len() - N_RECORDS));
    }
    few.join(", ")
}
