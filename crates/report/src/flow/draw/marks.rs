//! Bars, gates, ends and names on the bands.

use super::Drawing;
use crate::document::{PartyKind, StopRule};
use crate::flow::course::{Reach, Run, RunEnd, RunKind};
use crate::flow::label::{Anchor, LINE, Label, Line, Look};
use crate::flow::weave::Ending;
use crate::untrusted::Markup;
use std::collections::BTreeMap;

impl Drawing<'_> {
    /// Bars, gates, names and ends.
    pub(super) fn marks(&self, svg: &mut Markup, number: usize, run: &Run) {
        let base = self.placed.offsets[number];
        if let (RunKind::Branch(movement), Some(joint)) = (run.kind, &run.joint) {
            let there = self.placed.offsets[joint.run];
            let banks = (there + joint.top, there + joint.bottom);
            self.gate(svg, movement, joint.x_there + 200, banks);
        }
        let mut last_bar = -2_000;
        for reach in run.reaches.iter().filter(|reach| reach.is_hop) {
            let banks = (base + reach.top, base + reach.bottom);
            if let Some(movement) = reach.movement {
                let middle = i64::midpoint(reach.x0, reach.x1);
                self.gate(svg, movement, middle - 550, banks);
            }
            let is_junction = self.plan.stays[reach.stay].party.kind == PartyKind::Junction;
            if reach.x1 - last_bar >= 1_500 && !is_junction {
                last_bar = reach.x1;
                self.rect(
                    svg,
                    "bar",
                    (reach.x1 - 300, reach.x1),
                    (banks.0 - 200, banks.1 + 200),
                );
            }
        }
        if let Some(end) = &run.end {
            self.end(svg, base, end);
        }
        self.names(svg, base, run);
    }

    fn gate(&self, svg: &mut Markup, movement: usize, x: i64, banks: (i64, i64)) {
        if self.plan.moves[movement].is_inferred {
            self.rect(svg, "gate", (x, x + 1_100), (banks.0 - 500, banks.1 + 500));
        }
    }

    fn end(&self, svg: &mut Markup, base: i64, end: &RunEnd) {
        let (top, bottom) = (base + end.top, base + end.bottom);
        let ending = self.plan.stays[end.stay].ending;
        if ending.runs_on() {
            let (near, far) = (end.x, end.x + 400);
            self.stroke(svg, (near, top - 300), (far, top - 300));
            self.stroke(svg, (far, top - 300), (far, bottom + 300));
            self.stroke(svg, (near, bottom + 300), (far, bottom + 300));
            return;
        }
        let (wide, over) = if ending.is_stop() {
            (500, 400)
        } else {
            (300, 100)
        };
        self.rect(
            svg,
            "bar",
            (end.x, end.x + wide),
            (top - over, bottom + over),
        );
        if ending == Ending::Stop(StopRule::Coinjoin) {
            // A lattice: what comes out of it has no one way in.
            let (near, far) = (end.x - 1_300, end.x - 400);
            let n_cells = ((bottom - top) / 900).clamp(1, 8);
            for cell in 0..n_cells {
                let y0 = top + (bottom - top) * cell / n_cells;
                let y1 = top + (bottom - top) * (cell + 1) / n_cells;
                self.stroke(svg, (near, y0), (far, y1));
                self.stroke(svg, (near, y1), (far, y0));
            }
        }
    }

    /// The name of each stay, in its widest reach, if there is room.
    fn names(&self, svg: &mut Markup, base: i64, run: &Run) {
        let mut widest: BTreeMap<usize, &Reach> = BTreeMap::new();
        for reach in run.reaches.iter().filter(|reach| !reach.is_hop) {
            let known = widest.entry(reach.stay).or_insert(reach);
            if reach.x1 - reach.x0 > known.x1 - known.x0 {
                *known = reach;
            }
        }
        for (stay, reach) in widest {
            let stay = &self.plan.stays[stay];
            let is_dark = reach.load.certain > reach.load.total() / 2;
            let look = if is_dark { Look::OnDark } else { Look::Strong };
            let line = Line::new(look).party(stay.party, stay.step);
            let label = Label { lines: vec![line] };
            let (along, across) = if self.is_wide {
                (label.width(), LINE)
            } else {
                (LINE, label.width())
            };
            let is_source = run.kind == RunKind::Source && stay.source.is_some();
            if is_source
                || stay.party.kind == PartyKind::Junction
                || reach.load.unexplained > reach.load.total() / 3
                || reach.x1 - reach.x0 < along + 1_400
                || reach.bottom - reach.top < across + 200
            {
                continue;
            }
            let middle = base + i64::midpoint(reach.top, reach.bottom);
            if self.is_wide {
                label.write(svg, reach.x0 + 900, middle - LINE / 2, Anchor::Start);
            } else {
                label.write(
                    svg,
                    middle - label.width() / 2,
                    reach.x0 + 600,
                    Anchor::Start,
                );
            }
        }
    }
}
