//! Text in a drawing: measured by a table, wrapped, never cut.
//!
//! Law: every piece of evidence stands in its own isolate, on every line that it wraps onto. A name
//! too long for a drawing is not cut: the drawing points to the step that has it in full.

use crate::document::Party;
use crate::untrusted::{Markup, harmless};

/// Longest name that a drawing writes out, in characters.
const N_NAME_MAX: usize = 96;

/// Hundredths of a pixel from line to line.
pub(super) const LINE: i64 = 1_450;

/// How a line looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Look {
    Plain,
    Strong,
    Muted,
    OnDark,
}

impl Look {
    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "pl",
            Self::Strong => "w",
            Self::Muted => "mu",
            Self::OnDark => "on",
        }
    }
}

/// A piece of a line.
#[derive(Clone, Debug)]
enum Word {
    Program(String),
    Evidence(String),
}

/// A line before or after wrapping.
#[derive(Clone, Debug)]
pub(super) struct Line {
    look: Look,
    words: Vec<Word>,
}

impl Line {
    pub(super) const fn new(look: Look) -> Self {
        Self {
            look,
            words: Vec::new(),
        }
    }

    /// Words of the program; spaces part them.
    pub(super) fn say(mut self, words: &str) -> Self {
        let words = words.split(' ').filter(|word| !word.is_empty());
        self.words
            .extend(words.map(|word| Word::Program(word.to_owned())));
        self
    }

    /// Text of the evidence.
    pub(super) fn evidence(mut self, text: &str) -> Self {
        let text: String = harmless(text).collect();
        let words = text.split(' ').filter(|word| !word.is_empty());
        self.words
            .extend(words.map(|word| Word::Evidence(word.to_owned())));
        self
    }

    /// A name, or a pointer to the step that has it.
    pub(super) fn party(self, party: &Party, step: u32) -> Self {
        let Some(name) = party.shown() else {
            return self.say("a masked person");
        };
        let n_letters = name.chars().count();
        if n_letters > N_NAME_MAX {
            return self.say(&format!("(name of {n_letters} characters: step {step})"));
        }
        self.evidence(name)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Lines no wider than `width`; a word wider than that is parted.
    pub(super) fn wrap(&self, width: i64) -> Vec<Self> {
        let mut lines = vec![Self::new(self.look)];
        let mut used = 0;
        for word in self.words.iter().flat_map(|word| self.part(word, width)) {
            let wide = self.width_of(&word);
            let space = if used == 0 { 0 } else { SPACE };
            if used > 0 && used + space + wide > width {
                lines.push(Self::new(self.look));
                used = wide;
            } else {
                used += space + wide;
            }
            if let Some(line) = lines.last_mut() {
                line.words.push(word);
            }
        }
        lines
    }

    fn part(&self, word: &Word, width: i64) -> Vec<Word> {
        if self.width_of(word) <= width {
            return vec![word.clone()];
        }
        let (text, is_evidence) = match word {
            Word::Program(text) => (text, false),
            Word::Evidence(text) => (text, true),
        };
        let mut parts = vec![String::new()];
        let mut used = 0;
        for letter in text.chars() {
            let wide = advance(letter, self.look);
            if used > 0 && used + wide > width {
                // Between thousands if there are any, else anywhere.
                let last = parts.last_mut().map(|part| match part.rfind('\u{202f}') {
                    Some(space) => part.split_off(space),
                    None => String::new(),
                });
                let tail = last.unwrap_or_default();
                let tail = tail.trim_start_matches('\u{202f}').to_owned();
                used = tail.chars().map(|letter| advance(letter, self.look)).sum();
                parts.push(tail);
            }
            used += wide;
            if let Some(part) = parts.last_mut() {
                part.push(letter);
            }
        }
        let word = if is_evidence {
            Word::Evidence
        } else {
            Word::Program
        };
        parts.into_iter().map(word).collect()
    }

    fn width_of(&self, word: &Word) -> i64 {
        let (Word::Program(text) | Word::Evidence(text)) = word;
        text.chars().map(|letter| advance(letter, self.look)).sum()
    }

    pub(super) fn width(&self) -> i64 {
        let words: i64 = self.words.iter().map(|word| self.width_of(word)).sum();
        let n_spaces = i64::try_from(self.words.len().saturating_sub(1)).unwrap_or(0);
        words + n_spaces * SPACE
    }

    fn write(&self, svg: &mut Markup) {
        let mut evidence = String::new();
        for (position, word) in self.words.iter().enumerate() {
            let before = position.checked_sub(1).and_then(|at| self.words.get(at));
            match word {
                Word::Evidence(text) => {
                    if !evidence.is_empty() {
                        evidence.push(' ');
                    } else if before.is_some() {
                        svg.raw(" ");
                    }
                    evidence.push_str(text);
                }
                Word::Program(text) => {
                    if !evidence.is_empty() {
                        svg.svg_evidence(&std::mem::take(&mut evidence));
                    }
                    let is_mark = text.starts_with([',', '.', ':', ')']);
                    if before.is_some() && !is_mark {
                        svg.raw(" ");
                    }
                    svg.words(text);
                }
            }
        }
        if !evidence.is_empty() {
            svg.svg_evidence(&evidence);
        }
    }
}

const SPACE: i64 = 400;

/// Width of a letter at 12.5 px in the widest of the fonts asked for.
const fn advance(letter: char, look: Look) -> i64 {
    let plain = match letter {
        '\u{300}'..='\u{36f}'
        | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}'
        | '\u{200c}'
        | '\u{200d}' => 0,
        '\u{202f}' | ' ' => 300,
        'r' | 't' | 'f' | '-' | '(' | ')' | '/' => 520,
        's' | 'z' | 'c' => 690,
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '!' | '|' => 400,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 1_180,
        'A'..='Z' => 880,
        '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{ffef}' | '\u{1f000}'..='\u{3ffff}' => 1_300,
        _ => 760,
    };
    match look {
        Look::Strong | Look::OnDark => plain + plain * 3 / 20,
        _ => plain,
    }
}

