//! Numbers as people write them.
//!
//! Laws: a number is read exactly or not at all; `1.200` alone is ambiguous and is decided by the habit
//! of the book, never by its own look; what is read prints as plain decimal text.

use super::lexicon::lexicon;
use super::sheet::{Cell, CellKind};
use super::text::digit;

/// Significant digits that a spreadsheet's number holds exactly.
const SPREADSHEET_DIGITS: usize = 15;

/// A number as read: plain decimal text with ASCII digits and a point, and what stood beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Number {
    pub(crate) negative: bool,
    /// Without sign.
    pub(crate) text: String,
    /// Currency code that stood in the cell, `10*IRR` for the toman.
    pub(crate) currency: Option<Box<str>>,
    /// Whether the habit of the book decided between two readings.
    pub(crate) by_habit: bool,
}

/// How a book writes its decimal mark.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NumberHabit {
    pub(crate) decimal: char,
}

impl Default for NumberHabit {
    fn default() -> Self {
        Self { decimal: '.' }
    }
}

/// What the numbers of a book say about its decimal mark.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Votes {
    pub(crate) point: usize,
    pub(crate) comma: usize,
    /// Numbers such as `1.200` and `1,200`.
    pub(crate) ambiguous_point: usize,
    pub(crate) ambiguous_comma: usize,
}

impl Votes {
    pub(crate) fn add(&mut self, text: &str) {
        let Some(body) = Body::of(text) else { return };
        match body.marks() {
            Some(Marks::Decimal('.') | Marks::Grouping(',')) => self.point += 1,
            Some(Marks::Decimal(',') | Marks::Grouping('.')) => self.comma += 1,
            Some(Marks::Ambiguous('.')) => self.ambiguous_point += 1,
            Some(Marks::Ambiguous(_)) => self.ambiguous_comma += 1,
            _ => {}
        }
    }

    /// The habit; without a single clear number, a mark before three digits groups thousands.
    pub(crate) const fn habit(self) -> NumberHabit {
        let comma = if self.point == self.comma {
            self.ambiguous_point > self.ambiguous_comma
        } else {
            self.comma > self.point
        };
        NumberHabit {
            decimal: if comma { ',' } else { '.' },
        }
    }
}

/// How the marks of a number read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Marks {
    None,
    Decimal(char),
    Grouping(char),
    /// One mark with three digits behind it.
    Ambiguous(char),
}

/// Sign, digits and marks of a number, and the words beside it.
struct Body {
    negative: bool,
    /// ASCII digits, `.`, `,` and `D` for a mark that is decimal in any book.
    digits: String,
    currency: Option<Box<str>>,
    factor: Option<u64>,
}

impl Body {
    fn of(text: &str) -> Option<Self> {
        let mut digits = String::new();
        let mut words = String::new();
        let (mut n_minus, mut parenthesis) = (0, false);
        for c in text.chars() {
            match c {
                _ if digit(c).is_some() => digits.extend(digit(c)),
                '.' | ',' if !words.is_empty() && digits.is_empty() => words.push(c),
                '.' | ',' => digits.push(c),
                '،' | '‚' => digits.push(','),
                '٫' => digits.push('D'),
                '-' | '−' | '–' => n_minus += 1,
                '(' | ')' => parenthesis = true,
                '+'
                | '٬'
                | '\''
                | '’'
                | '`'
                | '´'
                | '='
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{feff}' => {}
                c if c.is_whitespace() => words.push(' '),
                '/' | ':' | '#' | '*' | '\\' | '_' | '%' => return None,
                c => words.push(c),
            }
        }
        let (currency, factor) = beside(words.trim())?;
        // `1.200,-` ends in a mark and a dash that say "no hundredths".
        let trailing = digits.ends_with(['.', ',']);
        let negative = match (n_minus, parenthesis) {
            (0, parenthesis) => parenthesis,
            (1, false) if trailing => false,
            (1, false) => {
                let bare = text.trim();
                let at_end = bare.starts_with(['-', '−', '–']) || bare.ends_with(['-', '−', '–']);
                if !at_end && currency.is_none() {
                    return None;
                }
                true
            }
            _ if trailing => false,
            _ => return None,
        };
        let digits = digits.trim_end_matches(['.', ',']).to_owned();
        if !digits.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(Self {
            negative,
            digits,
            currency,
            factor,
        })
    }

