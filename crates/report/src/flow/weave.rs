//! From steps to stays: who held what between which moves.
//!
//! Law: what leaves a stay came into it: by a move, or by a tributary that says whose money it is.
//! An account that is visited again after it was emptied is a new stay, so cycles need no loops.
//!
//! Method: steps of one asset in the order of the record; a stay opens with the first money that
//! arrives, and closes when it is empty. At most [`N_ENDS_MAX`] ends are drawn: steps are taken by
//! traced amount, best first from the seeds, and what is not taken is joined into one "others" per
//! stay. O(n log² n) in the steps.

mod choose;

use crate::document::{Basis, Fate, Party, PartyKind, PieceLabel, Step, StopRule, TraceView};
use choose::{best_first, joined};
use std::collections::BTreeMap;

/// Ends drawn one by one.
pub(super) const N_ENDS_MAX: usize = 15;

/// What is joined is too thin to be drawn if it is less than this part of the greatest move.
const THIN: u128 = 40;

/// Steps drawn one by one, however few ends they have.
const N_STEPS_MAX: usize = 400;

/// Money by how its tone is drawn, from the top of a band to its bottom.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Load {
    pub(super) clean: u128,
    pub(super) certain: u128,
    pub(super) policy: u128,
    pub(super) unexplained: u128,
}

impl Load {
    pub(super) const fn traced(self) -> u128 {
        self.certain.saturating_add(self.policy)
    }

    pub(super) const fn total(self) -> u128 {
        self.clean
            .saturating_add(self.traced())
            .saturating_add(self.unexplained)
    }

    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            clean: self.clean.saturating_add(other.clean),
            certain: self.certain.saturating_add(other.certain),
            policy: self.policy.saturating_add(other.policy),
            unexplained: self.unexplained.saturating_add(other.unexplained),
        }
    }

    /// What is left after `out`, and what `out` needs beyond this. The part certain under every
    /// policy that is left cannot be less than the certain part less all that went.
    pub(super) fn less(self, out: Self) -> (Self, Self) {
        let traced = self.traced().saturating_sub(out.traced());
        let certain = if out.certain == out.total() {
            self.certain.saturating_sub(out.certain)
        } else {
            self.certain.saturating_sub(out.total())
        };
        let certain = certain.min(traced);
        let left = Self {
            clean: self.clean.saturating_sub(out.clean),
            certain,
            policy: traced - certain,
            unexplained: self.unexplained.saturating_sub(out.unexplained),
        };
        let short = Self {
            clean: out.clean.saturating_sub(self.clean),
            certain: 0,
            policy: out.traced().saturating_sub(self.traced()),
            unexplained: out.unexplained.saturating_sub(self.unexplained),
        };
        (left, short)
    }
}

/// How a stay ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    Rests,
    Kept,
    Paid,
    Stop(StopRule),
    Fees,
    Returned,
    TakenOver,
    Converted,
    /// So many steps, joined.
    Others(usize),
    /// Joined too, and too thin to be drawn: the river narrows, and the sum is said below.
    Seeps,
}

impl Ending {
    /// Whether its river runs on to the end of the evidence.
    pub(super) const fn runs_on(self) -> bool {
        matches!(self, Self::Rests | Self::Kept)
    }

    const fn of(fate: Fate) -> Self {
        match fate {
            Fate::PaidOut => Self::Paid,
            Fate::Kept => Self::Kept,
            Fate::Service => Self::Stop(StopRule::Service),
            Fate::Coinjoin => Self::Stop(StopRule::Coinjoin),
            Fate::Events => Self::Stop(StopRule::Events),
            Fate::Floor => Self::Stop(StopRule::Floor),
            Fate::Time => Self::Stop(StopRule::Time),
            Fate::Transfers => Self::Stop(StopRule::Transfers),
            Fate::Fees | Fate::Burned => Self::Fees,
            Fate::Returned => Self::Returned,
            Fate::TakenOver => Self::TakenOver,
            Fate::Converted => Self::Converted,
            Fate::Rests
            | Fate::Reached
            | Fate::Elsewhere
            | Fate::Issued
            | Fate::FirstKnown
            | Fate::Unexplained => Self::Rests,
        }
    }
}

/// A movement that is drawn: one step, or several joined.
#[derive(Clone, Debug)]
pub(super) struct Move<'a> {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) load: Load,
    pub(super) seconds: Option<i64>,
    /// First step that it stands for.
    pub(super) step: &'a Step,
    /// Last step that it stands for.
    pub(super) last: u32,
    /// Whether an inference carries it.
    pub(super) is_inferred: bool,
}

/// What happens to a stay, in order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening {
    In(usize),
    /// Money from outside the trace, needed by the next move out.
    Tributary(Load),
    Out(usize),
}

/// Money of one asset at one node, from its arrival until none is left.
#[derive(Clone, Debug)]
pub(super) struct Stay<'a> {
    pub(super) party: &'a Party,
    /// The step that opened it.
    pub(super) step: u32,
    /// What it opens with, at a stay where the drawing begins.
    pub(super) source: Option<Load>,
    pub(super) happenings: Vec<Happening>,
    /// What is left at the end.
    pub(super) rest: Load,
    pub(super) ending: Ending,
}

