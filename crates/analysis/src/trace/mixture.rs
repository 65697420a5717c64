//! Origins carried as mixtures: pro rata to the sources in time linear in an account's degree.
//!
//! Laws. What reaches is, for each asset, shared among origins to the unit: the parts sum to what arrived, and each is its share of the pools,
//! off by less than 2⁻³⁹ of a unit for ten million mixtures, rounded once, down or up (`table`). Rule 5 rounds at each draw instead: the two differ by less than
//! one unit for each draw, times the rates of the conversions behind it.
//!
//! Method. A pool holds one mixture. What arrives makes a new one of what was held and what came, by units; an outflow takes the
//! mixture along as it is, because pro rata draws from all alike. What reached is then carried back from the latest mixture to
//! the earliest, in units and 2⁻⁶⁴ of one (the adjoint of the forward sum, as in reverse accumulation). O(n log n) in the mixtures that are in what
//! reached; 48 bytes for each mixture, and 40 while it is carried back.

use super::view::N_UNWATCHED;
use moneytrail_model::money::mul_div_rem;
use moneytrail_model::trace::Label;
use moneytrail_model::{Stop, Watch};

/// What stands for no mixture.
const NONE: u32 = u32::MAX;

/// What a mixture is made of: two earlier ones, by units; or an origin alone, where the units are zero.
#[derive(Clone, Copy, Debug)]
struct Made {
    of: [u32; 2],
    units: [u128; 2],
}

impl Made {
    /// The origin that it is alone.
    fn alone(self) -> Option<u32> {
        (self.units == [0; 2]).then_some(self.of[0])
    }
}

/// Units and 2⁻⁶⁴ of one.
pub(super) type Exact = (u128, u64);

/// All mixtures of one trace, each later than those that it is made of.
#[derive(Debug, Default)]
pub(super) struct Mixtures {
    made: Vec<Made>,
    /// By position of an origin: its mixture, which it is alone.
    alone: Vec<u32>,
}

impl Mixtures {
    fn push(&mut self, made: Made) -> u32 {
        let number = u32::try_from(self.made.len()).expect("fewer than 2³² mixtures");
        self.made.push(made);
        number
    }

    /// Enters the next origin.
    pub(super) fn enter(&mut self) {
        let position = u32::try_from(self.alone.len()).expect("fewer than 2³² origins");
        let of = [position, NONE];
        let number = self.push(Made { of, units: [0; 2] });
        self.alone.push(number);
    }

    /// The origin that a mixture is alone.
    pub(super) fn origin(&self, mixture: u32) -> Option<u32> {
        self.made[mixture as usize].alone()
    }

    /// The mixture that an origin is alone.
    pub(super) fn alone(&self, origin: u32) -> u32 {
        self.alone[origin as usize]
    }

    /// The label of two labels with units of each, positive; money of no origin is one too.
    pub(super) fn mix(&mut self, held: (Label, u128), came: (Label, u128)) -> Label {
        let number = |label| match label {
            Label::Seed(number) => number,
            Label::Clean | Label::Unexplained => NONE,
        };
        let of = [number(held.0), number(came.0)];
        if of[0] == of[1] {
            return held.0;
        }
        Label::Seed(self.push(Made {
            of,
            units: [held.1, came.1],
        }))
    }

    /// Room to carry back in.
    pub(super) fn scales(&self) -> Scales {
        Scales {
            held: vec![(0, 0); self.made.len()],
            is_met: vec![false; self.made.len()],
            met: Vec::new(),
        }
    }

    /// What of units of mixtures is of each origin, by its position, ascending; and what is of none.
    pub(super) fn carry_back(
        &self,
        units: &[(u32, u128)],
        scales: &mut Scales,
        watch: &dyn Watch,
    ) -> Result<(Vec<(u32, Exact)>, Exact), Stop> {
        let Scales { held, is_met, met } = scales;
        let mut meet = |number: u32, met: &mut Vec<u32>| {
            if let Some(is_met) = is_met.get_mut(number as usize)
                && !std::mem::replace(is_met, true)
            {
                met.push(number);
            }
        };
        for &(mixture, units) in units {
            held[mixture as usize].0 += units;
            meet(mixture, met);
        }
        let mut nth = 0;
        while let Some(&number) = met.get(nth) {
            if nth.is_multiple_of(N_UNWATCHED) {
                watch.check()?;
            }
            let made = self.made[number as usize];
            if made.alone().is_none() {
                made.of.into_iter().for_each(|of| meet(of, met));
            }
            nth += 1;
        }
        // Each is later than those that it is made of.
        met.sort_unstable_by(|a, b| b.cmp(a));
        let (mut found, mut of_none) = (Vec::new(), (0, 0));
        for (nth, number) in met.drain(..).enumerate() {
            if nth.is_multiple_of(N_UNWATCHED) {
                watch.check()?;
            }
            is_met[number as usize] = false;
            let (of, made) = (
                std::mem::take(&mut held[number as usize]),
                self.made[number as usize],
            );
            if let Some(origin) = made.alone() {
                found.push((origin, of));
                continue;
            }
            let first = share(of, made.units);
            for (number, part) in made.of.into_iter().zip([first, less(of, first)]) {
                let to = held.get_mut(number as usize).unwrap_or(&mut of_none);
                *to = more(*to, part);
            }
        }
        found.sort_unstable();
        Ok((found, of_none))
    }