    /// How its marks read; `None` if they make no number.
    fn marks(&self) -> Option<Marks> {
        let count = |mark: char| self.digits.matches(mark).count();
        let (points, commas) = (count('.'), count(','));
        if count('D') > 0 {
            return (count('D') == 1).then_some(Marks::Decimal('D'));
        }
        match (points, commas) {
            (0, 0) => Some(Marks::None),
            (_, 0) => self.one_mark('.', points),
            (0, _) => self.one_mark(',', commas),
            _ => {
                let last = self.digits.rfind(['.', ','])?;
                let decimal = if self.digits[last..].starts_with('.') {
                    '.'
                } else {
                    ','
                };
                let other = if decimal == '.' { ',' } else { '.' };
                let whole: Vec<&str> = self.digits[..last].split(other).collect();
                (count(decimal) == 1 && grouped(&whole)).then_some(Marks::Decimal(decimal))
            }
        }
    }

    fn one_mark(&self, mark: char, count: usize) -> Option<Marks> {
        let groups: Vec<&str> = self.digits.split(mark).collect();
        if count > 1 {
            return grouped(&groups).then_some(Marks::Grouping(mark));
        }
        let [whole, fraction] = groups.as_slice() else {
            return None;
        };
        let thousands =
            fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
        Some(if thousands {
            Marks::Ambiguous(mark)
        } else {
            Marks::Decimal(mark)
        })
    }
}

/// Whether digits are grouped as people group them: threes, or one three behind twos (lakh).
fn grouped(groups: &[&str]) -> bool {
    let [first, middle @ .., last] = groups else {
        return true;
    };
    let threes = middle.iter().all(|group| group.len() == 3);
    let twos = middle.iter().all(|group| group.len() == 2);
    (1..=3).contains(&first.len()) && last.len() == 3 && (threes || twos)
}

type Beside = (Option<Box<str>>, Option<u64>);

/// What words beside a number say; `None` if they say something else.
fn beside(words: &str) -> Option<Beside> {
    if words.is_empty() {
        return Some((None, None));
    }
    let lexicon = lexicon();
    let text = words.trim_matches(['.', ',', ' ']);
    if let Some(factor) = lexicon.factors.exact(text) {
        return Some((None, Some(factor)));
    }
    if let Some(code) = lexicon.currencies.exact(text) {
        return Some((Some(code), None));
    }
    let split = text.split_once(' ')?;
    let factor = lexicon.factors.exact(split.0)?;
    let code = lexicon.currencies.exact(split.1)?;
    Some((Some(code), Some(factor)))
}

/// Reads the number in a cell; `None` if there is none.
pub(crate) fn read(cell: &Cell, habit: NumberHabit) -> Option<Number> {
    match cell.kind {
        CellKind::Empty | CellKind::Other | CellKind::Date(_) => None,
        CellKind::Number => {
            let (negative, text) = match cell.text.strip_prefix('-') {
                Some(text) => (true, text),
                None => (false, &*cell.text),
            };
            let digits = text.trim_start_matches(['0', '.']);
            let n_digits = digits.bytes().filter(u8::is_ascii_digit).count();
            let significant = digits.trim_end_matches('0').len();
            // Beyond its digits a spreadsheet's number is rounded, so it is not the number written.
            (n_digits <= SPREADSHEET_DIGITS || significant < SPREADSHEET_DIGITS).then(|| Number {
                negative,
                text: text.to_owned(),
                currency: None,
                by_habit: false,
            })
        }
        CellKind::Text => read_text(&cell.text, habit),
    }
}

