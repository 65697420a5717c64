//! The only way into an HTML or SVG report.
//!
//! Law: markup is a `&'static str` of this program; everything else is escaped. Text of the evidence
//! stands in an isolate of its own (`bdi`, in SVG U+2068 … U+2069) and holds no character that could
//! end it: control characters, bidi controls and tag characters become U+FFFD, line ends become
//! spaces, and of a pile of combining marks no more than [`N_MARKS_MAX`] stay.

use crate::document::{Money, Party, Phrase, Span};
use std::fmt::Write as _;

/// Combining marks kept on one letter.
const N_MARKS_MAX: usize = 4;

/// What a character that may not pass becomes.
const REPLACEMENT: char = '\u{fffd}';

/// A page under construction.
#[derive(Debug, Default)]
pub(crate) struct Markup {
    text: String,
}

impl Markup {
    /// Markup of the program.
    pub(crate) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.text.push_str(markup);
        self
    }

    /// Words of the program: escaped, not isolated.
    pub(crate) fn words(&mut self, words: &str) -> &mut Self {
        push_escaped(&mut self.text, words);
        self
    }

    /// A number.
    pub(crate) fn number(&mut self, number: impl Into<i128>) -> &mut Self {
        let number: i128 = number.into();
        write!(self.text, "{number}").expect("writing to a string cannot fail");
        self
    }

    /// Text of the evidence, in an isolate.
    pub(crate) fn evidence(&mut self, text: &str) -> &mut Self {
        self.raw("<bdi>");
        push_escaped(&mut self.text, text);
        self.raw("</bdi>")
    }

    /// Text of the evidence inside SVG text, in an isolate.
    pub(crate) fn svg_evidence(&mut self, text: &str) -> &mut Self {
        self.text.push('\u{2068}');
        push_escaped(&mut self.text, text);
        self.text.push('\u{2069}');
        self
    }

    /// A locator or an id: isolated, left to right, breakable anywhere.
    pub(crate) fn code(&mut self, text: &str) -> &mut Self {
        self.raw("<code><bdi dir=\"ltr\">");
        push_escaped(&mut self.text, text);
        self.raw("</bdi></code>")
    }

    /// A hash in full, breakable after every eight digits.
    pub(crate) fn hash(&mut self, hash: &str) -> &mut Self {
        self.raw("<code class=\"hx\"><bdi dir=\"ltr\">");
        for (position, digit) in hash.chars().enumerate() {
            if position > 0 && position.is_multiple_of(8) {
                self.raw("<wbr>");
            }
            push_escaped(&mut self.text, digit.encode_utf8(&mut [0; 4]));
        }
        self.raw("</bdi></code>")
    }

    /// An attribute, with a space before it.
    pub(crate) fn attribute(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.raw(" ").raw(name).raw("=\"");
        push_escaped(&mut self.text, value);
        self.raw("\"")
    }

    /// A numeric attribute in hundredths of a pixel.
    pub(crate) fn length(&mut self, name: &'static str, hundredths: i64) -> &mut Self {
        self.raw(" ").raw(name).raw("=\"");
        self.hundredths(hundredths).raw("\"")
    }

    /// Hundredths as a decimal, without zeros at the end.
    pub(crate) fn hundredths(&mut self, hundredths: i64) -> &mut Self {
        let sign = if hundredths < 0 { "-" } else { "" };
        let whole = hundredths.unsigned_abs() / 100;
        let written = match hundredths.unsigned_abs() % 100 {
            0 => write!(self.text, "{sign}{whole}"),
            part if part % 10 == 0 => write!(self.text, "{sign}{whole}.{}", part / 10),
            part => write!(self.text, "{sign}{whole}.{part:02}"),
        };
        written.expect("writing to a string cannot fail");
        self
    }

    /// Figure and symbol.
    pub(crate) fn amount(&mut self, amount: &Money) -> &mut Self {
        self.words(&amount.figure())
            .raw("\u{a0}")
            .evidence(&amount.asset.symbol)
    }

    /// The name of a party, or the word that masks it, or both.
    pub(crate) fn party(&mut self, party: &Party) -> &mut Self {
        if let Some(name) = party.shown() {
            self.evidence(name);
        }
        if let Some(role) = party.mask {
            if party.shown().is_some() {
                self.raw(" ");
            }
            self.raw("<span class=\"mask\">masked: ")
                .words(role.as_str())
                .raw("</span>");
        }
        self
    }

    /// A sentence.
    pub(crate) fn phrase(&mut self, phrase: &Phrase) -> &mut Self {
        for span in &phrase.0 {
            match span {
                Span::Words(words) => self.words(words),
                Span::Evidence(text) => self.evidence(text),
                Span::Code(text) => self.code(text),
                Span::Amount(amount) => self.amount(amount),
                Span::Figure(amount) => self.words(&amount.figure()),
                Span::Party(party) => self.party(party),
                Span::Step(number) => {
                    self.raw("<a href=\"#step").number(*number).raw("\">step ");
                    self.number(*number).raw("</a>")
                }
                Span::Claim(id) | Span::Finding(id) | Span::Exhibit(id) => self.link(id, id),
            };
        }
        self
    }

    /// A link within the page, to the anchor of `id`.
    pub(crate) fn link(&mut self, id: &str, text: &str) -> &mut Self {
        self.raw("<a")
            .attribute("href", &format!("#{}", anchor(id)))
            .raw(">")
            .words(text)
            .raw("</a>")
    }

    /// Appends what was built elsewhere by the same rules.
    pub(crate) fn append(&mut self, other: &Self) -> &mut Self {
        self.text.push_str(&other.text);
        self
    }

    /// What was built.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// The id of an element that stands for a claim, finding or exhibit: letters and digits of its
