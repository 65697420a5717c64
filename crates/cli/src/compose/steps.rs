//! Steps of a trace: transfers in the order of the record, each with what it carries and what says so.

use super::Composer;
use crate::error::Error;
use crate::follow::Runs;
use moneytrail_model::trace::{Carried, Label, Placement, Step as Traced, StopReason, Trace};
use moneytrail_model::{
    AccountKey, Amount, Basis as LinkBasis, EventIdx, RuleId, TransferIdx, Watch,
};
use moneytrail_report::document::{
    Assumption, Basis, Cell, Citation, Inference, Link, Mark, Money, Phrase, Piece, PieceLabel,
    Role, SheetDirection, Span, Step, Stop, Unexplained, When,
};
use moneytrail_store::graph::Citation as EventCitation;
use std::collections::BTreeMap;

impl Composer<'_> {
    /// Steps of the listed trace, numbered through the report.
    pub(super) fn steps(&mut self, run: &Runs) -> Result<Vec<Step>, Error> {
        let listed = run.listed()?;
        let certain = certain(run);
        let mut numbers: BTreeMap<TransferIdx, u32> = BTreeMap::new();
        let mut steps = Vec::with_capacity(listed.steps.len());
        for traced in &listed.steps {
            self.watch.check()?;
            self.n_steps += 1;
            numbers.insert(traced.transfer, self.n_steps);
            let least = certain.get(&traced.transfer).copied();
            let step = self.step(traced, &numbers, &listed.spec.without, least)?;
            steps.push(step);
        }
        Ok(steps)
    }

    fn step(
        &mut self,
        traced: &Traced,
        numbers: &BTreeMap<TransferIdx, u32>,
        without: &[RuleId],
        certain: Option<u128>,
    ) -> Result<Step, Error> {
        let graph = &self.evidence.graph;
        let (transfer, asset) = (traced.transfer, graph.asset_of(traced.transfer));
        let event = graph.event_of(transfer);
        let total = graph
            .amount(transfer)
            .and_then(Amount::non_negative)
            .unwrap_or_else(|| traced.carried.total());
        let records: Vec<EventCitation> = graph.citations_of(transfer).collect();
        let mut evidence = Vec::with_capacity(records.len());
        for (position, &record) in records.iter().enumerate() {
            let mut citation = self.citation(Some(event), record)?;
            if let Some(claim) = (position > 0)
                .then(|| self.joined_by(records[0], record))
                .flatten()
            {
                let number = self.claim_number(claim);
                citation.as_read = Some(
                    Phrase::words("the same movement, if ")
                        .push(Span::Claim(format!("C{number}")))
                        .then(" holds"),
                );
            }
            evidence.push(citation);
        }
        let mut when = When::new(graph.time(event));
        if let Some(height) = evidence.iter().find_map(|citation| citation.height) {
            when = when.at_position(&format!("height {height}"));
        }
        let is_held = [graph.from(transfer), graph.to(transfer)]
            .into_iter()
            .any(|node| matches!(graph.account(node), Some(AccountKey::Custodial(..))));
        let (links, basis) = self.links(transfer, numbers, without)?;
        Ok(Step {
            number: self.n_steps,
            when,
            order_open: traced.order_open,
            transfer_kind: graph.kind(transfer).as_str().to_owned(),
            from: self.party(graph.from(transfer))?,
            to: self.party(graph.to(transfer))?,
            amount: self.money(asset, total)?,
            worth: self.worth(asset, graph.amount(transfer), graph.time(event), is_held),
            traced: self.money(asset, traced.carried.traced())?,
            certain: certain.map(|units| self.money(asset, units)).transpose()?,
            pieces: self.pieces(&traced.carried, asset)?,
            basis,
            evidence,
            stop: traced
                .stop
                .map(|reason| self.stop(reason, transfer))
                .transpose()?,
            links,
            note: graph
                .amount(transfer)
                .is_none()
                .then(|| Phrase::words("the record does not say how much")),
        })
    }

    fn pieces(
        &self,
        carried: &Carried,
        asset: moneytrail_model::AssetIdx,
    ) -> Result<Vec<Piece>, Error> {
        let mut pieces: Vec<(PieceLabel, u128)> = Vec::new();
        for &(label, units) in &carried.pieces {
            let label = match label {
                Label::Seed(_) => PieceLabel::Traced,
                Label::Clean => PieceLabel::Clean,
                Label::Unexplained => PieceLabel::Unexplained,
            };
            match pieces.last_mut() {
                Some(last) if last.0 == label => last.1 += units,
                _ => pieces.push((label, units)),
            }
        }
        pieces
            .into_iter()
            .map(|(label, units)| {
                Ok(Piece {
                    label,
                    amount: self.money(asset, units)?,
                })
            })
            .collect()
    }

    /// Links to earlier steps, and what the step rests on: an inference if one of them does.
    fn links(
        &mut self,
        transfer: TransferIdx,
        numbers: &BTreeMap<TransferIdx, u32>,
        without: &[RuleId],
    ) -> Result<(Vec<Link>, Basis), Error> {
        let graph = &self.evidence.graph;
        let mut links = Vec::new();
        let mut basis = Basis::FACT;
        for link in graph.links_spending(transfer) {
            let Some(&step) = numbers.get(&link.earlier) else {
                continue;
            };
            if matches!(link.basis, LinkBasis::Inference(rule) if without.contains(rule)) {
                continue;
            }
            let money =
                |amount: Amount, asset| self.money(asset, amount.non_negative().unwrap_or(0));
            let (from, to) = (graph.asset_of(link.earlier), graph.asset_of(link.later));
            let kind = match link.basis {
                LinkBasis::Inference(rule) if ["token-match", "manual"].contains(&rule.name) => {
                    "order"
                }
                LinkBasis::Inference(rule) if rule.name == "crypto-mirror" => "mirror",
                LinkBasis::Inference(_) => "movement",
                _ if from != to => "exchange",
                _ if graph.event_kind(graph.event_of(transfer)).has_junction() => "outpoint",
                _ => "same line",
            };
            links.push(Link {
                step,
                kind: kind.to_owned(),
                consumed: money(link.consumed, from)?,
                paid: money(link.paid, to)?,
            });
            match link.basis {
                LinkBasis::Fact => {}
                LinkBasis::Inference(rule) => {
                    let rule = rule.to_string();
                    basis =
                        Basis::Inference(match self.claim_of(&rule, link.earlier, link.later) {
                            Some(note) => {
                                let number = self.claim_number(note);
                                let parameters =
                                    self.evidence.notes.claims[note].parameters.clone();
                                Self::inference_of(&rule, &parameters, number)
                            }
                            // A rule within one book has no claim of its own, and is no fact for that.
                            None => Inference {
                                parameters: within_one_book(&rule).to_owned(),
                                rule,
                                confidence_permille: None,
                                claim: None,
                            },
                        });
                }
                LinkBasis::Assumption(what) => {
                    if basis == Basis::FACT {
                        basis = Basis::Assumption(Assumption {
                            what: Phrase::default().evidence(what),
                            chosen_by: None,
                        });
                    }
                }
            }
        }
        Ok((links, basis))
    }

    /// The claim that two records describe one movement.
    fn joined_by(&self, first: EventCitation, other: EventCitation) -> Option<usize> {
        let record = |citation: EventCitation| (citation.exhibit, citation.event_row);
        let claims = self.claims_by_record.get(&record(other))?;
        let fits = |&&position: &&usize| {
            self.evidence.notes.claims[position]
                .records
                .contains(&record(first))
        };
        claims.iter().find(fits).copied()
    }

    /// The number of a claim in this report, given in the order in which claims are met.
    fn claim_number(&mut self, claim: usize) -> usize {
        let next = self.claims.len() + 1;
        *self.claims.entry(claim).or_insert(next)
    }

    /// The claim by this rule whose records describe the events of both ends.
    fn claim_of(&self, rule: &str, earlier: TransferIdx, later: TransferIdx) -> Option<usize> {
        let graph = &self.evidence.graph;
        let cites = |transfer: TransferIdx, record: &(u32, u32)| {
            let mut citations = graph.citations(graph.event_of(transfer));
            citations.any(|citation| (citation.exhibit, citation.event_row) == *record)
        };
        let named = graph.citations(graph.event_of(earlier));
        let named = named.filter_map(|record| {
            self.claims_by_record
                .get(&(record.exhibit, record.event_row))
        });
        let fits = |&position: &usize| {
            let claim = &self.evidence.notes.claims[position];
            claim.rule == rule && claim.records.iter().any(|record| cites(later, record))
        };
        named.flatten().copied().filter(fits).min()
    }

    fn stop(&mut self, reason: StopReason, transfer: TransferIdx) -> Result<Stop, Error> {
        let graph = &self.evidence.graph;
        let note = match reason {
            StopReason::Service => self.parties.tag_of(graph.to(transfer)).map(|tag| {
                Phrase::words("tagged ")
                    .evidence(&tag.label)
                    .then(", ")
                    .evidence(&tag.category)
                    .then(", by ")
                    .evidence(&tag.source)
            }),
            StopReason::Coinjoin => {
                let event = graph.event_of(transfer);
                let rule = self.evidence.known()?.coinjoin_rule(event);
                let outputs = graph
                    .transfers_of(event)
                    .filter(|&t| graph.kind(t) == moneytrail_model::TransferKind::Output);
                let by = rule.map(|rule| rule.to_string()).unwrap_or_default();
                let measured = rule.map(super::measured).filter(|text| !text.is_empty());
                Some(Phrase::words(&format!(
                    "{} candidate outputs, by {by}, {}",
                    outputs.count(),
                    measured.unwrap_or_else(|| "error rate not measured".to_owned())
                )))
            }
            StopReason::Hops | StopReason::Floor | StopReason::Time | StopReason::Busy => None,
        };
        Ok(Stop {
            rule: reason.into(),
            note,
        })
    }

    pub(crate) fn citation(
        &mut self,
        event: Option<EventIdx>,
        citation: EventCitation,
    ) -> Result<Citation, Error> {
        let cited = self.records.cited(event, citation)?;
        let filled = cited.cells.iter().filter(|cell| !cell.text.is_empty());
        let cells = filled.map(|cited| {
            let mut cell = Cell::new(cited.column, &cited.text);
            if let Some(header) = &cited.header {
                cell = cell.headed(header);
            }
            if cited.is_personal && !self.is_disclosed {
                cell.masked(Role::Unknown)
            } else {
                cell
            }
        });
        Ok(Citation {
            exhibit: format!("X{}", cited.exhibit),
            locator: cited.locator.to_string(),
            txid: cited.txid,
            height: cited.height.map(u64::from),
            position: match (cited.tx_index, cited.second_row) {
                (Some(index), _) => Some(format!("index {index}")),
                (None, Some(row)) => Some(format!("with row {row}")),
                (None, None) => None,
            },
            cells: cells.collect(),
            direction: if cited.right_to_left {
                SheetDirection::Rtl
            } else {
                SheetDirection::Ltr
            },
            as_read: None,
            alternatives: Vec::new(),
        })
    }

    pub(super) fn unexplained(&mut self, trace: &Trace) -> Result<Vec<Unexplained>, Error> {
        let lines = trace.unexplained.iter();
        lines
            .map(|&(node, asset, units)| {
                Ok(Unexplained {
                    party: self.party(node)?,
                    amount: self.money(asset, units)?,
                })
            })
            .collect()
    }

    pub(super) fn marked(&mut self, trace: &Trace) -> Result<Vec<Mark>, Error> {
        let lines = trace.marked.iter();
        lines
            .map(|&(node, asset, marked, pool)| {
                let (marked, pool): (Money, Money) =
                    (self.money(asset, marked)?, self.money(asset, pool)?);
                Ok(Mark {
                    party: self.party(node)?,
                    marked,
                    pool,
                })
            })
            .collect()
    }
}

