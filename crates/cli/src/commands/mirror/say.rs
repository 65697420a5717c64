//! What was found, for people and as JSON. Records are named by their locators, transfers by their transactions.

use super::decide::{Said, parts};
use super::position::Positions;
use super::read::Read;
use crate::commands::counted;
use crate::figures::rounded;
use crate::shell::Shell;
use moneytrail_analysis::mirror::{CRYPTO_MIRROR, Mirror, Mirrored, Named, Options};
use moneytrail_analysis::reconcile::SETTLED;
use moneytrail_model::{Amount, Basis, NodeIdx};
use moneytrail_store::graph::Graph;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Most findings of a kind that are listed for people.
const N_LISTED: usize = 20;

#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) read: &'a Read,
    pub(super) keepers: &'a [String],
    /// Orders that a settlement's line discharges, by locators.
    pub(super) discharged: &'a BTreeMap<String, Vec<String>>,
    pub(super) options: &'a Options,
    pub(super) found: &'a Mirrored,
    pub(super) graph: &'a Graph,
    pub(super) said: &'a Said,
    pub(super) positions: &'a Positions,
}

const fn named(of: Named) -> Option<&'static str> {
    match of {
        Named::Nothing => None,
        Named::Address => Some("address"),
        Named::Transaction => Some("transaction"),
    }
}

