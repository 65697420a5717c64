//! From stays to rivers: where along time each band begins, forks, merges and ends.
//!
//! Law: a river keeps its height while money rests and changes it only where money comes or goes. A
//! fork narrows one bank, so the bands of a river and of what left it never overlap.
//!
//! Method: a run is a straight river. It follows the heir of each stay: the move that takes all, or
//! most, of what is there; everything else leaves to a side as a run of its own. Positions along time
//! are linear; a move that takes no time is given the least width that lets the bands be told apart,
//! and all such widths are halved until the longest chain fits.

mod layer;
mod times;

use super::axis::Axis;
use super::weave::{Ending, Load, Plan};
use layer::Layer;
use moneytrail_model::money::mul_div_rem;
use std::collections::BTreeMap;
use times::{Hops, heirs};

/// The room of a drawing along time, and its scale across, in hundredths of a pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) axis: Axis,
    /// Where time begins.
    pub(super) from: i64,
    /// Where the last step stands.
    pub(super) to: i64,
    /// Where rivers that run on are closed.
    pub(super) end: i64,
    /// Height of `units`.
    pub(super) height: i64,
    pub(super) units: u128,
}

impl Frame {
    /// Height of an amount.
    pub(super) fn high(&self, amount: u128) -> i64 {
        let height = u128::try_from(self.height).unwrap_or(0);
        let high = mul_div_rem(amount, height, self.units.max(1));
        high.and_then(|(high, _)| i64::try_from(high).ok())
            .unwrap_or(self.height)
    }
}

/// A tributary thinner than this only widens the river.
const THINNEST: i64 = 30;

/// How much sooner a branch leaves a branch by its outer bank.
const OUTWARD: i64 = 9;

/// A bank of a river.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    Top,
    Bottom,
}

/// A straight piece of a river. Positions across are relative to its run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    pub(super) x0: i64,
    pub(super) x1: i64,
    pub(super) top: i64,
    pub(super) bottom: i64,
    pub(super) load: Load,
    pub(super) stay: usize,
    /// The move that the money came by.
    pub(super) movement: Option<usize>,
    pub(super) is_hop: bool,
}

/// Where a run hangs on another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Joint {
    pub(super) run: usize,
    /// Place along, on the other run and on this one.
    pub(super) x_there: i64,
    pub(super) x_here: i64,
    /// Interval across, relative to the other run.
    pub(super) top: i64,
    pub(super) bottom: i64,
    pub(super) side: Side,
}

/// What a run is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RunKind {
    /// Where the drawing begins.
    Source,
    /// What a move took.
    Branch(usize),
    /// What a move left behind.
    Remainder,
    /// Money from outside the trace.
    Tributary,
}

/// A straight river.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) kind: RunKind,
    pub(super) joint: Option<Joint>,
    pub(super) load: Load,
    pub(super) reaches: Vec<Reach>,
    /// Where and with what it ends: place along, interval across, stay, load.
    pub(super) end: Option<RunEnd>,
    pub(super) children: Vec<usize>,
    sides: [i64; 2],
}

/// The end of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunEnd {
    pub(super) x: i64,
    pub(super) top: i64,
    pub(super) bottom: i64,
    pub(super) stay: usize,
    pub(super) load: Load,
    pub(super) movement: Option<usize>,
}

/// A move into a river that was there before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Merge {
    pub(super) movement: usize,
    pub(super) from: Mouth,
    pub(super) to: Mouth,
}

/// One side of a merge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mouth {
    pub(super) run: usize,
    pub(super) x: i64,
    pub(super) top: i64,
    pub(super) bottom: i64,
}

/// Runs and merges, ready to be placed.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    pub(super) runs: Vec<Run>,
    pub(super) merges: Vec<Merge>,
    /// Whether time had to be squeezed beyond linear.
    pub(super) is_squeezed: bool,
}

/// Lays the course of a plan.
pub(super) fn course(plan: &Plan, frame: &Frame) -> Course {
    let heirs = heirs(plan);
    let mut hops = Hops { divisor: 1 };
    let mut times = times::times(plan, frame, &heirs, hops);
    while times.last > frame.end - 600 && hops.divisor < 64 {
        hops.divisor *= 2;
        times = times::times(plan, frame, &heirs, hops);
    }
    let is_squeezed = times.last > frame.end;
    if is_squeezed {
        let squeeze = |x: &mut i64| {
            *x = frame.from
                + (*x - frame.from) * (frame.end - frame.from) / (times.last - frame.from);
        };
        times.leaves.iter_mut().for_each(squeeze);
        times.arrives.iter_mut().for_each(squeeze);
    }
    let mut merge_sides = BTreeMap::new();
    let mut course = Course::default();
    // The first pass learns on which side the sources of merges lie.
    for _ in 0..2 {
        let mut layer = Layer {
            plan,
            frame,
            heirs: &heirs,
            times: &times,
            hops,
            course: Course {
                is_squeezed,
                ..Course::default()
            },
            left: BTreeMap::new(),
            met: BTreeMap::new(),
            merge_sides: &merge_sides,
            waiting: Vec::new(),
        };
        layer.lay();
        course = layer.course;
        if course.merges.is_empty() {
            break;
        }
        merge_sides = course
            .merges
            .iter()
            .map(|merge| {
                let joint = &course.runs[merge.from.run].joint;
                let side = joint.as_ref().map_or(Side::Bottom, |joint| joint.side);
                (merge.movement, side)
            })
            .collect();
    }
    course
}

impl Ending {
    /// Whether the bar of the end is a stop.
    pub(super) const fn is_stop(self) -> bool {
        matches!(self, Self::Stop(_) | Self::Others(_))
    }
}
