//! Money in whole units. Laws: no value beyond 38 digits, no sum that wraps, no split that loses a
//! unit, no floating point.

use std::fmt;

/// The bound of DECIMAL(38,0): every amount lies strictly between −10³⁸ and 10³⁸.
const BOUND: i128 = 10_i128.pow(38);

/// An amount in the smallest unit of some asset, |amount| < 10³⁸.
///
/// ```
/// use moneytrail_model::Amount;
/// let fee = Amount::parse_decimal("0.00001560", 8).unwrap();
/// assert_eq!(fee.units(), 1560);
/// assert_eq!(fee.display(8).to_string(), "0.00001560");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Amount(i128);

/// Why a number is not an amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AmountError {
    /// 10³⁸ units or more.
    #[error("amount has more than 38 digits")]
    TooLarge,
    /// The text has more decimal places than the asset.
    #[error("amount has more decimal places than the asset's {decimals}")]
    TooFine {
        /// Decimal places of the asset.
        decimals: u8,
    },
    /// The text is no plain decimal number.
    #[error("not a decimal number")]
    NotANumber,
}

impl Amount {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// An amount of `units` smallest units.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`] from 10³⁸ on.
    pub const fn new(units: i128) -> Result<Self, AmountError> {
        if units > -BOUND && units < BOUND {
            Ok(Self(units))
        } else {
            Err(AmountError::TooLarge)
        }
    }

    /// An amount that always fits, because 64 bits hold less than 10³⁸.
    pub const fn from_u64(units: u64) -> Self {
        Self(units as i128)
    }

    /// Smallest units.
    pub const fn units(self) -> i128 {
        self.0
    }

    /// Smallest units, `None` for a negative amount.
    pub fn non_negative(self) -> Option<u128> {
        u128::try_from(self.0).ok()
    }

    /// Sum, `None` beyond the bound.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0
            .checked_add(other.0)
            .and_then(|sum| Self::new(sum).ok())
    }

    /// Difference, `None` beyond the bound.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0
            .checked_sub(other.0)
            .and_then(|difference| Self::new(difference).ok())
    }

    /// Reads plain decimal text (`-12.5`, ASCII digits, point as decimal mark, no grouping) in an
    /// asset with `decimals` places. The text is never read as floating point.
    ///
    /// # Errors
    /// [`AmountError`], by what is wrong with the text.
    pub fn parse_decimal(text: &str, decimals: u8) -> Result<Self, AmountError> {
        let (negative, digits) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] | rest => (false, rest),
        };
        let (mut units, mut places, mut seen_point, mut n_digits) = (0_i128, 0_u8, false, 0_usize);
        for &byte in digits {
            match byte {
                b'0'..=b'9' => {
                    n_digits += 1;
                    if seen_point && places == decimals {
                        if byte != b'0' {
                            return Err(AmountError::TooFine { decimals });
                        }
                        continue;
                    }
                    places += u8::from(seen_point);
                    units = shift_in(units, byte - b'0')?;
                }
                b'.' if !seen_point => seen_point = true,
                _ => return Err(AmountError::NotANumber),
            }
        }
        if n_digits == 0 {
            return Err(AmountError::NotANumber);
        }
        for _ in places..decimals {
            units = shift_in(units, 0)?;
        }
        Self::new(if negative { -units } else { units })
    }

    /// Prints with the asset's decimal places, all of them, without grouping.
    pub const fn display(self, decimals: u8) -> DisplayAmount {
        DisplayAmount {
            amount: self,
            decimals,
        }
    }

    /// Splits by weights without loss: floors first, then the left-over units to the largest
    /// remainders, ties to the earlier part (Hamilton's method). `None` if there is no weight or
    /// the amount is negative.
    pub fn split(self, weights: &[u128]) -> Option<Vec<Self>> {
        let units = self.non_negative()?;
        let parts = split_units(units, weights)?;
        Some(
            parts
                .into_iter()
                .map(|part| Self(part.cast_signed()))
                .collect(),
        )
    }
}

/// Appends a decimal digit, refusing what leaves the bound.
fn shift_in(units: i128, digit: u8) -> Result<i128, AmountError> {
    let next = units
        .checked_mul(10)
        .and_then(|tens| tens.checked_add(i128::from(digit)));
    match next {
        Some(next) if next < BOUND => Ok(next),
        _ => Err(AmountError::TooLarge),
    }
}