/// Which edge of the text a position means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Anchor {
    Start,
    End,
}

/// Lines already wrapped.
#[derive(Clone, Debug, Default)]
pub(super) struct Label {
    pub(super) lines: Vec<Line>,
}

impl Label {
    pub(super) fn wrapped(lines: &[Line], width: i64) -> Self {
        let lines = lines.iter().filter(|line| !line.is_empty());
        Self {
            lines: lines.flat_map(|line| line.wrap(width)).collect(),
        }
    }

    pub(super) fn width(&self) -> i64 {
        self.lines.iter().map(Line::width).max().unwrap_or(0)
    }

    /// Width of the first line alone.
    pub(super) fn first_width(&self) -> i64 {
        self.lines.first().map_or(0, Line::width)
    }

    pub(super) fn height(&self) -> i64 {
        i64::try_from(self.lines.len()).unwrap_or(0) * LINE
    }

    /// Writes the lines, the top of the first at `y`.
    pub(super) fn write(&self, svg: &mut Markup, x: i64, y: i64, anchor: Anchor) {
        if self.lines.is_empty() {
            return;
        }
        svg.raw("<text").length("y", y + LINE * 4 / 5);
        if anchor == Anchor::End {
            svg.raw(" text-anchor=\"end\"");
        }
        svg.raw(">");
        for (position, line) in self.lines.iter().enumerate() {
            svg.raw("<tspan").length("x", x);
            if position > 0 {
                svg.length("dy", LINE);
            }
            svg.attribute("class", line.look.class()).raw(">");
            line.write(svg);
            svg.raw("</tspan>");
        }
        svg.raw("</text>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_wraps_and_is_not_cut() {
        let name = "a".repeat(60);
        let label = Label::wrapped(&[Line::new(Look::Plain).evidence(&name)], 10_000);
        let mut svg = Markup::default();
        label.write(&mut svg, 0, 0, Anchor::Start);
        let text = svg.finish();
        assert_eq!(
            text.matches('a').count()
                - text.matches("class").count()
                - text.matches("span").count(),
            60
        );
        assert!(label.lines.iter().all(|line| line.width() <= 10_000));
        assert_eq!(text.matches('\u{2068}').count(), label.lines.len());
    }

    #[test]
    fn a_name_beyond_measure_points_to_its_step() {
        let party = Party::account("a", &"x".repeat(10_000));
        let line = Line::new(Look::Plain).party(&party, 7);
        let mut svg = Markup::default();
        Label { lines: vec![line] }.write(&mut svg, 0, 0, Anchor::Start);
        assert!(svg.finish().contains("(name of 10000 characters: step 7)"));
    }
}