/// number, so that an id from a document can never be a fragment of markup.
pub(crate) fn anchor(id: &str) -> String {
    let mut anchor = String::from("r-");
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() {
            anchor.push(char::from(byte.to_ascii_lowercase()));
        } else {
            write!(anchor, "-{byte:02x}").expect("writing to a string cannot fail");
        }
    }
    anchor
}

/// The text as it may be shown: what could end its isolate or overprint its line is replaced.
pub(crate) fn harmless(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut n_marks = 0;
    text.chars().filter_map(move |letter| {
        if is_mark(letter) {
            n_marks += 1;
            return (n_marks <= N_MARKS_MAX).then_some(letter);
        }
        n_marks = 0;
        Some(match letter {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' | '\u{85}' | '\u{b}' | '\u{c}' => ' ',
            _ if is_harmful(letter) => REPLACEMENT,
            _ => letter,
        })
    })
}

fn push_escaped(out: &mut String, text: &str) {
    for letter in harmless(text) {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
}

/// Controls, bidi controls, invisible tags, interlinear marks, noncharacters. The joiners U+200C and
/// U+200D stay: Persian and Indic spelling needs them.
pub(crate) fn is_harmful(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{fdd0}'..='\u{fdef}'
                | '\u{feff}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
        || u32::from(letter) & 0xfffe == 0xfffe
}

/// Marks that stand on the letter before them, in the scripts that pile them up.
fn is_mark(letter: char) -> bool {
    matches!(
        letter,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5bd}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{6d6}'..='\u{6dc}'
            | '\u{6df}'..='\u{6e4}'
            | '\u{e31}'
            | '\u{e34}'..='\u{e3a}'
            | '\u{e47}'..='\u{e4e}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fe20}'..='\u{fe2f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(text: &str) -> String {
        let mut markup = Markup::default();
        markup.evidence(text);
        markup.finish()
    }

    #[test]
    fn evidence_is_never_markup() {
        assert_eq!(
            evidence("\"><svg onload='x'>&"),
            "<bdi>&quot;&gt;&lt;svg onload=&#39;x&#39;&gt;&amp;</bdi>"
        );
    }

    #[test]
    fn evidence_cannot_leave_its_isolate() {
        assert_eq!(
            evidence("a\u{202e}b\u{2069}c\0d\ne\u{9b}f"),
            "<bdi>a\u{fffd}b\u{fffd}c\u{fffd}d e\u{fffd}f</bdi>"
        );
        assert_eq!(evidence("می\u{200c}شود"), "<bdi>می\u{200c}شود</bdi>");
    }

    #[test]
    fn marks_do_not_pile_up() {
        let pile = format!("a{}b", "\u{301}".repeat(500));
        assert_eq!(
            harmless(&pile).collect::<String>(),
            "a\u{301}\u{301}\u{301}\u{301}b"
        );
    }

    #[test]
    fn anchors_are_letters_and_digits() {
        assert_eq!(anchor("C1"), "r-c1");
        assert_eq!(anchor("\"><"), "r--22-3e-3c");
    }

    #[test]
    fn hundredths_read_as_decimals() {
        let mut markup = Markup::default();
        for hundredths in [0, 5, 10, 150, -5, -1234] {
            markup.hundredths(hundredths).raw(" ");
        }
        assert_eq!(markup.finish(), "0 0.05 0.1 1.5 -0.05 -12.34 ");
    }
}
