//! What the answer assumes, what was cut off, what is unexplained, and what to ask for next.

use super::Composer;
use crate::commands::counted;
use crate::error::Error;
use crate::follow::Runs;
use moneytrail_model::trace::{EndKind, Placement, Policy, StopReason, Trace};
use moneytrail_model::{Amount, AssetIdx, NodeIdx, TransferKind};
use moneytrail_report::document::{
    Assumption, Coverage, CutOff, Limits, Phrase, TraceView, Unjoined,
};
use moneytrail_store::decision::CRYPTO_MIRROR;
use std::collections::{BTreeMap, BTreeSet};

/// Whether the order of a transaction's outputs decides.
const fn is_by_output_order(policy: Policy) -> bool {
    use Policy::{Fifo, Libr, Lifo, TracedFirst};
    matches!(policy, Fifo | Lifo | Libr | TracedFirst)
}

impl Composer<'_> {
    pub(super) fn limits(&mut self, runs: &[Runs], views: &[TraceView]) -> Result<Limits, Error> {
        let mut limits = Limits {
            assumptions: self.assumptions(runs, views)?,
            ..Limits::default()
        };
        for run in runs {
            let listed = run.listed()?;
            for reason in StopReason::ALL {
                let mut cut: BTreeMap<AssetIdx, u128> = BTreeMap::new();
                for end in listed
                    .ends
                    .iter()
                    .filter(|end| end.kind == EndKind::CutOff(reason))
                {
                    *cut.entry(end.asset).or_default() += end.amount;
                }
                for (asset, units) in cut {
                    limits.cut_off.push(CutOff {
                        rule: reason.into(),
                        note: None,
                        layer: run.layer.into(),
                        amount: self.money(asset, units)?,
                    });
                }
            }
            limits.coverage.extend(self.coverage(run)?);
            limits.ask_next.extend(self.ask_next(run)?);
        }
        let remarks = &self.evidence.notes.remarks;
        limits.contradictions = remarks
            .iter()
            .map(|remark| Phrase::default().evidence(remark))
            .collect();
        let unjoined = self.evidence.notes.unmatched_transactions.iter();
        limits.unjoined = unjoined
            .map(|row| Unjoined {
                exhibit: format!("X{}", row.exhibit),
                locator: row.locator.clone(),
                txid: row.txid.clone(),
                why: row.why.words().to_owned(),
            })
            .collect();
        Ok(limits)
    }

    /// What a trace does at rows of books that people accepted to be transfers of a chain; nothing if there are none.
    fn mirrors(&self, run: &Runs) -> Result<Option<String>, Error> {
        let n_mirrors = self.evidence.accepted_mirrors()?.len();
        let what = if run.listed()?.spec.without.contains(&CRYPTO_MIRROR) {
            "followed apart: coins go where the chain says, whatever the books say of them"
        } else {
            "crossed: a row of a book and the transfer that it was accepted to be pass money on, as an inference"
        };
        let mirrors = counted(n_mirrors as u64, "accepted mirrors");
        let said = format!("{mirrors}: {what}, on the {} layer", run.layer);
        Ok((n_mirrors > 0).then_some(said))
    }

    /// What is taken not to exist.
    fn as_if(&self) -> Option<Phrase> {
        let left_out = self.evidence.left_out();
        let names = left_out.names().join(", ");
        (!left_out.is_nothing())
            .then(|| Phrase::words(&format!("as if these did not exist: {names}")))
    }

    fn assumptions(&self, runs: &[Runs], views: &[TraceView]) -> Result<Vec<Assumption>, Error> {
        let mut assumptions = Vec::new();
        let mut assume = |what: Phrase, by: Option<&str>| {
            let assumption = Assumption {
                what,
                chosen_by: by.map(str::to_owned),
            };
            if !assumptions.contains(&assumption) {
                assumptions.push(assumption);
            }
        };
        for (run, view) in runs.iter().zip(views) {
            let policies = run
                .policies
                .iter()
                .map(|policy| policy.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            assume(
                Phrase::words(&format!("policies: {policies}, on the {} layer", run.layer)),
                Some("--policy, --layer"),
            );
            assume(
                Phrase::words(&format!("stop rules: {}", run.stops.written)),
                Some("--stop"),
            );
            if let Some(what) = self.as_if() {
                assume(what, Some("--without"));
            }
            if view
                .steps
                .iter()
                .any(|step| step.transfer_kind == TransferKind::Output.as_str())
                && run
                    .policies
                    .iter()
                    .any(|&policy| is_by_output_order(policy))
            {
                let what = "the order of a transaction's outputs decides under fifo, lifo, libr and traced-first; it has no legal meaning, and wallets choose it at random";
                assume(Phrase::words(what), None);
            }
            if let Some(what) = self.mirrors(run)? {
                assume(Phrase::words(&what), Some("--mirrors"));
            }
            if run.policies.contains(&Policy::Tiho) {
                let what = "tiho fills the largest outputs of a transaction with traced money; at accounts it is fifo";
                assume(Phrase::words(what), None);
            }
            if run.traces.iter().any(|trace| trace.is_rounded_once) {
                let what = "haircut to the sources: so many origins meet that each one's share is carried as a fraction and rounded once, at the target; rounded at each draw, a figure may be another by less than one smallest unit for each draw, times the rates of conversions behind it";
                assume(Phrase::words(what), None);
            }
            let change = |trace: &Trace| {
                let steps = trace.steps.iter().map(|step| step.transfer);
                steps
                    .filter(|step| trace.spec.change.binary_search(step).is_ok())
                    .count()
            };
            if let Some(libr) = run.of(Policy::Libr, Placement::Latest)
                && change(libr) > 0
            {
                let what = format!(
                    "libr serves payees before {} outputs that a person accepted to be change: its figures rest on that",
                    change(libr)
                );
                assume(Phrase::words(&what), Some("entities --accept"));
            }
            if view.steps.iter().any(|step| step.worth.is_some()) {
                let what = format!(
                    "worth in {}: at the rate of the day of the transfer in UTC, or the last one of up to {} days before; rounded to the nearest smallest unit, half away from zero; no rate is derived from others",
                    self.evidence.case.info().base_currency,
                    run.rate_days
                );
                assume(Phrase::words(&what), Some("--rate-days"));
            }
            if view.steps.iter().any(|step| step.order_open) {
                let steps = view.steps.iter().filter(|step| step.order_open).count();
                assume(
                    Phrase::words(&format!(
                        "{steps} steps of the {} layer stand in an order that the record leaves open",
                        run.layer
                    )),
                    None,
                );
            }
        }
        for exhibit in self.evidence.case.exhibits()? {
            for said in &self
                .evidence
                .case
                .segment(exhibit.number)?
                .summary()
                .assumptions
            {
                assume(
                    Phrase::words(&format!("X{}: ", exhibit.number)).evidence(said),
                    Some("reading"),
                );
            }
        }
        Ok(assumptions)
    }

    /// Accounts that passed traced money on: how much of what came in was read from an exhibit.
    fn coverage(&mut self, run: &Runs) -> Result<Vec<Coverage>, Error> {
        let graph = &self.evidence.graph;
        let listed = run.listed()?;
        let mut passed: BTreeSet<(NodeIdx, AssetIdx)> = BTreeSet::new();
        for step in &listed.steps {
            let node = graph.from(step.transfer);
            if !graph.is_junction(node) && !graph.is_boundary(node) {
                passed.insert((node, graph.asset_of(step.transfer)));
            }
        }
        let unseen = listed.unexplained.iter();
        let unseen: BTreeMap<(NodeIdx, AssetIdx), u128> =
            unseen.map(|line| ((line.0, line.1), line.2)).collect();
        let mut lines = Vec::new();
        for (node, asset) in passed {
            let (mut read, mut assumed) = (0_u128, 0_u128);
            for transfer in graph.transfers_in(node) {
                let units = graph
                    .amount(transfer)
                    .and_then(Amount::non_negative)
                    .unwrap_or(0);
                if graph.asset_of(transfer) != asset || !graph.in_layer(transfer, run.layer) {
                    continue;
                }
                if graph.kind(transfer) == TransferKind::Opening {
                    assumed += units;
                } else {
                    read += units;
                }
            }
            let unexplained = unseen.get(&(node, asset)).copied().unwrap_or(0);
            // A seed that paid out what nobody saw come in says nothing about coverage.
            if read + assumed + unexplained > 0 {
                lines.push(Coverage {
                    party: self.party(node)?,
                    came_in: self.money(asset, read + assumed + unexplained)?,
                    read: self.money(asset, read)?,
                    assumed: self.money(asset, assumed)?,
                    unexplained: self.money(asset, unexplained)?,
                    note: (assumed > 0)
                        .then(|| Phrase::words("assumed: an opening balance that the book states")),
                });
            }
        }
        Ok(lines)
    }

    /// Largest amounts first: what a service knows of deposits, and where unseen money came from.
    fn ask_next(&mut self, run: &Runs) -> Result<Vec<Phrase>, Error> {
        let Some(listed) = run.of(run.policies[0], Placement::Latest) else {
            return Ok(Vec::new());
        };
        let services = listed
            .ends
            .iter()
            .filter(|end| end.kind == EndKind::CutOff(StopReason::Service));
        let services = services.map(|end| (end.amount, end.node, end.asset, true));
        let unseen = listed
            .unexplained
            .iter()
            .map(|&(node, asset, units)| (units, node, asset, false));
        let mut asked: Vec<_> = services.chain(unseen).collect();
        asked.sort_by_key(|&(units, node, asset, _)| (std::cmp::Reverse(units), node, asset));
        asked.dedup_by_key(|&mut (_, node, asset, service)| (node, asset, service));
        asked
            .into_iter()
            .map(|(units, node, asset, is_service)| {
                let (amount, party) = (self.money(asset, units)?, self.party(node)?);
                Ok(if is_service {
                    Phrase::words("Whose account was credited at ")
                        .party(&party)
                        .then(", and what became of ")
                        .amount(&amount)
                        .then(".")
                } else {
                    Phrase::words("Where ")
                        .amount(&amount)
                        .then(" that ")
                        .party(&party)
                        .then(" paid out came from.")
                })
            })
            .collect()
    }
}
