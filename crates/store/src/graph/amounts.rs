//! Amounts in four, eight or sixteen bytes, whichever takes the fewest in all.
//!
//! Law: what goes in comes out. Of the codes of a narrow column, those with the highest bit clear are
//! the amount itself; all ones is unknown; the others, less that bit, number the distinct amounts that
//! do not fit, which stand in a list of their own. So a rare great amount costs its sixteen bytes once,
//! and no amount is searched for. A column of sixteen bytes holds amounts as they are.

use super::column::Column;
use super::file::{Sink, Source};
use crate::Error;
use moneytrail_model::Amount;

const HIGH_WORD: u32 = 1 << 31;
const HIGH_LONG: u64 = 1 << 63;
/// Stored in sixteen bytes for an amount that the evidence does not say.
const UNKNOWN: i128 = i128::MIN;

/// A column of amounts that may be unknown.
#[derive(Clone, Debug)]
pub(super) struct Amounts {
    codes: Codes,
    /// Distinct amounts that no code says, ascending.
    beyond: Column<i128>,
}

#[derive(Clone, Debug)]
enum Codes {
    Word(Column<u32>),
    Long(Column<u64>),
    Exact(Column<i128>),
}

impl Amounts {
    /// The units, in order; `each` is gone through twice. O(n), and O(d log d) in the distinct amounts
    /// that do not fit.
    pub(super) fn new<I: ExactSizeIterator<Item = Option<i128>>>(each: impl Fn() -> I) -> Self {
        let n_values = each().len();
        // Beyond these numbers the next width is smaller.
        let mut over_word = Distinct::below(n_values / 4);
        let mut over_long = Distinct::below(n_values / 2);
        for units in each().flatten() {
            if !(0..i128::from(HIGH_WORD)).contains(&units) {
                over_word.add(units);
                if !(0..i128::from(HIGH_LONG)).contains(&units) {
                    over_long.add(units);
                }
            }
        }
        let place = |beyond: &[i128], units| beyond.binary_search(&units).expect("collected");
        if let Some(beyond) = over_word.sorted() {
            let code = |units: Option<i128>| match units.map(u32::try_from) {
                None => u32::MAX,
                Some(Ok(code)) if code < HIGH_WORD => code,
                Some(_) => {
                    let place = place(&beyond, units.expect("it is some"));
                    HIGH_WORD | u32::try_from(place).expect("at most a quarter of the values")
                }
            };
            return Self {
                codes: Codes::Word(each().map(code).collect::<Vec<_>>().into()),
                beyond: beyond.into(),
            };
        }
        if let Some(beyond) = over_long.sorted() {
            let code = |units: Option<i128>| match units.map(u64::try_from) {
                None => u64::MAX,
                Some(Ok(code)) if code < HIGH_LONG => code,
                Some(_) => HIGH_LONG | place(&beyond, units.expect("it is some")) as u64,
            };
            return Self {
                codes: Codes::Long(each().map(code).collect::<Vec<_>>().into()),
                beyond: beyond.into(),
            };
        }
        let exact = each().map(|units| units.unwrap_or(UNKNOWN));
        Self {
            codes: Codes::Exact(exact.collect::<Vec<_>>().into()),
            beyond: Column::default(),
        }
    }

    /// The amount at `idx`; `None` if it is unknown.
    #[inline]
    pub(super) fn get(&self, idx: usize) -> Option<Amount> {
        let units = match &self.codes {
            Codes::Word(codes) => match codes[idx] {
                u32::MAX => None,
                code if code < HIGH_WORD => return Some(Amount::from_u64(code.into())),
                code => Some(self.beyond[(code ^ HIGH_WORD) as usize]),
            },
            Codes::Long(codes) => match codes[idx] {
                u64::MAX => None,
                code if code < HIGH_LONG => return Some(Amount::from_u64(code)),
                code => {
                    let place = usize::try_from(code ^ HIGH_LONG);
                    Some(self.beyond[place.expect("a place in memory")])
                }
            },
            Codes::Exact(values) => Some(values[idx]).filter(|&units| units != UNKNOWN),
        };
        units.map(|units| Amount::new(units).expect("amounts were bounded when they were packed"))
    }

