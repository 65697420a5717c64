//! From stays to rivers: where along time each band begins, forks, merges and ends.
//!
//! Law: a river keeps its height while money rests and changes it only where money comes or goes. A
//! fork narrows one bank, so the bands of a river and of what left it never overlap.
//!
//! Method: a run is a straight river. It follows the heir of each stay: the move that takes all, or
//! most, of what is there; everything else leaves to a side as a run of its own. Positions along time
//! are linear; a move that takes no time is given the least width that lets the bands be told apart,
//! and all such widths are halved until the longest chain fits.

use super::axis::Axis;
use super::weave::{Ending, Happening, Load, Plan};
use moneytrail_model::money::mul_div_rem;
use std::collections::BTreeMap;

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

/// Widths of moves that take no time.
#[derive(Clone, Copy, Debug)]
struct Hops {
    divisor: i64,
}

impl Hops {
    const fn straight(self, is_inferred: bool) -> i64 {
        (if is_inferred { 3_000 } else { 300 }) / self.divisor
    }

    const fn side(self, is_inferred: bool) -> i64 {
        (if is_inferred { 5_600 } else { 4_400 }) / self.divisor
    }

    const fn stub(self) -> i64 {
        2_600 / self.divisor
    }
}

/// When each move leaves and arrives, along the drawing.
struct Times {
    leaves: Vec<i64>,
    arrives: Vec<i64>,
    last: i64,
}