/// The least traced part of each transfer over all policies with amounts and both placements; empty
/// if there was only one policy, because then nothing is known to agree.
fn certain(run: &Runs) -> BTreeMap<TransferIdx, u128> {
    let with_amounts: Vec<&Trace> = run
        .traces
        .iter()
        .filter(|trace| trace.spec.policy.has_amounts())
        .collect();
    let n_policies = with_amounts
        .iter()
        .filter(|trace| trace.spec.placement == Placement::Latest)
        .count();
    if n_policies < 2 {
        return BTreeMap::new();
    }
    let mut least: BTreeMap<TransferIdx, (u128, usize)> = BTreeMap::new();
    for trace in &with_amounts {
        for step in &trace.steps {
            let traced = step.carried.traced();
            let entry = least.entry(step.transfer).or_insert((traced, 0));
            entry.0 = entry.0.min(traced);
            entry.1 += 1;
        }
    }
    let all = with_amounts.len();
    least
        .into_iter()
        .map(|(transfer, (units, seen))| (transfer, if seen == all { units } else { 0 }))
        .collect()
}

/// What a rule that joins rows of one exhibit says of them.
fn within_one_book(rule: &str) -> &'static str {
    match rule.split('@').next() {
        Some("exchange-pair") => {
            "one asset out and one in, in neighbouring rows of a book or in the same second of an export: the two rows are one exchange"
        }
        Some("escrow-code") => "the release has the code of the one open deposit of the book",
        _ => "",
    }
}