    pub(super) fn len(&self) -> usize {
        match &self.codes {
            Codes::Word(codes) => codes.len(),
            Codes::Long(codes) => codes.len(),
            Codes::Exact(values) => values.len(),
        }
    }

    pub(super) fn save<'a>(&'a self, sink: &mut Sink<'a>, part: &'static str) {
        match &self.codes {
            Codes::Word(codes) => sink.column(part, codes),
            Codes::Long(codes) => sink.column(part, codes),
            Codes::Exact(values) => sink.column(part, values),
        }
        sink.column(part, &self.beyond);
    }

    pub(super) fn open(source: &mut Source<'_>) -> Result<Self, Error> {
        let codes = match source.width()? {
            4 => Codes::Word(source.column()?),
            8 => Codes::Long(source.column()?),
            _ => Codes::Exact(source.column()?),
        };
        Ok(Self {
            codes,
            beyond: source.column()?,
        })
    }
}

/// Distinct values, as long as they are no more than a limit.
struct Distinct {
    values: Vec<i128>,
    n_max: usize,
    /// How many are gathered before they are sorted again.
    n_gathered_max: usize,
    is_exceeded: bool,
}

impl Distinct {
    const fn below(n_max: usize) -> Self {
        Self {
            values: Vec::new(),
            n_max,
            n_gathered_max: 1 << 16,
            is_exceeded: false,
        }
    }

    fn add(&mut self, value: i128) {
        if self.is_exceeded {
            return;
        }
        self.values.push(value);
        if self.values.len() > self.n_gathered_max {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.values.sort_unstable();
        self.values.dedup();
        self.n_gathered_max = self.n_gathered_max.max(2 * self.values.len());
        if self.values.len() > self.n_max {
            (self.is_exceeded, self.values) = (true, Vec::new());
        }
    }

    fn sorted(mut self) -> Option<Vec<i128>> {
        self.settle();
        (!self.is_exceeded).then_some(self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn width_of(units: &[Option<i128>]) -> usize {
        let amounts = Amounts::new(|| units.iter().copied());
        assert_eq!(amounts.len(), units.len());
        for (idx, &units) in units.iter().enumerate() {
            assert_eq!(amounts.get(idx).map(Amount::units), units);
        }
        match amounts.codes {
            Codes::Word(_) => 4,
            Codes::Long(_) => 8,
            Codes::Exact(_) => 16,
        }
    }

    #[test]
    fn the_width_with_the_fewest_bytes_is_taken() {
        let (word, long) = (i128::from(HIGH_WORD), i128::from(HIGH_LONG));
        let mostly = |common: i128, rare: i128| -> Vec<Option<i128>> {
            let one = |idx: i128| if idx % 9 == 0 { rare } else { common - idx };
            let mut units: Vec<Option<i128>> = (0..90).map(one).map(Some).collect();
            units.push(None);
            units
        };
        assert_eq!(width_of(&[]), 4);
        assert_eq!(width_of(&[None]), 4);
        assert_eq!(width_of(&mostly(word - 1, -5)), 4);
        assert_eq!(width_of(&mostly(word - 1, word)), 4);
        assert_eq!(width_of(&mostly(word - 1, 10_i128.pow(38) - 1)), 4);
        assert_eq!(width_of(&mostly(word + 90, 1)), 8);
        assert_eq!(width_of(&mostly(long - 1, long)), 8);
        assert_eq!(width_of(&mostly(long - 1, 1 - 10_i128.pow(38))), 8);
        assert_eq!(width_of(&mostly(long + 90, 1)), 16);
        let distinct: Vec<Option<i128>> = (0..200_000).map(|idx| Some(word + idx)).collect();
        assert_eq!(width_of(&distinct), 8, "gathered in several turns");
    }
}
