//! What people decided of mirrors.
//!
//! Laws: a mirror's id is made of the exhibits' content and the transactions, never of numbers of this case; the last decision about an id
//! counts; a row, and a transfer for the rows of one book, belongs to one accepted mirror.

use super::MirrorArgs;
use super::read::{Read, named};
use super::say::Run;
use crate::decisions::{OF_MIRRORS, Verdict as Decision, asked, keep, reason};
use crate::error::{Error, Verdict};
use crate::shell::Shell;
use moneytrail_analysis::mirror::{CRYPTO_MIRROR, Decided, Mirror};
use moneytrail_store::Case;
use moneytrail_store::decision::{ChainMovement, MirrorDecision, RowMovement, last_mirrors};
use moneytrail_store::graph::Graph;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What is decided, and what that means for lines and transfers at hand.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// SHA-256 of each exhibit, by its name: `X2`.
    exhibits: BTreeMap<String, String>,
    /// Of each mirror the last decision, by id.
    pub(super) last: BTreeMap<String, MirrorDecision>,
    /// Decisions of which a row or a transfer is not at hand, by id.
    pub(super) without_effect: Vec<String>,
}

impl Said {
    pub(super) fn of(case: &Case) -> Result<Self, Error> {
        let exhibits = case.exhibits()?.into_iter();
        Ok(Self {
            exhibits: exhibits
                .map(|of| (format!("X{}", of.number), of.sha256.clone()))
                .collect(),
            last: last_mirrors(case)?,
            without_effect: Vec::new(),
        })
    }

    /// What the decisions say of lines and transfers that are compared. O(transfers) if anything is decided.
    pub(super) fn decided(&mut self, read: &Read, graph: &Graph) -> Decided {
        let mut decided = Decided::default();
        if self.last.is_empty() {
            return decided;
        }
        let lines: BTreeMap<&RowMovement, usize> = read.rows.iter().zip(0..).collect();
        let mut by_txid: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, id) in read.ids.iter().enumerate() {
            by_txid.entry(id).or_default().push(place);
        }
        for (id, of) in &self.last {
            let of_rows: Option<Vec<usize>> =
                of.rows.iter().map(|row| lines.get(row).copied()).collect();
            let place = |wanted: &ChainMovement| {
                let places = by_txid.get(&*wanted.txid)?.iter();
                let is_it = |&place: &usize| named(graph, read.in_graph[place]) == *wanted;
                places.copied().find(is_it)
            };
            let of_chain: Option<Vec<usize>> = of.transfers.iter().map(place).collect();
            match (of_rows.zip(of_chain), of.verdict) {
                (_, Decision::Reopen) => {}
                (Some((rows, transfers)), verdict) => {
                    decided.enter(rows, transfers, verdict == Decision::Accept);
                }
                (None, _) => self.without_effect.push(id.clone()),
            }
        }
        decided
    }

    /// The id of a mirror.
    pub(super) fn id(&self, rows: &[RowMovement], transfers: &[ChainMovement]) -> String {
        let content = |row: &RowMovement| -> (String, String) {
            let (exhibit, place) = row.row.split_once('/').unwrap_or_default();
            let hash = self.exhibits.get(exhibit);
            (hash.cloned().unwrap_or_default(), place.to_owned())
        };
        let mut rows: Vec<(String, String)> = rows.iter().map(content).collect();
        rows.sort();
        let transfers: Vec<_> = transfers
            .iter()
            .map(|of| (&of.network, &of.txid, &of.from, &of.to, of.nth))
            .collect();
        let hash = Sha256::digest(json!([rows, transfers]).to_string());
        format!("M-{}", hex::encode(&hash[..4]))
    }
}

