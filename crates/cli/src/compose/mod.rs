//! From traces to the document of a report: every amount with its asset, every step with its records.
//!
//! Laws. Nothing stands in a document that no record, claim or option stands behind. Numbers of
//! steps, claims and persons follow from the order of the record. A customer of a book is masked
//! unless a purpose was stated: nobody has said that he is a suspect.

mod answer;
mod bounds;
mod limits;
mod otherwise;
mod parties;
mod steps;
pub(crate) mod worth;

pub(crate) use answer::places;

use crate::cite::{Records, kept};
use crate::commands::PROGRAM;
use crate::error::Error;
use crate::follow::{Evidence, PARI_PASSU, Runs};
use crate::progress::{Bar, Total};
use crate::shell::Shell;
use moneytrail_analysis::entity::coinjoin::cleared;
use moneytrail_analysis::entity::{MULTI_INPUT, Why, WhyStep, rates, why_within};
use moneytrail_model::tag::Tag;
use moneytrail_model::trace::{Direction, Seed};
use moneytrail_model::{AccountKey, AssetIdx, EventIdx, NodeIdx, RecordBin, RuleId, TransferIdx};
use moneytrail_report::document::{
    AssetRef, Balance, Basis, ChainLink, ClaimView, Disclosure, Document, Entity, EntityAccount,
    Exhibit, Head, Inference, Money, Party, People, Phrase, RecordNote, Repeat, SCHEMA, TraceView,
    When,
};
use moneytrail_store::graph::{Graph, TransferList, read_ahead};
use parties::Parties;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Transfers and transactions that are read to say why accounts of one report are together; what needs
/// more is left to `entities --why`, because it would keep the answer waiting.
const N_WHY_READS_MAX: usize = 1000;

/// Fills documents from one case.
pub(crate) struct Composer<'a> {
    evidence: &'a Evidence,
    records: Records<'a>,
    parties: Parties<'a>,
    /// Claims that the report uses: position in the notes → number.
    claims: BTreeMap<usize, usize>,
    /// Claims that name a record: exhibit and row of its events → positions in the notes.
    claims_by_record: BTreeMap<(u32, u32), Vec<usize>>,
    n_steps: u32,
    /// How many days before a transfer a rate may be.
    rate_days: u16,
    /// Whether a purpose was stated, so that masked names may be read.
    is_disclosed: bool,
    bounds: Bounds,
    /// Asked between steps and end points.
    watch: Bar,
}

/// Whether the policy-free bounds of end points are wanted: they cost more than a trace of one policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bounds {
    Wanted,
    /// Only where several policies stand side by side.
    BesideSeveral,
}

/// How well a rule did where that was measured, as a report says it.
fn measured(rule: RuleId) -> String {
    rates::precision(rule)
        .map(rates::Rate::sentence)
        .unwrap_or_default()
}

/// The document of one question, with a trace for each layer.
pub(crate) fn document(
    evidence: &Evidence,
    runs: &[Runs],
    commands: Vec<String>,
    bounds: Bounds,
    shell: &Shell,
) -> Result<Document, Error> {
    let rate_days = runs.first().map_or(0, |run| run.rate_days);
    let mut composer = Composer::new(evidence, rate_days, shell);
    composer.bounds = bounds;
    let mut traces = Vec::new();
    let mut answers = Vec::new();
    let listed = runs
        .iter()
        .map(Runs::listed)
        .collect::<Result<Vec<_>, _>>()?;
    let steps = listed.iter().flat_map(|trace| &trace.steps);
    let transfers: Vec<TransferIdx> = steps.map(|step| step.transfer).collect();
    let (graph, known) = (&evidence.graph, evidence.known()?);
    read_ahead(&transfers, |&transfer| {
        let event = graph.event_of(transfer);
        let ends = [graph.from(transfer), graph.to(transfer)];
        let keys = ends.map(|end| graph.key_bytes(end).and_then(<[u8]>::first));
        let entities = ends.map(|end| known.entity_of(end));
        let records = graph.citations_of(transfer).count();
        (
            keys,
            entities,
            records,
            graph.txid(event),
            graph.time(event),
        )
    });
    let events = transfers.iter().map(|&transfer| graph.event_of(transfer));
    composer.records.fetch(events)?;
    for run in runs {
        let view = composer.view(run)?;
        answers.extend(composer.answers(run, &view)?);
        traces.push(view);
    }
    let limits = composer.limits(runs, &traces)?;
    let question = composer.question(runs)?;
    let nothing = composer.nothing(runs)?;
    let people = composer.people()?;
    let info = evidence.case.info();
    let last = evidence.known()?.last_event();
    let last = last.map(|event| evidence.graph.time(event));
    Ok(Document {
        schema: SCHEMA.to_owned(),
        head: Head {
            case_id: info.id.clone(),
            case_name: info.title.clone(),
            notice: info.notice.as_deref().map(Phrase::words),
            question,
            seeds: runs
                .first()
                .map(|run| run.written.clone())
                .unwrap_or_default(),
            answers,
            nothing,
            evidence_until: last.map(When::new),
        },
        traces,
        people,
        findings: None,
        books: None,
        limits,
        exhibits: exhibits(evidence, shell.is_disclosed())?,
        repeat: repeat(evidence, runs, commands, composer.claims.keys().copied())?,
        disclosure: shell
            .purpose()
            .zip(shell.operator())
            .map(|(purpose, operator)| Disclosure {
                operator: operator.to_owned(),
                purpose: purpose.to_owned(),
            }),
    })
}

