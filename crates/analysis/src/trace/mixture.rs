//! Origins carried as mixtures: pro rata to the sources in time linear in an account's degree.
//!
//! Laws. What reaches is, for each asset, shared among origins to the unit: the parts sum to what arrived, and each is its share of the pools,
//! off by less than 2⁻⁴⁰ of a unit for ten million transfers, rounded once: floors first, left-over units to the largest
//! remainders, ties in the order of origins. Rule 5 rounds at each draw instead: the two differ by less than one unit for each draw.
//!
//! Method. A pool holds one mixture. What arrives makes a new one of what was held and what came, by units; an outflow takes the
//! mixture along as it is, because pro rata draws from all alike. What reached is then carried back from the latest mixture to
//! the earliest, in units and 2⁻⁶⁴ of one (the adjoint of the forward sum, as in reverse accumulation). O(transfers) for each asset.

use moneytrail_model::money::mul_div_rem;
use moneytrail_model::trace::Label;

/// What stands for no mixture.
const NONE: u32 = u32::MAX;

/// What a mixture is made of: two earlier ones, by units; or an origin, whose units are zero.
#[derive(Clone, Copy, Debug)]
struct Made {
    of: [u32; 2],
    units: [u128; 2],
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
        let number = u32::try_from(self.made.len()).expect("fewer mixtures than transfers");
        self.made.push(made);
        number
    }

    /// Enters the next origin.
    pub(super) fn enter(&mut self) {
        let position = u32::try_from(self.alone.len()).expect("fewer origins than transfers");
        let of = [position, NONE];
        let number = self.push(Made { of, units: [0; 2] });
        self.alone.push(number);
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

    /// What of units of mixtures is of each origin, by its position, and behind them of none. O(mixtures).
    pub(super) fn carry_back(&self, units: impl IntoIterator<Item = (u32, u128)>) -> Vec<Exact> {
        let mut held: Vec<Exact> = vec![(0, 0); self.made.len()];
        for (mixture, units) in units {
            held[mixture as usize].0 += units;
        }
        let mut found = vec![(0, 0); self.alone.len() + 1];
        for (nth, made) in self.made.iter().enumerate().rev() {
            let of = std::mem::take(&mut held[nth]);
            if of == (0, 0) {
                continue;
            }
            if made.units == [0; 2] {
                found[made.of[0] as usize] = of;
                continue;
            }
            let first = share(of, made.units);
            for (number, part) in made.of.into_iter().zip([first, less(of, first)]) {
                let to = match held.get_mut(number as usize) {
                    Some(to) => to,
                    None => &mut found[self.alone.len()],
                };
                *to = more(*to, part);
            }
        }
        found
    }

    /// By mixture, the first of some origins that is in it; `None` of one that has none of them.
    pub(super) fn first_of(&self, is_asked: impl Fn(u32) -> bool) -> Vec<Option<u32>> {
        let mut first: Vec<Option<u32>> = Vec::with_capacity(self.made.len());
        for made in &self.made {
            let of = |number: u32| first.get(number as usize).copied().flatten();
            let found = if made.units == [0; 2] {
                Some(made.of[0]).filter(|&origin| is_asked(origin))
            } else {
                match made.of.map(of) {
                    [Some(a), Some(b)] => Some(a.min(b)),
                    [a, b] => a.or(b),
                }
            };
            first.push(found);
        }
        first
    }
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

/// Whole numbers that sum to `sum`, each near its exact part and at least its bound: floors first, what is left over to the largest
/// remainders, ties in order; where bounds take more than is left, the smallest remainders above their bounds give way. `None` if the bounds are
/// more than the sum.
pub(super) fn rounded(parts: &[Exact], least: &[u128], sum: u128) -> Option<Vec<u128>> {
    let mut whole: Vec<u128> = parts
        .iter()
        .zip(least)
        .map(|(part, &least)| part.0.max(least))
        .collect();
    let mut placed = whole
        .iter()
        .try_fold(0_u128, |sum, &of| sum.checked_add(of))?;
    let mut order: Vec<usize> = (0..parts.len()).filter(|&at| parts[at] != (0, 0)).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(parts[at].1));
    for &at in &order {
        if placed >= sum {
            break;
        }
        if whole[at] == parts[at].0 {
            whole[at] += 1;
            placed += 1;
        }
    }
    for &at in order.iter().rev() {
        let gives = (whole[at] - least[at]).min(placed.saturating_sub(sum));
        whole[at] -= gives;
        placed -= gives;
    }
    (placed == sum).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_origins_in_one_pool_of_which_a_part_reached() {
        let mut mixtures = Mixtures::default();
        (0..3).for_each(|_| mixtures.enter());
        let [a, b, c] = [0, 1, 2].map(|origin| Label::Seed(mixtures.alone(origin)));
        let ab = mixtures.mix((a, 3), (b, 3));
        assert_eq!(mixtures.mix((ab, 6), (c, 4)), Label::Seed(4));
        let abc = 4;
        let exact = mixtures.carry_back([(abc, 5)]);
        let tenths = |exact: &Exact| exact.0 * 10 + ((u128::from(exact.1) * 10 + (1 << 63)) >> 64);
        assert_eq!(
            exact.iter().map(tenths).collect::<Vec<_>>(),
            [15, 15, 20, 0]
        );
        assert_eq!(rounded(&exact, &[0; 4], 5), Some(vec![2, 1, 2, 0]));
        assert_eq!(rounded(&exact, &[0, 2, 0, 0], 5), Some(vec![1, 2, 2, 0]));
        assert_eq!(rounded(&exact, &[3, 3, 0, 0], 5), None);
        assert_eq!(
            mixtures.first_of(|origin| origin > 0)[abc as usize],
            Some(1)
        );
    }

    #[test]
    fn money_of_no_origin_is_left_out_and_amounts_may_be_large() {
        let mut mixtures = Mixtures::default();
        mixtures.enter();
        let large = 10_u128.pow(38) - 1;
        let held = (Label::Seed(mixtures.alone(0)), large);
        let mixed = mixtures.mix((Label::Clean, large), held);
        assert_eq!(mixed, Label::Seed(1));
        let half = (large / 2, 1 << 63);
        assert_eq!(mixtures.carry_back([(1, large)]), [half, half]);
    }
}