impl Stay<'_> {
    pub(super) fn n_outs(&self) -> usize {
        let outs = self.happenings.iter();
        outs.filter(|happening| matches!(happening, Happening::Out(_)))
            .count()
    }

    pub(super) fn is_end(&self) -> bool {
        self.ending != Ending::Seeps && (self.rest.total() > 0 || self.n_outs() == 0)
    }
}

/// Stays and moves of one block of the drawing.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan<'a> {
    pub(super) stays: Vec<Stay<'a>>,
    pub(super) moves: Vec<Move<'a>>,
    /// Steps that were joined.
    pub(super) n_joined: usize,
    /// Steps among them that are too thin to be drawn, and what they carry.
    pub(super) n_seeped: usize,
    pub(super) seeped: u128,
    /// Starting transfers that are not drawn at all.
    pub(super) n_left_out: usize,
    /// Whether other money was too much to be drawn to scale.
    pub(super) is_other_left_out: bool,
}

/// A move before its stays are known.
struct Raw<'a> {
    load: Load,
    step: &'a Step,
    /// Number and time of the last step that it stands for.
    last: u32,
    seconds: Option<i64>,
    ending: Option<Ending>,
}

/// The plan of one asset of a trace.
pub(super) fn weave<'a>(trace: &'a TraceView, asset: &str) -> Plan<'a> {
    let steps: Vec<&Step> = trace
        .steps
        .iter()
        .filter(|step| step.amount.asset.key == asset)
        .collect();
    let fates = fates(trace, asset);
    let last_outs: BTreeMap<&str, u32> = steps
        .iter()
        .map(|step| (step.from.id.as_str(), step.number))
        .collect();
    let mut raws: Vec<Raw> = steps
        .iter()
        .map(|step| Raw {
            load: load(trace, step),
            step,
            last: step.number,
            seconds: step.when.seconds,
            ending: ending(step, &last_outs, &fates),
        })
        .collect();
    let is_other_left_out = leave_out_flood(&mut raws);
    raws.retain(|raw| raw.load.total() > 0);
    if raws.is_empty() {
        return Plan::default();
    }
    let full = build(&raws, &fates);
    let order = best_first(&full);
    let (mut low, mut high) = (1, order.len().min(N_STEPS_MAX));
    let mut plan = full;
    if plan.stays.iter().filter(|stay| stay.is_end()).count() > N_ENDS_MAX
        || order.len() > N_STEPS_MAX
    {
        let whole = plan;
        plan = joined(&raws, &whole, &order[..1], &fates);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let candidate = joined(&raws, &whole, &order[..middle], &fates);
            let n_ends = candidate.stays.iter().filter(|stay| stay.is_end()).count();
            if n_ends <= N_ENDS_MAX {
                low = middle;
                plan = candidate;
            } else {
                high = middle - 1;
            }
        }
    }
    plan.is_other_left_out = is_other_left_out;
    plan
}

type Fates<'a> = BTreeMap<&'a str, (u128, Fate)>;

/// The fate of most of what ended at each party.
fn fates<'a>(trace: &'a TraceView, asset: &str) -> Fates<'a> {
    let mut fates = Fates::new();
    for end in &trace.ends {
        if end.amount.asset.key == asset {
            let amount = end.amount.magnitude();
            let known = fates.entry(&end.party.id).or_insert((amount, end.fate));
            if amount > known.0 {
                *known = (amount, end.fate);
            }
        }
    }
    fates
}

fn load(trace: &TraceView, step: &Step) -> Load {
    let sum = |label: PieceLabel| {
        let pieces = step.pieces.iter().filter(|piece| piece.label == label);
        pieces.fold(0_u128, |sum, piece| {
            sum.saturating_add(piece.amount.magnitude())
        })
    };
    let traced = step.traced.magnitude();
    let certain = match &step.certain {
        Some(certain) => certain.magnitude().min(traced),
        None if trace.links_decide => traced,
        None => 0,
    };
    let clean = if step.pieces.is_empty() {
        step.amount.magnitude().saturating_sub(traced)
    } else {
        sum(PieceLabel::Clean)
    };
    Load {
        clean,
        certain,
        policy: traced - certain,
        unexplained: sum(PieceLabel::Unexplained),
    }
}

/// How a step ends the trace, if it does.
fn ending(step: &Step, last_outs: &BTreeMap<&str, u32>, fates: &Fates) -> Option<Ending> {
    if let Some(stop) = &step.stop {
        return Some(Ending::Stop(stop.rule));
    }
    if step.to.kind == PartyKind::Fees {
        return Some(Ending::Fees);
    }
    let last_out = last_outs.get(step.to.id.as_str());
    let goes_on = last_out.is_some_and(|last| *last > step.number);
    let fate = fates.get(step.to.id.as_str())?.1;
    let ending = Ending::of(fate);
    (!goes_on && !ending.runs_on()).then_some(ending)
}

