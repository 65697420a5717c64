//! Bands, bars, gates and labels as SVG, with time to the right or, on a narrow screen, down.

use super::course::{Course, Frame, Mouth, Reach, Run, RunEnd, RunKind, Side};
use super::label::{Anchor, LINE, Label, Line, Look};
use super::notes;
use super::place::{Fixed, Placed};
use super::weave::{Ending, Load, Plan};
use crate::document::{PartyKind, StopRule};
use crate::untrusted::Markup;

/// Left edge of the bands in a narrow drawing; before it stand the ticks.
const NARROW_LEFT: i64 = 5_200;
/// Room between the bands and the labels of a narrow drawing.
const NARROW_ROOM: i64 = 900;
/// Width of a narrow drawing at least.
const NARROW_WIDTH: i64 = 36_000;

/// One block of the drawing, in one direction of time.
pub(super) struct Drawing<'d> {
    pub(super) plan: &'d Plan<'d>,
    pub(super) course: &'d Course,
    pub(super) frame: &'d Frame,
    pub(super) placed: Placed,
    pub(super) fixed: &'d [Fixed],
    pub(super) is_wide: bool,
    /// What stands in the corner: the asset, and what the scale bar means.
    pub(super) corner: Label,
    /// Height of the scale bar.
    pub(super) scale: i64,
    /// What the drawing says, in words.
    pub(super) summary: String,
}

/// A connector or a reach, between two places along.
struct Band {
    x0: i64,
    y0: i64,
    x1: i64,
    y1: i64,
    high: i64,
}

