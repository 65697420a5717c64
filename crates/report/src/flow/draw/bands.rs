//! Bands: reaches, connectors and merges, in slabs by tone.

use super::{Drawing, line};
use crate::flow::course::{Mouth, Run, RunKind};
use crate::flow::weave::Load;
use crate::untrusted::Markup;

/// A connector or a reach, between two places along.
struct Band {
    x0: i64,
    y0: i64,
    x1: i64,
    y1: i64,
    high: i64,
}

impl Drawing<'_> {
    pub(super) fn bands(&self, svg: &mut Markup) {
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
    pub(super) fn rect(
        &self,
        svg: &mut Markup,
        class: &'static str,
        along: (i64, i64),
        across: (i64, i64),
    ) {
        let (x0, y0) = self.turned(along.0, across.0);
        let (x1, y1) = self.turned(along.1, across.1);
        svg.raw("<rect").attribute("class", class);
        svg.length("x", x0).length("y", y0);
        svg.length("width", (x1 - x0).max(10))
            .length("height", (y1 - y0).max(10))
            .raw("/>");
    }

    pub(super) fn stroke(&self, svg: &mut Markup, from: (i64, i64), to: (i64, i64)) {
        line(
            svg,
            "x",
            self.turned(from.0, from.1),
            self.turned(to.0, to.1),
        );
    }
}

fn share(high: i64, part: u128, whole: u128) -> i64 {
    let high = u128::try_from(high).unwrap_or(0);
    let share = moneytrail_model::money::mul_div_rem(high, part, whole.max(1));
    share.map_or(0, |(share, _)| i64::try_from(share).unwrap_or(0))
}
