//! How much of a transfer's money goes one way: the same trace, with a label for each transfer of the way.
//!
//! Laws. What a transfer of the way carries is what came by the one before it, so that it never grows within one asset. What
//! leaves the last one's pool is, with what stays there, what the last one carries. Under fifo and lifo the units are those of
//! any other trace; under a rule that treats traced money apart, all money of the seeds stays traced, whether it goes this way or
//! another, so that together they draw what they draw in any other trace. Under haircut, and where seeds share in proportion, labels
//! round by less than one unit per draw.
//!
//! Method: units that came by the first `i + 1` transfers of the way have the label `i`. Passing the next one they get the next label;
//! passing any other transfer they get that of all else.

use super::engine::Engine;
use super::piece::{Piece, append, settle};
use crate::Error;
use moneytrail_model::trace::{EndKind, Label, TraceSpec};
use moneytrail_model::{TransferIdx, Watch};
use moneytrail_store::graph::Graph;
use rustc_hash::FxHashMap;

/// What went along a way.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Along {
    /// What each transfer of the way carries of the first one's money that came by those before it.
    pub(crate) carried: Vec<u128>,
    /// Transfers that the last one's money leaves by, ascending, with how much of it.
    pub(crate) next: Vec<(TransferIdx, u128)>,
    /// Transfers that were looked at.
    pub(crate) n_passed: usize,
}

/// The labels of a way.
#[derive(Debug)]
pub(super) struct Labels {
    places: FxHashMap<TransferIdx, u32>,
    /// Labels below are those of seeds.
    first: u32,
    n: u32,
    /// Of money of the seeds that goes another way.
    other: Label,
    carried: Vec<u128>,
    next: Vec<(TransferIdx, u128)>,
}

/// Follows the money of the way's first transfer, which is a seed of `spec`, along it.
///
/// # Errors
/// As [`super::trace_watched`].
pub(crate) fn along(
    graph: &Graph,
    spec: &TraceSpec,
    way: &[TransferIdx],
    n_max: usize,
    watch: &dyn Watch,
) -> Result<Along, Error> {
    let mut engine = Engine::forward(graph, spec, watch)?;
    let number = |n: usize| u32::try_from(n).expect("a way is shorter than the record");
    let (first, n) = (number(spec.seeds.len()), number(way.len()));
    engine.labels = Some(Labels {
        places: way.iter().copied().zip(0..).collect(),
        first,
        n,
        other: if spec.policy.is_partial() {
            Label::Seed(first + n)
        } else {
            Label::Clean
        },
        carried: vec![0; way.len()],
        next: Vec::new(),
    });
    engine.run(n_max)?;
    let (labels, n_passed) = (engine.labels.take(), engine.n_passed);
    engine.close()?;
    let labels = labels.expect("they were put there");
    Ok(Along {
        carried: labels.carried,
        next: labels.next,
        n_passed,
    })
}

impl Labels {
    /// The label of units that pass a transfer; `came` is the one with which they came, if they are of its pool.
    fn passing(&mut self, transfer: TransferIdx, came: Option<u32>, units: u128) -> Label {
        let place = self.places.get(&transfer).copied();
        let before = came.and_then(|label| label.checked_sub(self.first));
        match place {
            Some(place) if place == 0 || before == Some(place - 1) => {
                self.carried[place as usize] += units;
                Label::Seed(self.first + place)
            }
            None if before == Some(self.n - 1) => {
                match self.next.last_mut() {
                    Some(last) if last.0 == transfer => last.1 += units,
                    _ => self.next.push((transfer, units)),
                }
                self.other
            }
            _ => self.other,
        }
    }
}

impl Engine<'_> {
    /// Gives what a transfer carries the labels of the way. A seed's money begins with it.
    pub(super) fn keep_to_the_way(
        &mut self,
        transfer: TransferIdx,
        is_seed: bool,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), Error> {
        let Some(labels) = &mut self.labels else {
            return Ok(());
        };
        let graph = self.view.graph;
        let (from, asset) = (graph.from(transfer), graph.asset_of(transfer));
        let mut kept: Vec<Piece> = Vec::with_capacity(pieces.len());
        for piece in pieces.drain(..) {
            let Some(came) = piece.seed() else {
                append(&mut kept, piece);
                continue;
            };
            let came = Some(came).filter(|_| !is_seed);
            let label = labels.passing(transfer, came, piece.amount);
            self.book
                .end(EndKind::TakenOver, from, asset, std::iter::once(&piece))?;
            self.book.seeded(label, from, asset, piece.amount)?;
            let piece = match label {
                Label::Seed(_) => Piece { label, ..piece },
                Label::Clean | Label::Unexplained => Piece::plain(label, piece.amount),
            };
            append(&mut kept, piece);
        }
        settle(self.view.spec.policy, &mut kept);
        *pieces = kept;
        Ok(())
    }
}