impl Drawing<'_> {
    pub(super) fn write(mut self, page: &mut Markup) {
        let mut body = Markup::default();
        let mut loose = if self.is_wide {
            self.loose()
        } else {
            Vec::new()
        };
        let (least, most) = self.placed.extent();
        let shift = if self.is_wide {
            400 - self.clear_corner(least)
        } else {
            NARROW_LEFT - least
        };
        for label in &mut loose {
            label.y += shift;
            label.leader = (label.leader.0 + shift, label.leader.1 + shift);
        }
        for offset in &mut self.placed.offsets {
            *offset += shift;
        }
        for room in &mut self.placed.taken {
            room.y0 += shift;
            room.y1 += shift;
        }
        let mut labels = Markup::default();
        let mut leaders = Markup::default();
        let (width, height) = if self.is_wide {
            self.wide_labels(&mut labels, &mut leaders, &loose);
            (95_200, self.placed.extent().1 + 400)
        } else {
            let column = most + shift + NARROW_ROOM;
            let used = self.narrow_labels(&mut labels, &mut leaders, column);
            let width = NARROW_WIDTH.max(column + 15_000);
            (width, used.max(self.frame.end + 1_500))
        };
        self.grid(&mut body, width, height);
        body.append(&leaders);
        self.bands(&mut body);
        body.append(&labels);
        if self.is_wide {
            self.corner.write(&mut body, 0, 0, Anchor::Start);
            body.raw("<rect class=\"fm\" width=\"8\"");
            body.length("x", self.corner.first_width() + 800);
            body.length("y", 1_300 - self.scale)
                .length("height", self.scale)
                .raw("/>");
        }
        page.raw("<svg")
            .attribute("class", if self.is_wide { "fw" } else { "nar" });
        page.raw(" viewBox=\"0 0 ")
            .hundredths(width)
            .raw(" ")
            .hundredths(height);
        page.raw("\" role=\"img\"")
            .attribute("aria-label", &self.summary)
            .raw(">");
        page.append(&body).raw("</svg>\n");
    }

    /// The least position across that leaves the corner to its label.
    fn clear_corner(&self, least: i64) -> i64 {
        let high = self.corner.height() + 300;
        let wide = self.corner.width().max(self.corner.first_width() + 1_600) + 600;
        let near = self.placed.taken.iter().filter(|room| room.x0 < wide);
        let near = near.map(|room| room.y0).min().unwrap_or(least + high);
        least.min(near - high)
    }

    fn grid(&self, svg: &mut Markup, width: i64, height: i64) {
        for tick in self.frame.axis.ticks() {
            let at = self
                .frame
                .axis
                .place(tick.seconds, self.frame.from, self.frame.to);
            if self.is_wide {
                line(svg, "gr", (at, 0), (at, height));
            } else {
                line(svg, "gr", (0, at), (width, at));
                let label = Label {
                    lines: vec![Line::new(Look::Muted).say(&tick.text)],
                };
                label.write(svg, 0, at, Anchor::Start);
            }
        }
    }

    fn bands(&self, svg: &mut Markup) {
        for (number, run) in self.course.runs.iter().enumerate() {
            self.connector(svg, number, run);
        }
        for merge in &self.course.merges {
            let (from, to) = (self.at(merge.from), self.at(merge.to));
            let band = Band {
                x0: merge.from.x,
                y0: from,
                x1: merge.to.x.max(merge.from.x + 1),
                y1: to,
                high: merge.from.bottom - merge.from.top,
            };
            let load = self.plan.moves[merge.movement].load;
            self.linked(svg, Some(merge.movement), |svg| {
                self.curve(svg, &band, load);
            });
        }
        for (number, run) in self.course.runs.iter().enumerate() {
            for reach in &run.reaches {
                let base = self.placed.offsets[number];
                let band = Band {
                    x0: reach.x0,
                    y0: base + reach.top,
                    x1: reach.x1,
                    y1: base + reach.top,
                    high: reach.bottom - reach.top,
                };
                self.linked(svg, reach.movement, |svg| {
                    self.curve(svg, &band, reach.load);
                });
            }
        }
        for (number, run) in self.course.runs.iter().enumerate() {
            self.marks(svg, number, run);
        }
    }

    fn at(&self, mouth: Mouth) -> i64 {
        self.placed.offsets[mouth.run] + mouth.top
    }

    fn connector(&self, svg: &mut Markup, number: usize, run: &Run) {
        let Some(joint) = &run.joint else { return };
        let there = self.placed.offsets[joint.run] + joint.top;
        let here = self.placed.offsets[number];
        let high = joint.bottom - joint.top;
        let is_inflow = run.kind == RunKind::Tributary;
        let band = if is_inflow {
            Band {
                x0: joint.x_here,
                y0: here,
                x1: joint.x_there,
                y1: there,
                high,
            }
        } else {
            Band {
                x0: joint.x_there,
                y0: there,
                x1: joint.x_here,
                y1: here,
                high,
            }
        };
        let movement = match run.kind {
            RunKind::Branch(number) => Some(number),
            _ => None,
        };
        self.linked(svg, movement, |svg| self.curve(svg, &band, run.load));
    }

    /// Puts what `draw` draws into a link to its step.
    fn linked(&self, svg: &mut Markup, movement: Option<usize>, draw: impl Fn(&mut Markup)) {
        let Some(movement) = movement.map(|number| &self.plan.moves[number]) else {
            svg.raw("<g>");
            draw(svg);
            svg.raw("</g>");
            return;
        };
        let step = movement.step;
        svg.raw("<a class=\"b\" href=\"#step")
            .number(step.number)
            .raw("\"><title>Step ");
        svg.number(step.number)
            .raw(": ")
            .svg_evidence(&step.from.plain())
            .raw(" to ");
        svg.svg_evidence(&step.to.plain())
            .raw(", ")
            .words(&step.amount.figure())
            .raw(" ");
        svg.svg_evidence(&step.amount.asset.symbol).raw("</title>");
        draw(svg);
        svg.raw("</a>");
    }

    /// Slabs from top to bottom, then the outline.
    fn curve(&self, svg: &mut Markup, band: &Band, load: Load) {
        let total = load.total();
        let mut done = 0_u128;
        for (amount, class) in [
            (load.clean, "fc"),
            (load.certain, "fm"),
            (load.policy, "fs"),
            (load.unexplained, "fh"),
        ] {
            if amount == 0 {
                continue;
            }
            let from = share(band.high, done, total);
            done += amount;
            let to = share(band.high, done, total);
            self.path(svg, class, band, from, to);
        }
        if band.y0 == band.y1 && band.x1 - band.x0 < 600 {
            return;
        }
        let outline = if load.unexplained > 0 && load.unexplained == total {
            "eu"
        } else {
            "e"
        };
        self.path(svg, outline, band, 0, band.high);
    }

    fn path(&self, svg: &mut Markup, class: &'static str, band: &Band, from: i64, to: i64) {
        let middle = i64::midpoint(band.x0, band.x1);
        svg.raw("<path class=\"").raw(class).raw("\" d=\"M");
        self.point(svg, band.x0, band.y0 + from);
        if band.y0 == band.y1 {
            svg.raw("L");
            self.point(svg, band.x1, band.y1 + from);
            svg.raw("L");
            self.point(svg, band.x1, band.y1 + to);
            svg.raw("L");
            self.point(svg, band.x0, band.y0 + to);
        } else {
            svg.raw("C");
            self.point(svg, middle, band.y0 + from);
            svg.raw(" ");
            self.point(svg, middle, band.y1 + from);
            svg.raw(" ");
            self.point(svg, band.x1, band.y1 + from);
            svg.raw("L");
            self.point(svg, band.x1, band.y1 + to);
            svg.raw("C");
            self.point(svg, middle, band.y1 + to);
            svg.raw(" ");
            self.point(svg, middle, band.y0 + to);
            svg.raw(" ");
            self.point(svg, band.x0, band.y0 + to);
        }
        svg.raw("Z\"/>");
    }

    fn point(&self, svg: &mut Markup, along: i64, across: i64) {
        let (x, y) = self.turned(along, across);
        svg.hundredths(x).raw(" ").hundredths(y);
    }

    const fn turned(&self, along: i64, across: i64) -> (i64, i64) {
        if self.is_wide {
            (along, across)
        } else {
            (across, along)
        }
    }

    /// A rectangle along × across.
    fn rect(&self, svg: &mut Markup, class: &'static str, along: (i64, i64), across: (i64, i64)) {
        let (x0, y0) = self.turned(along.0, across.0);
        let (x1, y1) = self.turned(along.1, across.1);
        svg.raw("<rect").attribute("class", class);
        svg.length("x", x0).length("y", y0);
        svg.length("width", (x1 - x0).max(10))
            .length("height", (y1 - y0).max(10))
            .raw("/>");
    }

    fn stroke(&self, svg: &mut Markup, from: (i64, i64), to: (i64, i64)) {
        line(
            svg,
            "x",
            self.turned(from.0, from.1),
            self.turned(to.0, to.1),
        );
    }

    /// Bars, gates, names and ends.
    fn marks(&self, svg: &mut Markup, number: usize, run: &Run) {
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
            if reach.x1 - last_bar >= 900 && !is_junction {
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
        let mut widest: std::collections::BTreeMap<usize, &Reach> =
            std::collections::BTreeMap::new();
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

    /// Labels of gates, each where there is room near its gate.
    fn loose(&mut self) -> Vec<Loose> {
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

    fn wide_labels(&self, labels: &mut Markup, leaders: &mut Markup, loose: &[Loose]) {
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
    fn narrow_labels(&self, labels: &mut Markup, leaders: &mut Markup, column: i64) -> i64 {
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

/// A label that found its own place.
struct Loose {
    label: Label,
    x: i64,
    y: i64,
    /// Place of the gate along, and the two ends of the leader across.
    gate: i64,
    leader: (i64, i64),
}

/// Where a gate stands.
struct Gate {
    movement: usize,
    x: i64,
    top: i64,
    bottom: i64,
}

fn share(high: i64, part: u128, whole: u128) -> i64 {
    let high = u128::try_from(high).unwrap_or(0);
    let share = moneytrail_model::money::mul_div_rem(high, part, whole.max(1));
    share.map_or(0, |(share, _)| i64::try_from(share).unwrap_or(0))
}

pub(super) fn line(svg: &mut Markup, class: &'static str, from: (i64, i64), to: (i64, i64)) {
    svg.raw("<line").attribute("class", class);
    svg.length("x1", from.0).length("y1", from.1);
    svg.length("x2", to.0).length("y2", to.1).raw("/>");
}