impl<'a> Composer<'a> {
    /// One that has met nobody yet.
    pub(crate) fn new(evidence: &'a Evidence, rate_days: u16, shell: &Shell) -> Self {
        let mut claims_by_record: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
        for (position, claim) in evidence.notes.claims.iter().enumerate() {
            for &record in &claim.records {
                claims_by_record.entry(record).or_default().push(position);
            }
        }
        Self {
            evidence,
            records: Records::new(&evidence.case, &evidence.graph),
            parties: Parties::new(&evidence.graph, &evidence.tags),
            claims: BTreeMap::new(),
            claims_by_record,
            n_steps: 0,
            rate_days,
            is_disclosed: shell.is_disclosed(),
            bounds: Bounds::BesideSeveral,
            watch: shell.work("write it down", Total::Unknown),
        }
    }

    /// Whether masked names may be read.
    pub(crate) const fn is_disclosed(&self) -> bool {
        self.is_disclosed
    }

    /// Reads what stands behind these events, all at once.
    pub(crate) fn fetch(
        &mut self,
        events: impl IntoIterator<Item = EventIdx>,
    ) -> Result<(), Error> {
        self.records.fetch(events)
    }

    /// The most trusted tag of an account.
    pub(crate) fn tag_of(&self, node: NodeIdx) -> Option<&'a Tag> {
        self.parties.tag_of(node)
    }

    /// A node as a line of a terminal names it: an address in full, with what a tag calls it; a masked person by number.
    pub(crate) fn shown(&mut self, node: NodeIdx) -> Result<String, Error> {
        let mut party = self.party(node)?;
        if !self.is_disclosed {
            party = party.masked();
        }
        let is_address = !matches!(
            self.evidence.graph.account(node),
            None | Some(
                AccountKey::Customer(..)
                    | AccountKey::Hawaladar(..)
                    | AccountKey::Listed(_)
                    | AccountKey::Custodial(..)
                    | AccountKey::Issuance(_)
                    | AccountKey::Fees(_)
            )
        );
        Ok(match self.tag_of(node) {
            Some(tag) if is_address => format!("{} ({})", party.account, tag.label),
            None if is_address => party.account,
            _ => party.plain(),
        })
    }
}

