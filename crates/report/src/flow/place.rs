//! Where across each run lies. Law: no two bands and no two labels overlap.
//!
//! Method: a run takes the nearest free room beside the run that it left. What leaves a river last is
//! placed first, so that earlier branches pass outside it and bands cross only where money meets
//! again. O(runs² · tries).

use super::course::{Course, RunKind, Side};
use super::label::Label;

/// Least room between two bands.
const GAP: i64 = 500;
/// Distance between two tries.
const TRY: i64 = 200;
/// Tries before a run is put beyond everything else.
const N_TRIES: i64 = 400;

/// A rectangle: along, then across.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) x0: i64,
    pub(super) x1: i64,
    pub(super) y0: i64,
    pub(super) y1: i64,
}

impl Room {
    const fn overlaps(&self, other: &Self) -> bool {
        self.x0 < other.x1 && other.x0 < self.x1 && self.y0 < other.y1 && other.y0 < self.y1
    }

    const fn moved(&self, by: i64) -> Self {
        Self {
            y0: self.y0 + by,
            y1: self.y1 + by,
            ..*self
        }
    }
}

/// A label fixed to a run: its place along, and relative to the run across (its middle).
#[derive(Clone, Debug)]
pub(super) struct Fixed {
    pub(super) run: usize,
    pub(super) label: Label,
    pub(super) x: i64,
    pub(super) middle: i64,
    pub(super) is_before: bool,
    /// Where the thing that it names is, for a leader.
    pub(super) target: i64,
}

impl Fixed {
    fn room(&self) -> Room {
        let wide = self.label.width() + 200;
        let high = self.label.height() + 200;
        let x0 = if self.is_before {
            self.x - wide
        } else {
            self.x
        };
        Room {
            x0,
            x1: x0 + wide,
            y0: self.middle - high / 2,
            y1: self.middle + high / 2,
        }
    }
}

/// Rooms taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Placed {
    /// Offset of each run.
    pub(super) offsets: Vec<i64>,
    pub(super) taken: Vec<Room>,
}

impl Placed {
    pub(super) fn is_free(&self, room: &Room) -> bool {
        self.taken.iter().all(|taken| !taken.overlaps(room))
    }

    /// Least and greatest position across.
    pub(super) fn extent(&self) -> (i64, i64) {
        let least = self.taken.iter().map(|room| room.y0).min().unwrap_or(0);
        let most = self.taken.iter().map(|room| room.y1).max().unwrap_or(0);
        (least, most)
    }

    /// Nearest free place for a loose label at `x`, tried downwards and upwards from `y`.
    pub(super) fn find_loose(
        &mut self,
        label: &Label,
        x: i64,
        above: i64,
        below: i64,
    ) -> (i64, Side) {
        let at = |y0: i64| Room {
            x0: x - 200,
            x1: x + label.width() + 200,
            y0,
            y1: y0 + label.height(),
        };
        let leader = |y0: i64, y1: i64| Room {
            x0: x + 500,
            x1: x + 700,
            y0,
            y1,
        };
        let mut second = None;
        for step in 0..N_TRIES {
            let up = at(above - label.height() - step * TRY);
            let down = at(below + step * TRY);
            let ways = [
                (down, leader(below, down.y0), Side::Bottom),
                (up, leader(up.y1, above), Side::Top),
            ];
            for (room, leader, side) in ways {
                if !self.is_free(&room) {
                    continue;
                }
                if leader.y0 >= leader.y1 || self.is_free(&leader) {
                    self.taken.push(room);
                    return (room.y0, side);
                }
                second.get_or_insert((room, side));
            }
        }
        if let Some((room, side)) = second {
            self.taken.push(room);
            return (room.y0, side);
        }
        let room = at(self.extent().1);
        self.taken.push(room);
        (room.y0, Side::Bottom)
    }
}

/// Places all runs.
pub(super) fn place(course: &Course, fixed: &[Fixed]) -> Placed {
    let rooms: Vec<Vec<Room>> = (0..course.runs.len())
        .map(|run| rooms(course, fixed, run))
        .collect();
    let mut placed = Placed {
        offsets: vec![0; course.runs.len()],
        taken: Vec::new(),
    };
    for run in 0..course.runs.len() {
        if course.runs[run].joint.is_none() {
            let offset = search(&placed, &rooms[run], 0, 1, None);
            settle(&mut placed, &rooms[run], run, offset);
            place_children(course, &rooms, &mut placed, run);
        }
    }
    placed
}