    /// By mixture, the first of some origins that is in it; `None` of one that has none of them.
    pub(super) fn first_of(&self, is_asked: impl Fn(u32) -> bool) -> Vec<Option<u32>> {
        let mut first: Vec<Option<u32>> = Vec::with_capacity(self.made.len());
        for made in &self.made {
            let of = |number: u32| first.get(number as usize).copied().flatten();
            let found = match (made.alone(), made.of.map(of)) {
                (Some(origin), _) => Some(origin).filter(|&origin| is_asked(origin)),
                (None, [Some(a), Some(b)]) => Some(a.min(b)),
                (None, [a, b]) => a.or(b),
            };
            first.push(found);
        }
        first
    }
}

/// Room for what is carried back, by mixture; empty between two times.
#[derive(Debug)]
pub(super) struct Scales {
    held: Vec<Exact>,
    is_met: Vec<bool>,
    met: Vec<u32>,
}

/// The part of the first of two in units that are of both, rounded down.
fn share((units, rest): Exact, of: [u128; 2]) -> Exact {
    let sum = of[0] + of[1];
    let part = |a: u128, b: u128| {
        mul_div_rem(a, b, sum).expect("one of the factors is no more than the divisor")
    };
    let (whole, left) = part(units, of[0]);
    let rest = part(left, 1 << 64).0 + part(u128::from(rest), of[0]).0;
    let [carry, rest] = [rest >> 64, rest & u128::from(u64::MAX)];
    (whole + carry, u64::try_from(rest).unwrap_or(u64::MAX))
}

fn more(a: Exact, b: Exact) -> Exact {
    let (rest, carries) = a.1.overflowing_add(b.1);
    (a.0 + b.0 + u128::from(carries), rest)
}

fn less(a: Exact, b: Exact) -> Exact {
    let (rest, borrows) = a.1.overflowing_sub(b.1);
    (a.0 - b.0 - u128::from(borrows), rest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn three_origins_in_one_pool_of_which_a_part_reached() {
        let mut mixtures = Mixtures::default();
        (0..3).for_each(|_| mixtures.enter());
        let [a, b, c] = [0, 1, 2].map(|origin| Label::Seed(mixtures.alone(origin)));
        let ab = mixtures.mix((a, 3), (b, 3));
        assert_eq!(mixtures.mix((ab, 6), (c, 4)), Label::Seed(4));
        let mut scales = mixtures.scales();
        for _ in 0..2 {
            let (exact, of_none) = mixtures.carry_back(&[(4, 5)], &mut scales, &()).unwrap();
            let origins: Vec<u32> = exact.iter().map(|of| of.0).collect();
            let exact: Vec<Exact> = exact.iter().map(|of| of.1).collect();
            let tenths =
                |exact: &Exact| exact.0 * 10 + ((u128::from(exact.1) * 10 + (1 << 63)) >> 64);
            assert_eq!((origins, of_none), (vec![0, 1, 2], (0, 0)));
            assert_eq!(exact.iter().map(tenths).collect::<Vec<_>>(), [15, 15, 20]);
        }
        assert_eq!(mixtures.first_of(|origin| origin > 0)[4], Some(1));
    }

    #[test]
    fn money_of_no_origin_is_told_apart_and_amounts_may_be_large() {
        let mut mixtures = Mixtures::default();
        mixtures.enter();
        let large = 10_u128.pow(38) - 1;
        let held = (Label::Seed(mixtures.alone(0)), large);
        assert_eq!(mixtures.mix((Label::Clean, large), held), Label::Seed(1));
        let half = (large / 2, 1 << 63);
        let found = mixtures.carry_back(&[(1, large)], &mut mixtures.scales(), &());
        assert_eq!(found, Ok((vec![(0, half)], half)));
    }
}