impl Composer<'_> {
    fn asset(&self, asset: AssetIdx) -> AssetRef {
        let asset = self.evidence.graph.asset(asset);
        AssetRef::new(&asset.key().to_string(), asset.symbol(), asset.decimals())
    }

    pub(crate) fn money(&self, asset: AssetIdx, units: u128) -> Result<Money, Error> {
        let amount = i128::try_from(units)
            .ok()
            .and_then(|units| moneytrail_model::Amount::new(units).ok());
        let amount =
            amount.ok_or_else(|| Error::internal("a sum of a trace is beyond 38 digits"))?;
        Ok(self.asset(asset).amount(amount))
    }

    fn view(&mut self, run: &Runs) -> Result<TraceView, Error> {
        let listed = run.listed()?;
        let steps = self.steps(run)?;
        let ends = self.ends(listed)?;
        let end_points = self.end_points(run)?;
        let otherwise = self.otherwise(run)?;
        let mut balance = Vec::new();
        for line in &listed.balance {
            let of = |units| self.money(line.asset, units);
            balance.push(Balance {
                seeded: of(line.seeded)?,
                arrived: of(line.arrived)?,
                resting: of(line.resting)?,
                fees: of(line.fees)?,
                burned: of(line.burned)?,
                returned: of(line.returned)?,
                taken_over: of(line.taken_over)?,
                cut_off: of(line.cut_off)?,
                converted: of(line.converted)?,
                reached: of(line.reached)?,
                elsewhere: of(line.elsewhere)?,
            });
        }
        let balance = merged_by_asset(balance)?;
        let n_balances_checked: usize = run.traces.iter().map(|trace| trace.balance.len()).sum();
        let unexplained = self.unexplained(listed)?;
        let marked = self.marked(listed)?;
        let links_decide = steps.iter().skip(1).all(|step| !step.links.is_empty());
        Ok(TraceView {
            layer: run.layer.into(),
            direction: run.direction.into(),
            policies: run
                .policies
                .iter()
                .map(|policy| policy.as_str())
                .chain(run.shares.as_ref().map(|_| PARI_PASSU))
                .map(str::to_owned)
                .collect(),
            policy: listed.spec.policy.as_str().to_owned(),
            placement: listed.spec.placement.as_str().to_owned(),
            links_decide,
            steps,
            ends,
            end_points,
            otherwise,
            balance,
            n_balances_checked: u32::try_from(n_balances_checked).unwrap_or(u32::MAX),
            unexplained,
            marked,
        })
    }

    fn question(&mut self, runs: &[Runs]) -> Result<Phrase, Error> {
        let Some(run) = runs.first() else {
            return Ok(Phrase::default());
        };
        let (asked, end) = match run.direction {
            Direction::Forward => ("Where did ", " go?"),
            Direction::Sources => ("Where did ", " come from?"),
        };
        let mut phrase = Phrase::words(asked);
        let graph = &self.evidence.graph;
        match &run.seeds[..] {
            [Seed::Transfer(transfer)] => {
                let units = graph
                    .amount(*transfer)
                    .and_then(moneytrail_model::Amount::non_negative);
                if let Some(units) = units {
                    phrase = phrase
                        .then("the ")
                        .amount(&self.money(graph.asset_of(*transfer), units)?);
                } else {
                    phrase = phrase.then("the unknown amount");
                }
                phrase = phrase.then(" of ").code(&run.written.join(", "));
            }
            [Seed::Account(node)] => {
                let what = if run.direction == Direction::Forward {
                    "what left "
                } else {
                    "what arrived at "
                };
                let party = self.party(*node)?;
                phrase = phrase.then(what).party(&party);
            }
            seeds => {
                let are_accounts = seeds.iter().all(|seed| matches!(seed, Seed::Account(_)));
                let what = match (are_accounts, run.direction) {
                    (true, Direction::Forward) => "what left the {} accounts of ",
                    (true, Direction::Sources) => "what arrived at the {} accounts of ",
                    (false, _) => "the money of {} seeds in ",
                };
                phrase = phrase
                    .then(&what.replace("{}", &seeds.len().to_string()))
                    .code(&run.written.join(", "));
            }
        }
        Ok(phrase.then(end))
    }

    /// Why nothing could be followed, if nothing could: silence would be taken for an answer.
    fn nothing(&mut self, runs: &[Runs]) -> Result<Option<Phrase>, Error> {
        let Some(run) = runs.first() else {
            return Ok(None);
        };
        for run in runs {
            if !run.listed()?.steps.is_empty() {
                return Ok(None);
            }
        }
        let graph = &self.evidence.graph;
        let accounts: Vec<NodeIdx> = run
            .seeds
            .iter()
            .filter_map(|seed| match seed {
                Seed::Account(node) => Some(*node),
                Seed::Transfer(_) => None,
            })
            .collect();
        let n_of = |list: fn(&Graph, NodeIdx) -> TransferList<'_>| {
            let all = accounts.iter().flat_map(|&node| list(graph, node).iter());
            all.filter(|&transfer| graph.in_layer(transfer, run.layer))
                .count()
        };
        let (n_in, n_out) = (n_of(Graph::transfers_in), n_of(Graph::transfers_out));
        let (n_this, this, n_that, that) = match run.direction {
            Direction::Forward => (n_out, "leaves", n_in, "arrive"),
            Direction::Sources => (n_in, "arrives at", n_out, "leave"),
        };
        let who = |composer: &mut Self| -> Result<Phrase, Error> {
            Ok(match accounts[..] {
                [node] => Phrase::default().party(&composer.party(node)?),
                _ => Phrase::words("these accounts"),
            })
        };
        let layer = run.layer.as_str();
        let phrase = if accounts.len() == run.seeds.len() && n_this == 0 {
            Phrase::words(&format!("Nothing to follow: no transfer {this} "))
                .join(&who(self)?)
                .then(&format!(
                    " on the {layer} layer within this evidence; transfers that {that}: {n_that}."
                ))
        } else {
            Phrase::words(&format!(
                "Nothing to follow on the {layer} layer: none of the transfers that were asked for is within the times that were asked for."
            ))
        };
        Ok(Some(phrase))
    }

    /// A node as the report names it.
    fn party(&mut self, node: NodeIdx) -> Result<Party, Error> {
        let (graph, records) = (&self.evidence.graph, &mut self.records);
        self.parties.party(node, || {
            let event = graph.junction_event(node);
            let citation = event.and_then(|event| graph.citations(event).next());
            let Some(cited) = citation
                .map(|citation| records.cited(event, citation))
                .transpose()?
            else {
                return Ok(("transaction".to_owned(), String::new()));
            };
            let name = match (cited.height, cited.tx_index) {
                (Some(height), Some(index)) => format!("transaction {height}:{index}"),
                _ => "transaction".to_owned(),
            };
            Ok((name, cited.txid.unwrap_or_default()))
        })
    }

    /// Owners of the accounts of the report, and the claims that steps rest on.
    fn people(&mut self) -> Result<People, Error> {
        Ok(People {
            entities: self.entities()?,
            claims: self.claims()?,
            held_back: self.held_back()?,
        })
    }

    /// Accounts that co-spending joins stand together, with the chain of transactions that joins
    /// them; the others each for itself.
    fn entities(&mut self) -> Result<Vec<Entity>, Error> {
        let graph = &self.evidence.graph;
        let known = self.evidence.known()?;
        let options = self.evidence.entity_options()?.clone();
        let options = options.holding(known.held_events());
        // In the order in which the report meets their first accounts.
        let mut groups: Vec<Vec<(NodeIdx, Party)>> = Vec::new();
        let mut positions: BTreeMap<NodeIdx, usize> = BTreeMap::new();
        for (node, party) in self.parties.accounts_met() {
            let position = *positions
                .entry(known.entity_of(node))
                .or_insert(groups.len());
            if position == groups.len() {
                groups.push(Vec::new());
            }
            groups[position].push((node, party));
        }
        let mut listed = Vec::new();
        let mut n_reads_left = N_WHY_READS_MAX;
        for members in groups {
            let mut chain = Vec::new();
            let others: Vec<NodeIdx> = members[1..].iter().map(|member| member.0).collect();
            let whys = why_within(graph, &options, members[0].0, &others, &mut n_reads_left);
            let n_unsearched = whys.iter().filter(|why| **why == Why::Unsearched).count();
            let steps = whys.into_iter().filter_map(|why| match why {
                Why::Chain(steps) => Some(steps),
                Why::Apart | Why::Unsearched => None,
            });
            let steps: Vec<WhyStep> = steps.flatten().collect();
            let note = known.size_of(members[0].0).map(|(n_accounts, n_co_spends)| {
                let says = Phrase::words(&format!(
                    "Its entity has {n_accounts} accounts in this case. Claims that hold it together: {MULTI_INPUT}, {n_co_spends}"
                ));
                match n_unsearched {
                    0 => says,
                    n => says.then(&format!(
                        ". For {n} of the accounts here the chain was not searched, because all searches of a report read {N_WHY_READS_MAX} transfers at most: `moneytrail entities --why` searches to the end"
                    )),
                }
            });
            self.records.fetch(steps.iter().map(|step| step.event))?;
            for step in steps {
                chain.push(self.co_spend(&step)?);
            }
            let accounts = members.iter().map(|(node, party)| EntityAccount {
                party: party.clone(),
                exhibit: None,
                // A person's name must not stand where masking does not look.
                note: party
                    .role
                    .is_none()
                    .then(|| match self.parties.tag_of(*node) {
                        // A name that no exhibit gives must say who gives it.
                        Some(tag) => format!(
                            "{}, named by a tag: {}",
                            party.account,
                            if tag.source.is_empty() {
                                "no source stated"
                            } else {
                                &*tag.source
                            }
                        ),
                        None => party.account.clone(),
                    }),
            });
            listed.push(Entity {
                party: members[0].1.clone(),
                accounts: accounts.collect(),
                chain,
                without: None,
                note,
            });
        }
        Ok(listed)
    }

    /// Of the entities that the report meets: transactions that would join accounts of different actors, until
    /// somebody decides, and what somebody decided.
    fn held_back(&mut self) -> Result<Vec<Phrase>, Error> {
        let graph = &self.evidence.graph;
        let known = self.evidence.known()?;
        let options = self.evidence.entity_options()?;
        let accounts = self.parties.accounts_met().into_iter();
        let met: BTreeSet<NodeIdx> = accounts.map(|(node, _)| known.entity_of(node)).collect();
        let is_met = |event: &EventIdx| {
            let inputs = graph.junction_of(*event).map(|at| graph.transfers_in(at));
            let mut inputs = inputs.into_iter().flatten();
            inputs.any(|input| met.contains(&known.entity_of(graph.from(input))))
        };
        let decided = |list: &[(&str, EventIdx)]| -> Vec<EventIdx> {
            let on_rule = list.iter().filter(|of| of.0 == MULTI_INPUT.name);
            on_rule.map(|of| of.1).filter(is_met).collect()
        };
        let lists = [
            (
                known.held_events().filter(is_met).collect(),
                " are of accounts that tags give to different owners.",
            ),
            (
                decided(&options.accepted),
                " are of one owner, as a person decided; the reason is in the audit log.",
            ),
            (
                decided(&options.rejected),
                " are not joined, as a person decided; the reason is in the audit log.",
            ),
        ];
        let mut held = Vec::new();
        for (events, says) in lists {
            let events: Vec<EventIdx> = events;
            self.records.fetch(events.iter().copied())?;
            for event in events {
                let name = crate::said::named(&mut self.records, graph, event)?;
                held.push(Phrase::words("inputs of ").code(&name).then(says));
            }
        }
        Ok(held)
    }

    fn co_spend(&mut self, step: &WhyStep) -> Result<ChainLink, Error> {
        let (a, b) = (self.party(step.a)?, self.party(step.b)?);
        let options = self.evidence.entity_options()?;
        let despite = cleared(&self.evidence.graph, step.event, options);
        let citation = self.evidence.graph.citations(step.event).next();
        let txid = citation
            .map(|citation| self.records.cited(Some(step.event), citation))
            .transpose()?
            .and_then(|cited| cited.txid);
        Ok(ChainLink {
            basis: Basis::Inference(Inference {
                rule: step.rule.to_string(),
                confidence_permille: rates::precision(step.rule).map(|rate| rate.permille),
                parameters: measured(step.rule),
                claim: None,
            }),
            says: Phrase::default()
                .party(&a)
                .then(" and ")
                .party(&b)
                .then(" spent together in ")
                .code(&txid.unwrap_or_default())
                .then(
                    &despite
                        .as_ref()
                        .map(crate::said::despite)
                        .unwrap_or_default(),
                ),
        })
    }

    fn claims(&mut self) -> Result<Vec<ClaimView>, Error> {
        let mut numbered: Vec<(usize, usize)> = self
            .claims
            .iter()
            .map(|(&note, &number)| (number, note))
            .collect();
        numbered.sort_unstable();
        let mut claims = Vec::new();
        for (number, note) in numbered {
            let note = &self.evidence.notes.claims[note];
            let mut evidence = Vec::new();
            for &(exhibit, event_row) in &note.records {
                let citation = moneytrail_store::graph::Citation { exhibit, event_row };
                evidence.push(self.citation(None, citation)?);
            }
            claims.push(ClaimView {
                id: format!("C{number}"),
                inference: Self::inference_of(&note.rule, &note.parameters, number),
                says: Phrase::default().evidence(&note.statement),
                evidence,
                why: None,
            });
        }
        Ok(claims)
    }

    fn inference_of(rule: &str, parameters: &str, claim: usize) -> Inference {
        Inference {
            rule: rule.to_owned(),
            confidence_permille: None,
            parameters: parameters.to_owned(),
            claim: Some(format!("C{claim}")),
        }
    }
}