fn rooms(course: &Course, fixed: &[Fixed], number: usize) -> Vec<Room> {
    let run = &course.runs[number];
    let mut rooms: Vec<Room> = run
        .reaches
        .iter()
        .map(|reach| Room {
            x0: reach.x0 - 200,
            x1: reach.x1 + 200,
            y0: reach.top - GAP / 2,
            y1: reach.bottom + GAP / 2,
        })
        .collect();
    if let Some(end) = &run.end {
        rooms.push(Room {
            x0: end.x - 400,
            x1: end.x + 800,
            y0: end.top - GAP,
            y1: end.bottom + GAP,
        });
    }
    if rooms.is_empty()
        && let Some(joint) = &run.joint
    {
        rooms.push(Room {
            x0: joint.x_here - 300,
            x1: joint.x_here + 100,
            y0: -GAP / 2,
            y1: joint.bottom - joint.top + GAP / 2,
        });
    }
    let labels = fixed.iter().filter(|label| label.run == number);
    rooms.extend(labels.map(Fixed::room));
    rooms
}

fn place_children(course: &Course, rooms: &[Vec<Room>], placed: &mut Placed, run: usize) {
    // An explicit stack: chains of branches can be long.
    let mut stack = vec![(run, children(course, run))];
    while let Some((parent, waiting)) = stack.last_mut() {
        let parent = *parent;
        let Some(child) = waiting.pop() else {
            stack.pop();
            continue;
        };
        let Some(joint) = course.runs[child].joint else {
            continue;
        };
        let base = placed.offsets[parent];
        let high = joint.bottom - joint.top;
        let (near, direction) = match joint.side {
            Side::Top => (base + joint.top - high - 2 * GAP, -1),
            Side::Bottom => (base + joint.bottom + 2 * GAP, 1),
        };
        let edge = match joint.side {
            Side::Top => base + joint.top - GAP,
            Side::Bottom => base + joint.bottom + GAP,
        };
        let connector = (
            joint.x_there.min(joint.x_here),
            joint.x_there.max(joint.x_here),
            edge,
        );
        let offset = search(
            placed,
            &rooms[child],
            near,
            direction,
            Some((connector, high)),
        );
        settle(placed, &rooms[child], child, offset);
        // The connector itself takes room, so that no later label lies on it.
        let (y0, y1) = if offset < base + joint.top {
            (offset, base + joint.top)
        } else {
            (base + joint.bottom, offset + high)
        };
        placed.taken.push(Room {
            x0: connector.0,
            x1: connector.1,
            y0,
            y1,
        });
        stack.push((child, children(course, child)));
    }
}

/// Children in the order in which `pop` should give them: tributaries, what comes in first first,
/// because their labels stand before them; then branches, what leaves last first.
fn children(course: &Course, run: usize) -> Vec<usize> {
    let is_tributary = |child: usize| course.runs[child].kind == RunKind::Tributary;
    let x = |child: usize| course.runs[child].joint.map_or(0, |joint| joint.x_there);
    let mut children = course.runs[run].children.clone();
    children.sort_by_key(|&child| {
        let sign = if is_tributary(child) { -1 } else { 1 };
        (is_tributary(child), sign * x(child), child)
    });
    children
}

type Connector = ((i64, i64, i64), i64);

/// The first free offset from `near` on; the first that needs no crossing if there is one.
fn search(
    placed: &Placed,
    rooms: &[Room],
    near: i64,
    direction: i64,
    connector: Option<Connector>,
) -> i64 {
    let mut with_crossing = None;
    for step in 0..N_TRIES {
        let offset = near + direction * step * TRY;
        if !rooms.iter().all(|room| placed.is_free(&room.moved(offset))) {
            continue;
        }
        let Some(((x0, x1, edge), high)) = connector else {
            return offset;
        };
        let far = if direction > 0 { offset } else { offset + high };
        let strip = Room {
            x0,
            x1,
            y0: edge.min(far),
            y1: edge.max(far),
        };
        if strip.y0 >= strip.y1 || placed.is_free(&strip) {
            return offset;
        }
        with_crossing.get_or_insert(offset);
    }
    with_crossing.unwrap_or_else(|| {
        let (least, most) = placed.extent();
        let (above, below) = rooms.iter().fold((0, 0), |(above, below), room| {
            (room.y0.min(above), room.y1.max(below))
        });
        if direction > 0 {
            most - above
        } else {
            least - below
        }
    })
}

fn settle(placed: &mut Placed, rooms: &[Room], run: usize, offset: i64) {
    placed.offsets[run] = offset;
    placed
        .taken
        .extend(rooms.iter().map(|room| room.moved(offset)));
}
