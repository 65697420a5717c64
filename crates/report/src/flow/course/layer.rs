//! Follows each river from its source to its ends, and notes what leaves it and what it meets.

use super::times::{Hops, Times, opened_by};
use super::{
    Course, Frame, Joint, Merge, Mouth, OUTWARD, Reach, Run, RunEnd, RunKind, Side, THINNEST,
};
use crate::flow::weave::{Ending, Happening, Load, Plan};
use std::collections::BTreeMap;

/// A river that still has to be followed.
pub(super) struct Pending {
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

pub(super) struct Layer<'p, 'a> {
    pub(super) plan: &'p Plan<'a>,
    pub(super) frame: &'p Frame,
    pub(super) heirs: &'p [Option<usize>],
    pub(super) times: &'p Times,
    pub(super) hops: Hops,
    pub(super) course: Course,
    /// Sides of merges that are known so far, by move.
    pub(super) left: BTreeMap<usize, Mouth>,
    pub(super) met: BTreeMap<usize, Mouth>,
    /// On which side of its goal the source of a merge lies, as far as known.
    pub(super) merge_sides: &'p BTreeMap<usize, Side>,
    pub(super) waiting: Vec<Pending>,
}

impl Layer<'_, '_> {
    pub(super) fn lay(&mut self) {
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
        if stay.n_outs() > 0 && (at.load.total() == 0 || stay.rest.total() == 0) {
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