/// Reads a number in text; `None` if it is none.
pub(crate) fn read_text(text: &str, habit: NumberHabit) -> Option<Number> {
    let body = Body::of(text)?;
    let marks = body.marks()?;
    let decimal = match marks {
        Marks::Decimal(mark) => Some(mark),
        Marks::Ambiguous(mark) if mark == habit.decimal => Some(mark),
        Marks::None | Marks::Grouping(_) | Marks::Ambiguous(_) => None,
    };
    let mut plain = String::with_capacity(body.digits.len());
    for c in body.digits.chars() {
        if Some(c) == decimal {
            plain.push('.');
        } else if c.is_ascii_digit() {
            plain.push(c);
        }
    }
    if plain.starts_with('.') {
        plain.insert(0, '0');
    }
    if let Some(factor) = body.factor {
        plain = times(&plain, factor);
    }
    Some(Number {
        negative: body.negative,
        text: plain,
        currency: body.currency,
        by_habit: matches!(marks, Marks::Ambiguous(_)),
    })
}

/// Plain decimal text times a power of ten, by moving its point.
fn times(plain: &str, factor: u64) -> String {
    let places = factor.ilog10() as usize;
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let moved = places.min(fraction.len());
    let mut text = format!("{whole}{}", &fraction[..moved]);
    text.push_str(&"0".repeat(places - moved));
    if fraction.len() > moved {
        text.push('.');
        text.push_str(&fraction[moved..]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_as(text: &str, decimal: char) -> Option<String> {
        read_text(text, NumberHabit { decimal }).map(|number| {
            let sign = if number.negative { "-" } else { "" };
            format!("{sign}{}", number.text)
        })
    }

    #[test]
    fn reads_what_books_hold() {
        for (text, decimal, expected) in [
            ("1.200,50", ',', "1200.50"),
            ("1.200", ',', "1200"),
            ("1.200", '.', "1.200"),
            ("1,084", ',', "1.084"),
            ("23,230", '.', "23230"),
            ("1,00,000", '.', "100000"),
            ("1 234 567", '.', "1234567"),
            ("۱۲٬۵۰۰٫۷۵", '.', "12500.75"),
            ("٥٠٠", '.', "500"),
            ("12.5", ',', "12.5"),
            ("0.125", ',', "0.125"),
            ("-5", '.', "-5"),
            ("(1,200)", '.', "-1200"),
            ("250-", '.', "-250"),
            ("1.200,-", ',', "1200"),
            ("3'500.20", '.', "3500.20"),
            ("€ 1.200,00", ',', "1200.00"),
            ("2,5 میلیون", ',', "2500000"),
            ("3 لک", '.', "300000"),
            ("100 USD", '.', "100"),
        ] {
            assert_eq!(read_as(text, decimal).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "abc",
            "1.2.3",
            "16.05.2022",
            "12/5",
            "+43-65-386",
            "1e5",
            "12,34,5",
            "5 apples",
            "--",
        ] {
            assert_eq!(read_as(text, '.'), None, "{text}");
        }
        let long = Cell {
            text: "1234567890123456789".into(),
            kind: CellKind::Number,
        };
        assert_eq!(read(&long, NumberHabit::default()), None);
    }

    #[test]
    fn the_habit_comes_from_clear_numbers() {
        let habit = |numbers: &[&str]| {
            let mut votes = Votes::default();
            for number in numbers {
                votes.add(number);
            }
            votes.habit().decimal
        };
        assert_eq!(habit(&["1.200", "800,00", "1.308"]), ',');
        assert_eq!(habit(&["3,650", "1,099,730", "19.36"]), '.');
        assert_eq!(habit(&["1.200", "5.000"]), ',');
        assert_eq!(habit(&["1,200", "5"]), '.');
    }

    proptest! {
        #[test]
        fn grouped_numbers_read_back(units in 0_u64..10_u64.pow(12), decimal in prop::sample::select(vec!['.', ','])) {
            let digits = units.to_string();
            let group = if decimal == '.' { ',' } else { '.' };
            let mut written = String::new();
            for (index, digit) in digits.chars().enumerate() {
                if index > 0 && (digits.len() - index) % 3 == 0 {
                    written.push(group);
                }
                written.push(digit);
            }
            written.push(decimal);
            written.push_str("50");
            prop_assert_eq!(read_as(&written, decimal), Some(format!("{digits}.50")));
        }

        #[test]
        fn garbage_never_panics(text in "\\PC{0,20}") {
            let _ = read_as(&text, '.');
        }
    }
}