impl Run<'_> {
    /// Claims by their transfers: the lines of both books together.
    pub(super) fn settlements(&self) -> BTreeMap<&[usize], Vec<&Mirror>> {
        let mut by_transfers: BTreeMap<&[usize], Vec<&Mirror>> = BTreeMap::new();
        for mirror in &self.found.mirrors {
            by_transfers
                .entry(&mirror.transfers)
                .or_default()
                .push(mirror);
        }
        by_transfers
    }

    pub(super) fn txs(&self, transfers: &[usize]) -> Vec<&str> {
        transfers
            .iter()
            .map(|&place| &*self.read.ids[place])
            .collect()
    }

    fn rows(&self, mirrors: &[&Mirror]) -> Vec<String> {
        let lines = mirrors.iter().flat_map(|of| &of.lines);
        lines
            .map(|&line| self.read.places[line].to_string())
            .collect()
    }

    /// Orders that settlements with these lines discharge.
    fn discharged(&self, rows: &[String]) -> Vec<&str> {
        let orders = rows.iter().filter_map(|row| self.discharged.get(row));
        let mut orders: Vec<&str> = orders.flatten().map(String::as_str).collect();
        orders.sort_unstable();
        orders.dedup();
        orders
    }

    fn account(&self, account: u32) -> String {
        let key = self.graph.account(NodeIdx::from_raw(account));
        key.map_or_else(String::new, |key| key.to_string())
    }

    /// One settlement a line, for other programs.
    pub(super) fn lines(&self, shell: &Shell) {
        for (transfers, mirrors) in self.settlements() {
            let mut rows = self.rows(&mirrors);
            let orders = self.discharged(&rows).into_iter().map(str::to_owned);
            rows.extend(orders.collect::<Vec<_>>());
            let line = json!({ "txs": self.txs(transfers), "rows": rows });
            shell.text(&format!("{line}\n"));
        }
    }

    pub(super) fn table(&self, shell: &Shell) {
        let (read, found) = (self.read, self.found);
        let settlements = self.settlements();
        shell.say(format!(
            "on a chain may be paid: {} of books; {} with a value in their units ({})",
            counted(read.lines.len() as u64, "lines"),
            counted(read.transfers.len() as u64, "transfers"),
            read.units.names().join(", ")
        ));
        shell.say("assumption: coins that are meant to be worth a dollar are taken for one; other assets only by rates of the case");
        for (n, what) in [
            (
                read.n_unnamed,
                "settlements name nobody whose book is at hand: their other side is open",
            ),
            (
                read.n_without_value,
                "lines state no amount or no day: left out",
            ),
            (
                read.n_disputed,
                "wallets are tagged as several keepers': taken for nobody's",
            ),
            (
                found.n_cut_off as u64,
                "sets of lines have too many candidates: some were left out",
            ),
        ] {
            if n > 0 {
                shell.say(format!("{n} {what}"));
            }
        }
        shell.say(format!(
            "{} wallets of keepers are known by tags; {} more are inferred from several matches each",
            read.owners.len(),
            found.learnt.len()
        ));
        for wallet in &found.learnt {
            shell.say(format!(
                "  {} is held by {}, inferred from {} transfers",
                self.account(wallet.account),
                self.keepers[wallet.keeper as usize],
                wallet.transfers.len()
            ));
        }
        shell.say_apart(format!(
            "{} by {CRYPTO_MIRROR} ({}); by chance up to {:.2} lines would be matched, if none had a partner",
            counted(settlements.len() as u64, "settlements"),
            counted(found.mirrors.len() as u64, "lines"),
            self.expected()
        ));
        for (transfers, mirrors) in settlements.iter().take(N_LISTED) {
            shell.say(format!(
                "  {} {} = {}",
                self.id(mirrors),
                self.rows(mirrors).join("  "),
                self.txs(transfers).join(" ")
            ));
            if mirrors.iter().any(|of| of.is_accepted) {
                shell.say("    accepted by a person: a trace may cross by it, as an inference");
            }
            for mirror in mirrors {
                shell.say(format!("    {}", Self::sentence(mirror)));
            }
            let n = self.discharged(&self.rows(mirrors)).len();
            if n > 0 {
                shell.say(format!(
                    "    what it settles: {n} rows of orders by {SETTLED}, in --json"
                ));
            }
        }
        if settlements.len() > N_LISTED {
            shell.say(format!(
                "  and {} more, all in --json",
                settlements.len() - N_LISTED
            ));
        }
        shell.say_apart(format!(
            "{} other candidates, which are no claims: round sums coincide often; all in --json",
            found.competing.len()
        ));
        self.positions.say(self, shell);
        self.decisions(shell);
    }

    /// What people decided.
    fn decisions(&self, shell: &Shell) {
        for of in self.said.last.values() {
            let effect = if self.said.without_effect.contains(&of.id) {
                " (decides nothing: a row or a transfer is not in the evidence as it was then)"
            } else {
                ""
            };
            let verdict = of.verdict.as_str();
            shell.say(format!(
                "decided: {verdict} of {}: {}{effect}",
                of.id, of.reason
            ));
        }
        if self.said.last.is_empty() && !self.found.mirrors.is_empty() {
            shell.say("no trace crosses from a book to a chain by these until a person accepts one: --accept ID --because TEXT");
        }
    }

    fn id(&self, mirrors: &[&Mirror]) -> String {
        let (rows, transfers) = parts(self, mirrors);
        self.said.id(&rows, &transfers)
    }

    /// Whether a person accepted it: `accepted`, or `open`.
    fn state(mirrors: &[&Mirror]) -> &'static str {
        if mirrors.iter().any(|of| of.is_accepted) {
            "accepted"
        } else {
            "open"
        }
    }

    pub(super) fn sentence(mirror: &Mirror) -> String {
        let gap = Amount::new(mirror.gap).unwrap_or_default();
        let says = named(mirror.class.named)
            .map_or_else(String::new, |what| format!(", the line names the {what}"));
        let told = if mirror.is_told {
            ""
        } else {
            "; the chain is too short to tell: value alone makes no claim"
        };
        format!(
            "book less chain {}, {} of 2 wallets{says}; by chance {:.4} as good (p {:.3}), {} competing{told}",
            gap.display(6),
            mirror.class.wallets,
            mirror.by_chance,
            mirror.p,
            mirror.n_competing
        )
    }

    /// Lines that chance alone may match at most, if none of them had a partner: each of them is asked at `p_max`.
    #[expect(
        clippy::float_arithmetic,
        clippy::cast_precision_loss,
        reason = "a probability; no money"
    )]
    fn expected(&self) -> f64 {
        self.read.lines.len() as f64 * self.options.p_max
    }

    fn mirror(&self, mirror: &Mirror) -> Value {
        let line = &self.read.lines[mirror.lines[0]];
        json!({
            "id": self.id(&[mirror]), "txs": self.txs(&mirror.transfers), "rows": self.rows(&[mirror]),
            "unit": self.read.units.names()[usize::from(line.unit)],
            "book_less_chain": Amount::new(mirror.gap).unwrap_or_default().display(6).to_string(),
            "class": {
                "value_level": mirror.class.value, "wallets": mirror.class.wallets, "names": named(mirror.class.named),
                "transfers": mirror.class.n_transfers, "lines": mirror.class.n_lines,
            },
            "by_chance": rounded(mirror.by_chance), "p": rounded(mirror.p), "is_told": mirror.is_told, "competing": mirror.n_competing,
        })
    }

    /// The result as JSON, `moneytrail-mirror/1`.
    pub(super) fn json(&self) -> Value {
        let options = self.options;
        let mirrors = self.settlements().into_iter().map(|(transfers, mirrors)| {
            let (txs, rows) = (self.txs(transfers), self.rows(&mirrors));
            json!({
                "id": self.id(&mirrors), "state": Self::state(&mirrors), "txs": txs, "rows": rows, "discharges": self.discharged(&rows),
                "claim": { "statement": "same-settlement", "basis": Basis::Inference(CRYPTO_MIRROR).to_string(), "evidence": rows },
                "by_line": mirrors.iter().map(|of| self.mirror(of)).collect::<Vec<_>>(),
            })
        });
        json!({
            "schema": "moneytrail-mirror/1", "rule": CRYPTO_MIRROR.to_string(),
            "parameters": {
                "value_permille": options.value_permille, "value_levels_per_10000": options.value_levels, "window_seconds": options.window_seconds,
                "parts": options.parts_max, "neighbours": options.group_max, "candidates": options.candidates_max, "samples": options.n_samples,
                "seed": options.seed, "p": options.p_max, "wallet_matches": options.wallet_matches,
                "competing": options.competing_max,
            },
            "assumptions": ["coins that are meant to be worth a dollar are taken for one"],
            "lines": self.read.lines.len(), "transfers": self.read.transfers.len(), "units": self.read.units.names(),
            "unnamed": self.read.n_unnamed, "without_value": self.read.n_without_value, "disputed_wallets": self.read.n_disputed,
            "cut_off": self.found.n_cut_off, "expected_by_chance": rounded(self.expected()),
            "wallets": {
                "known": self.read.owners.iter().map(|(&account, &keeper)| json!({
                    "account": self.account(account), "keeper": self.keepers[keeper as usize], "basis": "assumption tag",
                })).collect::<Vec<_>>(),
                "learnt": self.found.learnt.iter().map(|of| json!({
                    "account": self.account(of.account), "keeper": self.keepers[of.keeper as usize],
                    "basis": Basis::Inference(CRYPTO_MIRROR).to_string(), "p": rounded(of.p), "txs": self.txs(&of.transfers),
                })).collect::<Vec<_>>(),
            },
            "mirrors": mirrors.collect::<Vec<_>>(),
            "decisions": self.said.last.values().map(|of| json!({
                "id": of.id, "verdict": of.verdict.as_str(), "reason": of.reason, "rows": of.rows, "transfers": of.transfers, "says": of.says,
                "in_evidence": !self.said.without_effect.contains(&of.id),
            })).collect::<Vec<_>>(),
            "positions": self.positions.json(self),
            "competing": self.found.competing.iter().map(|of| self.mirror(of)).collect::<Vec<_>>(),
        })
    }
}
