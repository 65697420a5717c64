//! Labels beside the bands: in place where time runs to the right, in a column where it runs down.

use super::{Drawing, line};
use crate::flow::course::{RunKind, Side};
use crate::flow::label::{Anchor, LINE, Label};
use crate::flow::notes;
use crate::untrusted::Markup;

/// A label that found its own place.
pub(super) struct Loose {
    pub(super) label: Label,
    pub(super) x: i64,
    pub(super) y: i64,
    /// Place of the gate along, and the two ends of the leader across.
    pub(super) gate: i64,
    pub(super) leader: (i64, i64),
}

/// Where a gate stands.
struct Gate {
    movement: usize,
    x: i64,
    top: i64,
    bottom: i64,
}

impl Drawing<'_> {
    /// Labels of gates, each where there is room near its gate.
    pub(super) fn loose(&mut self) -> Vec<Loose> {
        let mut loose = Vec::new();
        for gate in self.gates() {
            let label = Label::wrapped(&notes::gate(&self.plan.moves[gate.movement]), 24_000);
            let x = gate.x - 600;
            let (above, below) = (gate.top - 900, gate.bottom + 900);
            let (y, side) = self.placed.find_loose(&label, x, above, below);
            let leader = match side {
                Side::Bottom => (gate.bottom + 500, y),
                Side::Top => (gate.top - 500, y + label.height()),
            };
            loose.push(Loose {
                label,
                x,
                y,
                gate: gate.x,
                leader,
            });
        }
        loose
    }

    pub(super) fn wide_labels(&self, labels: &mut Markup, leaders: &mut Markup, loose: &[Loose]) {
        for fixed in self.fixed {
            let middle = self.placed.offsets[fixed.run] + fixed.middle;
            let anchor = if fixed.is_before {
                Anchor::End
            } else {
                Anchor::Start
            };
            let y = middle - fixed.label.height() / 2;
            if fixed.is_before && fixed.target < 14_000 {
                fixed.label.write(labels, 0, y, Anchor::Start);
            } else {
                fixed.label.write(labels, fixed.x, y, anchor);
            }
        }
        for label in loose {
            let (from, to) = label.leader;
            line(leaders, "ld", (label.gate, from), (label.gate, to));
            label.label.write(labels, label.x, label.y, Anchor::Start);
        }
    }

    /// All labels in a column beside the bands, pushed down where they would overlap.
    pub(super) fn narrow_labels(
        &self,
        labels: &mut Markup,
        leaders: &mut Markup,
        column: i64,
    ) -> i64 {
        let mut waiting: Vec<(i64, i64, Label)> = Vec::new();
        for fixed in self.fixed {
            let across = self.placed.offsets[fixed.run] + fixed.middle;
            waiting.push((fixed.target, across, fixed.label.clone()));
        }
        for gate in self.gates() {
            let label = Label::wrapped(&notes::gate(&self.plan.moves[gate.movement]), 14_800);
            waiting.push((gate.x, gate.bottom + 500, label));
        }
        waiting.sort_by_key(|label| (label.0, label.1));
        let mut free = 400;
        for (along, across, label) in waiting {
            let y = (along - LINE / 2).max(free);
            free = y + label.height() + 500;
            let elbow = column - 400;
            leaders.raw("<path class=\"ld\" d=\"M");
            leaders
                .hundredths(across)
                .raw(" ")
                .hundredths(along)
                .raw("L");
            leaders
                .hundredths(elbow)
                .raw(" ")
                .hundredths(y + LINE / 2)
                .raw("\"/>");
            label.write(labels, column, y, Anchor::Start);
        }
        free
    }

    fn gates(&self) -> Vec<Gate> {
        let mut gates = Vec::new();
        for (number, run) in self.course.runs.iter().enumerate() {
            if let (RunKind::Branch(movement), Some(joint)) = (run.kind, &run.joint) {
                let there = self.placed.offsets[joint.run];
                gates.push(Gate {
                    movement,
                    x: joint.x_there + 750,
                    top: there + joint.top,
                    bottom: there + joint.bottom,
                });
            }
            let base = self.placed.offsets[number];
            for reach in run.reaches.iter().filter(|reach| reach.is_hop) {
                if let Some(movement) = reach.movement {
                    gates.push(Gate {
                        movement,
                        x: i64::midpoint(reach.x0, reach.x1),
                        top: base + reach.top,
                        bottom: base + reach.bottom,
                    });
                }
            }
        }
        gates.retain(|gate| self.plan.moves[gate.movement].is_inferred);
        gates
    }
}