/// Lines of several seeds become one for each asset.
fn merged_by_asset(lines: Vec<Balance>) -> Result<Vec<Balance>, Error> {
    let mut merged: Vec<Balance> = Vec::new();
    let mut fits = true;
    for line in lines {
        match merged
            .iter_mut()
            .find(|known| known.seeded.asset == line.seeded.asset)
        {
            None => merged.push(line),
            Some(known) => {
                let mut add = |sum: &mut Money, part: &Money| match sum.checked_add(part) {
                    Some(total) => *sum = total,
                    None => fits = false,
                };
                add(&mut known.seeded, &line.seeded);
                add(&mut known.arrived, &line.arrived);
                add(&mut known.resting, &line.resting);
                add(&mut known.fees, &line.fees);
                add(&mut known.burned, &line.burned);
                add(&mut known.returned, &line.returned);
                add(&mut known.taken_over, &line.taken_over);
                add(&mut known.cut_off, &line.cut_off);
                add(&mut known.converted, &line.converted);
                add(&mut known.reached, &line.reached);
                add(&mut known.elsewhere, &line.elsewhere);
            }
        }
    }
    fits.then_some(merged)
        .ok_or_else(|| Error::internal("a sum of a trace is beyond 38 digits"))
}

fn exhibits(evidence: &Evidence, is_disclosed: bool) -> Result<Vec<Exhibit>, Error> {
    let mut exhibits = Vec::new();
    for exhibit in evidence.case.exhibits()? {
        let segment = evidence.case.segment(exhibit.number)?;
        let summary = segment.summary();
        let network = summary
            .network
            .as_ref()
            .map(|network| format!(", {network}"))
            .unwrap_or_default();
        let figures: Vec<String> = summary
            .figures
            .iter()
            .map(|(what, n)| crate::commands::counted(*n, what))
            .collect();
        let custody = &exhibit.custody;
        let obtained: Vec<String> = [
            custody.seized_at.clone(),
            custody.seized_by.as_ref().map(|who| format!("by {who}")),
            custody
                .received_from
                .as_ref()
                .map(|who| format!("from {who}")),
            custody.device.clone(),
        ]
        .into_iter()
        .flatten()
        .collect();
        let kept = kept(&evidence.case, &exhibit)?;
        let of = |bin: RecordBin| {
            let records = kept.iter().filter(|record| record.bin == bin);
            records
                .map(|record| RecordNote {
                    locator: record.locator.to_string(),
                    reason: record.reason.clone(),
                    raw: if summary.profile.is_none() || is_disclosed {
                        record.raw.join(" | ")
                    } else {
                        "masked: a row of a book can name people".to_owned()
                    },
                })
                .collect()
        };
        exhibits.push(Exhibit {
            number: format!("X{}", exhibit.number),
            authority_no: custody.exhibit_no.clone(),
            file: exhibit.name.clone(),
            description: Phrase::words(&format!(
                "{}{network}: {}",
                summary.format,
                figures.join(", ")
            )),
            obtained: (!obtained.is_empty()).then(|| obtained.join(", ")),
            records: summary.counts,
            sha256: exhibit.sha256.clone(),
            sha1: match &exhibit.files[..] {
                [only] => Some(only.sha1.clone()),
                _ => None,
            },
            quarantined: of(RecordBin::Quarantined),
            set_aside: of(RecordBin::SetAside),
        });
    }
    Ok(exhibits)
}

fn repeat(
    evidence: &Evidence,
    runs: &[Runs],
    commands: Vec<String>,
    claims: impl Iterator<Item = usize>,
) -> Result<Repeat, Error> {
    let mut rules: Vec<String> = claims
        .map(|note| evidence.notes.claims[note].rule.clone())
        .collect();
    if runs.iter().any(|run| run.stops.at_coinjoins) {
        rules.extend(
            evidence
                .known()?
                .coinjoin_rules()
                .map(|rule| rule.to_string()),
        );
    }
    rules.sort();
    rules.dedup();
    let mut manifests = Sha256::new();
    for run in runs {
        manifests.update(&run.manifest);
    }
    // What changes the evidence, not who has read it since: the same question gives the same bytes.
    let log = evidence.case.audit().read()?;
    let head = log
        .entries
        .iter()
        .rev()
        .find(|entry| matches!(&*entry.action, "new" | "add" | "tag" | "rates" | "review"));
    Ok(Repeat {
        commands,
        program: PROGRAM.to_owned(),
        rules,
        case_content: hex::encode(evidence.content),
        run_manifest: hex::encode(manifests.finalize()),
        audit_head: head.map(|entry| entry.hash.clone()).unwrap_or_default(),
    })
}