/// Shares `total` out in proportion to `weights`: floor(total · w / Σw) each, left-over units to the
/// largest remainders, ties to the earlier weight. `None` if Σw is zero or overflows.
///
/// Law: the parts sum to `total`, and no part exceeds ⌈total · w / Σw⌉. O(n log n).
pub fn split_units(total: u128, weights: &[u128]) -> Option<Vec<u128>> {
    let sum = weights
        .iter()
        .try_fold(0_u128, |sum, &weight| sum.checked_add(weight))?;
    if sum == 0 {
        return None;
    }
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for (position, &weight) in weights.iter().enumerate() {
        let (part, remainder) = mul_div_rem(total, weight, sum)?;
        parts.push(part);
        remainders.push((std::cmp::Reverse(remainder), position));
    }
    let placed: u128 = parts.iter().sum();
    let left_over = usize::try_from(total - placed).expect("fewer left-over units than weights");
    remainders.sort_unstable();
    for &(_, position) in &remainders[..left_over] {
        parts[position] += 1;
    }
    Some(parts)
}

/// floor(a · b / c) and the remainder, with the product in 256 bits. `None` if `c` is zero or the
/// quotient leaves 128 bits.
pub fn mul_div_rem(a: u128, b: u128, c: u128) -> Option<(u128, u128)> {
    if c == 0 {
        return None;
    }
    if let Some(product) = a.checked_mul(b) {
        return Some((product / c, product % c));
    }
    let (high, low) = widening_mul(a, b);
    if high >= c {
        return None;
    }
    // Schoolbook binary division of the 256-bit product; `rest` stays below c at every step.
    let (mut rest, mut quotient) = (high, 0_u128);
    for bit in (0..128).rev() {
        let carry = rest >> 127;
        rest = (rest << 1) | ((low >> bit) & 1);
        quotient <<= 1;
        if carry == 1 || rest >= c {
            rest = rest.wrapping_sub(c);
            quotient |= 1;
        }
    }
    Some((quotient, rest))
}

/// The 256-bit product as (high, low).
fn widening_mul(a: u128, b: u128) -> (u128, u128) {
    const HALF: u128 = u64::MAX as u128;
    let (a_high, a_low, b_high, b_low) = (a >> 64, a & HALF, b >> 64, b & HALF);
    let low = a_low * b_low;
    let middle = a_high * b_low + (low >> 64);
    let cross = a_low * b_high + (middle & HALF);
    (
        a_high * b_high + (middle >> 64) + (cross >> 64),
        (cross << 64) | (low & HALF),
    )
}

/// An amount ready to print. Made by [`Amount::display`].
#[derive(Clone, Copy, Debug)]
pub struct DisplayAmount {
    amount: Amount,
    decimals: u8,
}

impl fmt::Display for DisplayAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.amount.0 < 0 { "-" } else { "" };
        let digits = self.amount.0.unsigned_abs().to_string();
        let places = usize::from(self.decimals);
        let digits = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        if places == 0 {
            write!(f, "{sign}{whole}")
        } else {
            write!(f, "{sign}{whole}.{fraction}")
        }
    }
}

/// An exact decimal exchange rate: `mantissa` / 10^`scale` units of one asset for one of another,
/// both in whole (not smallest) units.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rate {
    mantissa: u128,
    scale: u8,
}

