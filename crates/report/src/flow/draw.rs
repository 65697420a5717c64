//! Bands, bars, gates and labels as SVG, with time to the right or, on a narrow screen, down.

mod bands;
mod labels;
mod marks;

use super::course::{Course, Frame};
use super::label::{Anchor, Label, Line, Look};
use super::place::{Fixed, Placed};
use super::weave::Plan;
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
}

pub(super) fn line(svg: &mut Markup, class: &'static str, from: (i64, i64), to: (i64, i64)) {
    svg.raw("<line").attribute("class", class);
    svg.length("x1", from.0).length("y1", from.1);
    svg.length("x2", to.0).length("y2", to.1).raw("/>");
}