/// Lays the course of a plan.
pub(super) fn course(plan: &Plan, frame: &Frame) -> Course {
    let heirs = heirs(plan);
    let mut hops = Hops { divisor: 1 };
    let mut times = times(plan, frame, &heirs, hops);
    while times.last > frame.end - 600 && hops.divisor < 64 {
        hops.divisor *= 2;
        times = self::times(plan, frame, &heirs, hops);
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

/// For each stay the move that its river follows.
fn heirs(plan: &Plan) -> Vec<Option<usize>> {
    let mut heirs = Vec::with_capacity(plan.stays.len());
    for stay in &plan.stays {
        let mut pool = stay.source.map_or(0, Load::total);
        let mut best: Option<(u128, usize)> = None;
        let n_outs = stay.n_outs();
        let mut n_seen = 0;
        for happening in &stay.happenings {
            match *happening {
                Happening::In(number) => {
                    pool = pool.saturating_add(plan.moves[number].load.total());
                }
                Happening::Tributary(load) => pool = pool.saturating_add(load.total()),
                Happening::Out(number) => {
                    n_seen += 1;
                    let amount = plan.moves[number].load.total();
                    let to = &plan.stays[plan.moves[number].to];
                    let goes_on = to.n_outs() > 0 || to.ending.runs_on();
                    let is_last = n_seen == n_outs && amount >= pool;
                    let takes_most = goes_on && amount > pool / 2 || amount / 4 >= pool / 5;
                    let opens = opened_by(plan, plan.moves[number].to) == Some(number);
                    if opens
                        && to.ending != Ending::Seeps
                        && (is_last || takes_most)
                        && best.is_none_or(|(known, _)| amount > known)
                    {
                        best = Some((amount, number));
                    }
                    pool = pool.saturating_sub(amount);
                }
            }
        }
        heirs.push(best.map(|(_, number)| number));
    }
    heirs
}

/// The move that opened a stay; `None` where the drawing begins.
fn opened_by(plan: &Plan, stay: usize) -> Option<usize> {
    match plan.stays[stay].happenings.first() {
        Some(Happening::In(number)) if plan.stays[stay].source.is_none() => Some(*number),
        _ => None,
    }
}

fn times(plan: &Plan, frame: &Frame, heirs: &[Option<usize>], hops: Hops) -> Times {
    let mut ready = vec![frame.from; plan.stays.len()];
    let mut times = Times {
        leaves: Vec::with_capacity(plan.moves.len()),
        arrives: Vec::with_capacity(plan.moves.len()),
        last: frame.from,
    };
    for (number, movement) in plan.moves.iter().enumerate() {
        let at = movement
            .seconds
            .map_or(frame.from, |at| frame.axis.place(at, frame.from, frame.to));
        let leaves = at.max(ready[movement.from]);
        let is_heir = heirs[movement.from] == Some(number);
        let wide = if is_heir {
            hops.straight(movement.is_inferred)
        } else {
            hops.side(movement.is_inferred)
        };
        let arrives = leaves + wide;
        ready[movement.from] = if is_heir {
            leaves + hops.side(false)
        } else {
            leaves
        };
        ready[movement.to] = ready[movement.to].max(arrives);
        times.last = times.last.max(arrives);
        times.leaves.push(leaves);
        times.arrives.push(arrives);
    }
    times
}

/// A river that still has to be followed.
struct Pending {
    run: usize,
    stay: usize,
    /// Position in the happenings of the stay.
    next: usize,
    load: Load,
    x: i64,
    movement: Option<usize>,
}

/// The river at the point that it has been followed to.
struct Cursor {
    run: usize,
    stay: usize,
    load: Load,
    x: i64,
    top: i64,
    bottom: i64,
    movement: Option<usize>,
}

impl Cursor {
    /// Takes `high` from one bank.
    fn leave(&mut self, high: i64, x_here: i64, side: Side) -> Joint {
        let (top, bottom) = match side {
            Side::Top => (self.top, self.top + high),
            Side::Bottom => (self.bottom - high, self.bottom),
        };
        match side {
            Side::Top => self.top = bottom,
            Side::Bottom => self.bottom = top,
        }
        Joint {
            run: self.run,
            x_there: self.x,
            x_here,
            top,
            bottom,
            side,
        }
    }
}

struct Layer<'p, 'a> {
    plan: &'p Plan<'a>,
    frame: &'p Frame,
    heirs: &'p [Option<usize>],
    times: &'p Times,
    hops: Hops,
    course: Course,
    /// Sides of merges that are known so far, by move.
    left: BTreeMap<usize, Mouth>,
    met: BTreeMap<usize, Mouth>,
    /// On which side of its goal the source of a merge lies, as far as known.
    merge_sides: &'p BTreeMap<usize, Side>,
    waiting: Vec<Pending>,
}

impl Layer<'_, '_> {
    fn lay(&mut self) {
        for (stay, known) in self.plan.stays.iter().enumerate() {
            let Some(load) = known.source else { continue };
            let first = known
                .happenings
                .iter()
                .find_map(|happening| match happening {
                    Happening::Out(number) => Some(self.times.leaves[*number]),
                    _ => None,
                });
            let x = first.unwrap_or(self.frame.from) - 2_400;
            let run = self.new_run(RunKind::Source, None, load);
            self.waiting.push(Pending {
                run,
                stay,
                next: 0,
                load,
                x,
                movement: None,
            });
            while let Some(pending) = self.waiting.pop() {
                self.follow(&pending);
            }
        }
        for (&movement, &from) in &self.left {
            if let Some(&to) = self.met.get(&movement) {
                self.course.merges.push(Merge { movement, from, to });
            }
        }
    }

    fn new_run(&mut self, kind: RunKind, joint: Option<Joint>, load: Load) -> usize {
        let number = self.course.runs.len();
        if let Some(joint) = &joint {
            self.course.runs[joint.run].children.push(number);
        }
        self.course.runs.push(Run {
            kind,
            joint,
            load,
            reaches: Vec::new(),
            end: None,
            children: Vec::new(),
            // Away from the river that it left, so that its branches need not cross that.
            sides: match joint.map(|joint| joint.side) {
                None => [0, 0],
                Some(Side::Top) => [0, OUTWARD],
                Some(Side::Bottom) => [OUTWARD, 0],
            },
        });
        number
    }

    fn follow(&mut self, pending: &Pending) {
        let mut at = Cursor {
            run: pending.run,
            stay: pending.stay,
            load: pending.load,
            x: pending.x,
            top: 0,
            bottom: self.frame.high(pending.load.total()),
            movement: pending.movement,
        };
        let mut next = pending.next;
        while let Some(&happening) = self.plan.stays[at.stay].happenings.get(next) {
            next += 1;
            match happening {
                Happening::In(number) => self.meet(&mut at, number),
                Happening::Tributary(load) => self.tributary(&mut at, load, next),
                Happening::Out(number) if self.heirs[at.stay] == Some(number) => {
                    self.follow_heir(&mut at, number, next);
                    next = 1;
                }
                Happening::Out(number) => {
                    let shy = self.tributaries_near(at.stay, next);
                    self.branch(&mut at, number, shy);
                }
            }
        }
        let stay = &self.plan.stays[at.stay];
        if at.load.total() == 0 && stay.n_outs() > 0 {
            return;
        }
        let x = if stay.ending.runs_on() {
            self.frame.end.max(at.x)
        } else {
            at.x
        };
        self.advance(&mut at, x);
        self.course.runs[at.run].end = Some(RunEnd {
            x,
            top: at.top,
            bottom: at.bottom,
            stay: at.stay,
            load: at.load,
            movement: at.movement,
        });
    }

    /// Draws the river on to `x`.
    fn advance(&mut self, at: &mut Cursor, x: i64) {
        if x > at.x {
            self.course.runs[at.run].reaches.push(Reach {
                x0: at.x,
                x1: x,
                top: at.top,
                bottom: at.bottom,
                load: at.load,
                stay: at.stay,
                movement: at.movement,
                is_hop: false,
            });
            at.x = x;
        }
    }

    fn meet(&mut self, at: &mut Cursor, number: usize) {
        if at.movement == Some(number) && opened_by(self.plan, at.stay) == Some(number) {
            return;
        }
        let x = at.x.max(self.times.arrives[number]);
        self.advance(at, x);
        let load = self.plan.moves[number].load;
        let high = self.frame.high(load.total());
        let (top, bottom) = match self.merge_sides.get(&number) {
            Some(Side::Top) => (at.top - high, at.top),
            _ => (at.bottom, at.bottom + high),
        };
        let mouth = Mouth {
            run: at.run,
            x,
            top,
            bottom,
        };
        self.met.insert(number, mouth);
        at.top = at.top.min(top);
        at.bottom = at.bottom.max(bottom);
        at.load = at.load.plus(load);
    }

    fn tributary(&mut self, at: &mut Cursor, load: Load, next: usize) {
        let leaves = match self.plan.stays[at.stay].happenings.get(next) {
            Some(Happening::Out(number)) => self.times.leaves[*number].max(at.x),
            _ => at.x,
        };
        let x = at.x.max(leaves - 600);
        self.advance(at, x);
        let above = Load {
            unexplained: 0,
            ..load
        };
        let below = Load {
            unexplained: load.unexplained,
            ..Load::default()
        };
        for (load, side) in [(above, Side::Top), (below, Side::Bottom)] {
            if load.total() == 0 {
                continue;
            }
            let high = self.frame.high(load.total());
            let (top, bottom) = match side {
                Side::Top => (at.top - high, at.top),
                Side::Bottom => (at.bottom, at.bottom + high),
            };
            at.top = at.top.min(top);
            at.bottom = at.bottom.max(bottom);
            at.load = at.load.plus(load);
            if high < THINNEST {
                continue;
            }
            let joint = Joint {
                run: at.run,
                x_there: x,
                x_here: x - self.hops.stub(),
                top,
                bottom,
                side,
            };
            self.new_run(RunKind::Tributary, Some(joint), load);
        }
    }

    /// The river goes on with the heir; what stays behind leaves to a side.
    fn follow_heir(&mut self, at: &mut Cursor, number: usize, next: usize) {
        let movement = &self.plan.moves[number];
        let x = at.x.max(self.times.leaves[number]);
        self.advance(at, x);
        let left = at.load.less(movement.load).0;
        if left.total() > 0 {
            let is_short = !self.plan.stays[at.stay].ending.runs_on();
            let side = self.choose_side(at.run, is_short);
            let high = (at.bottom - at.top - self.frame.high(movement.load.total())).max(0);
            let joint = at.leave(high, x + self.hops.side(false), side);
            let run = self.new_run(RunKind::Remainder, Some(joint), left);
            self.waiting.push(Pending {
                run,
                stay: at.stay,
                next,
                load: left,
                x: joint.x_here,
                movement: at.movement,
            });
        }
        let arrives = self.times.arrives[number].max(x + 1);
        at.load = movement.load;
        at.stay = movement.to;
        at.movement = Some(number);
        self.course.runs[at.run].reaches.push(Reach {
            x0: x,
            x1: arrives,
            top: at.top,
            bottom: at.bottom,
            load: at.load,
            stay: at.stay,
            movement: at.movement,
            is_hop: true,
        });
        at.x = arrives;
    }

    /// The bank at which money from outside comes in just before or after a move, if it is one.
    fn tributaries_near(&self, stay: usize, next: usize) -> Option<Side> {
        let happenings = &self.plan.stays[stay].happenings;
        let near = [next.checked_sub(2), Some(next)].into_iter().flatten();
        let mut is_near = [false, false];
        for position in near {
            if let Some(Happening::Tributary(load)) = happenings.get(position) {
                is_near[0] |= load.total() > load.unexplained;
                is_near[1] |= load.unexplained > 0;
            }
        }
        match is_near {
            [true, false] => Some(Side::Top),
            [false, true] => Some(Side::Bottom),
            _ => None,
        }
    }

    fn branch(&mut self, at: &mut Cursor, number: usize, shy: Option<Side>) {
        let movement = &self.plan.moves[number];
        let x = at.x.max(self.times.leaves[number]);
        self.advance(at, x);
        let high = self
            .frame
            .high(movement.load.total())
            .min(at.bottom - at.top);
        let to = &self.plan.stays[movement.to];
        let is_short = to.n_outs() == 0 && !to.ending.runs_on();
        let is_branch = self.course.runs[at.run].joint.is_some();
        let side = match shy {
            Some(Side::Top) if !is_branch => Side::Bottom,
            Some(Side::Bottom) if !is_branch => Side::Top,
            _ => self.choose_side(at.run, is_short),
        };
        let arrives = self.times.arrives[number].max(x + self.hops.side(movement.is_inferred));
        let joint = at.leave(high, arrives, side);
        at.load = at.load.less(movement.load).0;
        if to.ending == Ending::Seeps {
            // Nothing to draw but the narrowing.
        } else if opened_by(self.plan, movement.to) == Some(number) {
            let run = self.new_run(RunKind::Branch(number), Some(joint), movement.load);
            self.waiting.push(Pending {
                run,
                stay: movement.to,
                next: 1,
                load: movement.load,
                x: arrives,
                movement: Some(number),
            });
        } else {
            let mouth = Mouth {
                run: at.run,
                x,
                top: joint.top,
                bottom: joint.bottom,
            };
            self.left.insert(number, mouth);
        }
    }

    /// The bank that fewer runs left by; at first, short ends go up and long rivers down.
    fn choose_side(&mut self, run: usize, is_short: bool) -> Side {
        let sides = &mut self.course.runs[run].sides;
        let weight = if is_short { 2 } else { 3 };
        let side = if sides[0] < sides[1] || (sides[0] == sides[1] && is_short) {
            Side::Top
        } else {
            Side::Bottom
        };
        sides[usize::from(side == Side::Bottom)] += weight;
        side
    }
}

impl Ending {
    /// Whether the bar of the end is a stop.
    pub(super) const fn is_stop(self) -> bool {
        matches!(self, Self::Stop(_) | Self::Others(_))
    }
}