impl Rate {
    /// Reads a positive decimal of at most 38 digits.
    ///
    /// # Errors
    /// [`AmountError::NotANumber`] for anything that is not a positive decimal.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let scale = text
            .split_once('.')
            .map_or(0, |(_, fraction)| fraction.len());
        let scale = u8::try_from(scale).map_err(|_| AmountError::TooLarge)?;
        let mantissa = Amount::parse_decimal(text, scale)?.non_negative();
        match mantissa {
            Some(mantissa) if mantissa > 0 => Ok(Self { mantissa, scale }),
            _ => Err(AmountError::NotANumber),
        }
    }

    /// What an amount is worth at this rate, both in smallest units of assets with these decimal places. Rounded to the
    /// nearest unit, half away from zero. `None` if it leaves 38 digits, or more than 38 places have to be dropped.
    ///
    /// ```
    /// use moneytrail_model::{Amount, Rate};
    /// let rate = Rate::parse("59000.25").unwrap();
    /// let worth = rate.convert(Amount::from_u64(150_000_000), 8, 2).unwrap();
    /// assert_eq!(worth.display(2).to_string(), "88500.38");
    /// ```
    pub fn convert(self, amount: Amount, from_decimals: u8, to_decimals: u8) -> Option<Amount> {
        let dropped = i32::from(from_decimals) + i32::from(self.scale) - i32::from(to_decimals);
        let power = |places: i32| 10_u128.checked_pow(u32::try_from(places).ok()?);
        let (factor, divisor) = if dropped >= 0 {
            (self.mantissa, power(dropped)?)
        } else {
            (self.mantissa.checked_mul(power(-dropped)?)?, 1)
        };
        let units = amount.units();
        let (floor, rest) = mul_div_rem(units.unsigned_abs(), factor, divisor)?;
        let nearest = floor.checked_add(u128::from(rest >= divisor - rest))?;
        let nearest = i128::try_from(nearest).ok()?;
        Amount::new(nearest * units.signum()).ok()
    }

    /// Digits without the decimal point.
    pub const fn mantissa(self) -> u128 {
        self.mantissa
    }

    /// Decimal places.
    pub const fn scale(self) -> u8 {
        self.scale
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mantissa = Amount(self.mantissa.cast_signed());
        write!(f, "{}", mantissa.display(self.scale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amounts() -> impl Strategy<Value = Amount> {
        (-BOUND + 1..BOUND).prop_map(|units| Amount::new(units).unwrap())
    }

    proptest! {
        #[test]
        fn worth_is_the_nearest_unit(units in -1_000_000_000_i128..1_000_000_000, mantissa in 1_u128..1_000_000, scale in 0_u8..6, from in 0_u8..6, to in 0_u8..6) {
            let rate = Rate { mantissa, scale };
            let worth = rate.convert(Amount(units), from, to).unwrap().units();
            // |worth · 10^(from + scale) − units · mantissa · 10^to| is half of 10^(from + scale) at most.
            let power = |places: u8| 10_i128.pow(places.into());
            let exact = units * i128::try_from(mantissa).unwrap() * power(to);
            let unit = power(from + scale);
            prop_assert!(2 * (worth * unit - exact).abs() <= unit);
            prop_assert_eq!(rate.convert(Amount(-units), from, to).unwrap().units(), -worth);
        }
    }

    proptest! {
        #[test]
        fn split_loses_nothing(total in 0..BOUND, weights in prop::collection::vec(0_u128..=u128::MAX >> 8, 1..20)) {
            prop_assume!(weights.iter().any(|&weight| weight > 0));
            let parts = Amount::new(total).unwrap().split(&weights).unwrap();
            prop_assert_eq!(parts.iter().map(|part| part.units()).sum::<i128>(), total);
            let sum: u128 = weights.iter().sum();
            for (part, &weight) in parts.iter().zip(&weights) {
                let floor = mul_div_rem(total.unsigned_abs(), weight, sum).unwrap().0;
                let part = part.non_negative().unwrap();
                prop_assert!(part == floor || part == floor + 1);
            }
        }

        #[test]
        fn prints_what_it_reads(amount in amounts(), decimals in 0_u8..=18) {
            let text = amount.display(decimals).to_string();
            prop_assert_eq!(Amount::parse_decimal(&text, decimals), Ok(amount));
        }

        #[test]
        fn mul_div_undoes_itself(a: u128, b: u128, c in 1_u128..) {
            if let Some((quotient, rest)) = mul_div_rem(a, b, c) {
                prop_assert!(rest < c);
                // quotient * c + rest == a * b, compared in 256 bits.
                let (high, low) = widening_mul(quotient, c);
                let (low, carry) = low.overflowing_add(rest);
                prop_assert_eq!((high + u128::from(carry), low), widening_mul(a, b));
            } else {
                prop_assert!(widening_mul(a, b).0 >= c);
            }
        }

        #[test]
        fn order_is_the_order_of_units(a in amounts(), b in amounts()) {
            prop_assert_eq!(a.cmp(&b), a.units().cmp(&b.units()));
            if let Some(sum) = a.checked_add(b) {
                prop_assert_eq!(sum.checked_sub(b), Some(a));
            }
        }
    }

    #[test]
    fn refuses_what_is_no_amount() {
        let forty = "1".repeat(40);
        assert_eq!(Amount::parse_decimal(&forty, 0), Err(AmountError::TooLarge));
        assert_eq!(
            Amount::parse_decimal("1.234", 2),
            Err(AmountError::TooFine { decimals: 2 })
        );
        assert_eq!(Amount::parse_decimal("1.230", 2).unwrap().units(), 123);
        for text in ["", "-", ".", "1,5", "1e5", "0x1", "١", "1.2.3", "NaN"] {
            assert_eq!(
                Amount::parse_decimal(text, 2),
                Err(AmountError::NotANumber),
                "{text}"
            );
        }
        assert_eq!(Amount::new(BOUND), Err(AmountError::TooLarge));
    }

    #[test]
    fn one_unit_over_three_goes_to_the_first() {
        assert_eq!(split_units(1, &[1, 1, 1]), Some(vec![1, 0, 0]));
        assert_eq!(split_units(5, &[3, 3, 4]), Some(vec![2, 1, 2]));
    }
}