/// Other money that would dwarf what is traced is left out of the drawing.
fn leave_out_flood(raws: &mut [Raw]) -> bool {
    let most = |part: fn(Load) -> u128| raws.iter().map(|raw| part(raw.load)).max().unwrap_or(0);
    let traced = most(Load::traced);
    let other = most(|load| load.clean.saturating_add(load.unexplained));
    let is_flood = other / 3 > traced;
    if is_flood {
        for raw in raws {
            raw.load.clean = 0;
            raw.load.unexplained = 0;
        }
    }
    is_flood
}

fn build<'a>(raws: &[Raw<'a>], fates: &Fates) -> Plan<'a> {
    let mut plan = Plan::default();
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for (position, raw) in raws.iter().enumerate() {
        let (from_party, to_party) = (&raw.step.from, &raw.step.to);
        let from = *open.entry(&from_party.id).or_insert_with(|| {
            plan.stays
                .push(new_stay(from_party, raw.step.number, fates));
            let source = source_of(&raws[position..], &from_party.id);
            let at = plan.stays.len() - 1;
            plan.stays[at].source = Some(source);
            plan.stays[at].rest = source;
            at
        });
        let (left, short) = plan.stays[from].rest.less(raw.load);
        if short.total() > 0 {
            plan.stays[from]
                .happenings
                .push(Happening::Tributary(short));
        }
        plan.stays[from].rest = left;
        let number = plan.moves.len();
        plan.stays[from].happenings.push(Happening::Out(number));
        if left.total() == 0 {
            open.remove(from_party.id.as_str());
        }
        let to = match raw.ending {
            Some(ending) => {
                let mut stay = new_stay(to_party, raw.step.number, fates);
                stay.ending = ending;
                plan.stays.push(stay);
                plan.stays.len() - 1
            }
            None => *open.entry(&to_party.id).or_insert_with(|| {
                plan.stays.push(new_stay(to_party, raw.step.number, fates));
                plan.stays.len() - 1
            }),
        };
        plan.stays[to].rest = plan.stays[to].rest.plus(raw.load);
        plan.stays[to].happenings.push(Happening::In(number));
        plan.moves.push(Move {
            from,
            to,
            load: raw.load,
            seconds: raw.seconds,
            step: raw.step,
            last: raw.last,
            is_inferred: matches!(raw.step.basis, Basis::Inference(_)),
        });
    }
    // What is left inside a transaction and is not traced went to outputs that are no steps of this
    // trace. It does not rest there, so the river ends with what is traced.
    for stay in &mut plan.stays {
        if stay.party.kind == PartyKind::Junction && stay.n_outs() > 0 && stay.rest.traced() == 0 {
            stay.rest = Load::default();
        }
    }
    plan
}

fn new_stay<'a>(party: &'a Party, step: u32, fates: &Fates) -> Stay<'a> {
    let fate = fates.get(party.id.as_str());
    Stay {
        party,
        step,
        source: None,
        happenings: Vec::new(),
        rest: Load::default(),
        ending: fate.map_or(Ending::Rests, |fate| Ending::of(fate.1)),
    }
}

/// What a stay where the drawing begins holds: all traced money that it gives before it receives.
fn source_of(raws: &[Raw], id: &str) -> Load {
    let before = raws.iter().take_while(|raw| raw.step.to.id != id);
    let given = before.filter(|raw| raw.step.from.id == id);
    let sum = given.fold(Load::default(), |sum, raw| sum.plus(raw.load));
    Load {
        clean: 0,
        unexplained: 0,
        ..sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(clean: u128, certain: u128, policy: u128, unexplained: u128) -> Load {
        Load {
            clean,
            certain,
            policy,
            unexplained,
        }
    }

    #[test]
    fn what_leaves_came_in_or_is_short() {
        let pool = load(10, 60, 30, 5);
        for out in [
            load(0, 0, 0, 0),
            load(10, 60, 30, 5),
            load(20, 0, 40, 9),
            load(0, 90, 20, 0),
        ] {
            let (left, short) = pool.less(out);
            assert_eq!(left.clean + out.clean, pool.clean + short.clean);
            assert_eq!(left.traced() + out.traced(), pool.traced() + short.traced());
            assert_eq!(
                left.unexplained + out.unexplained,
                pool.unexplained + short.unexplained
            );
        }
    }

    #[test]
    fn the_certain_part_is_never_made_larger() {
        // 40 of the 100 leave, and the policy says that none of them is traced: another may say
        // that all are, so only 60 of the 100 certain units still certainly rest.
        let (left, _) = load(0, 100, 0, 0).less(load(40, 0, 0, 0));
        assert_eq!((left.certain, left.policy), (60, 40));
        // A link decides: what leaves is traced for certain, and the rest stays certain.
        let (left, _) = load(0, 100, 0, 0).less(load(0, 40, 0, 0));
        assert_eq!((left.certain, left.policy), (60, 0));
    }
}