/// Rows and transfers of a mirror, or of those of two books, as decisions name them; ascending.
pub(super) fn parts(run: &Run<'_>, mirrors: &[&Mirror]) -> (Vec<RowMovement>, Vec<ChainMovement>) {
    let lines = mirrors.iter().flat_map(|of| &of.lines);
    let mut rows: Vec<RowMovement> = lines.map(|&line| run.read.rows[line].clone()).collect();
    rows.sort();
    let transfers = mirrors.first().map_or(&[][..], |of| &of.transfers).iter();
    let mut transfers: Vec<ChainMovement> = transfers
        .map(|&place| named(run.graph, run.read.in_graph[place]))
        .collect();
    transfers.sort();
    (rows, transfers)
}

/// Writes a decision, if one is asked for.
pub(super) fn decide(
    args: &MirrorArgs,
    case: &Case,
    run: &Run<'_>,
    shell: &Shell,
) -> Result<Option<Verdict>, Error> {
    let [accept, reject, reopen] = [&args.accept, &args.reject, &args.reopen].map(Option::as_deref);
    let Some((verdict, id)) = asked(accept, reject, reopen) else {
        return Ok(None);
    };
    let reason = reason(args.because.as_deref())
        .ok_or_else(|| Error::usage("a decision needs a reason: --because"))?;
    let decision = proposed(run, id)
        .map(|(rows, transfers, says)| MirrorDecision {
            schema: OF_MIRRORS.to_owned(),
            verdict,
            id: id.to_owned(),
            rule: CRYPTO_MIRROR.to_string(),
            says,
            rows,
            transfers,
            reason: reason.to_owned(),
        })
        .or_else(|| {
            let known = run.said.last.get(id)?;
            Some(MirrorDecision {
                verdict,
                reason: reason.to_owned(),
                ..known.clone()
            })
        });
    let Some(decision) = decision else {
        return Err(Error::usage(format!("`{id}` is no mirror of this case"))
            .hint("`moneytrail mirror CASE` lists them with their ids; with other options there are others"));
    };
    if verdict == Decision::Accept {
        is_free(run, &decision)?;
    }
    keep(case, (verdict, id, reason), &decision, shell)?;
    Ok(Some(Verdict::Done))
}

/// Rows, transfers and figures of what is listed under an id.
fn proposed(run: &Run<'_>, id: &str) -> Option<(Vec<RowMovement>, Vec<ChainMovement>, String)> {
    let settlements = run.settlements().into_values();
    let competing = run.found.competing.iter().map(|of| vec![of]);
    let mut all = settlements.chain(competing);
    all.find_map(|mirrors| {
        let (rows, transfers) = parts(run, &mirrors);
        if run.said.id(&rows, &transfers) != id {
            return None;
        }
        let mut says: Vec<String> = mirrors.iter().map(|of| Run::sentence(of)).collect();
        says.dedup();
        Some((rows, transfers, says.join("; ")))
    })
}

/// An error if a row is in another accepted mirror, or a transfer with other rows of the same book.
fn is_free(run: &Run<'_>, decision: &MirrorDecision) -> Result<(), Error> {
    let accepted = run.said.last.values();
    let others = accepted.filter(|of| of.verdict == Decision::Accept && of.id != decision.id);
    let book = |row: &RowMovement| row.row.split_once('/').map(|of| of.0.to_owned());
    for other in others {
        let what = if let Some(row) = decision.rows.iter().find(|row| other.rows.contains(row)) {
            row.row.clone()
        } else if let Some(of) = decision
            .transfers
            .iter()
            .find(|of| other.transfers.contains(of))
        {
            let books: Vec<_> = other.rows.iter().map(book).collect();
            let is_same_book = decision.rows.iter().any(|row| books.contains(&book(row)));
            if !is_same_book && other.transfers == decision.transfers {
                continue;
            }
            of.txid.clone()
        } else {
            continue;
        };
        return Err(
            Error::usage(format!("{what} is in {}, which is accepted", other.id)).hint(format!(
                "moneytrail mirror CASE --reject {} --because TEXT",
                other.id
            )),
        );
    }
    Ok(())
}
