//! How far the inputs and outputs of one transaction can be told apart.
//!
//! A *mapping* splits the inputs and the outputs into as many parts and pairs them, such that the inputs of each
//! pair cover its outputs; what is over is fee. Entropy is the binary logarithm of the number of mappings; the link
//! probability of an input and an output is the share of mappings in which both are in one pair, and 1 is certain.
//!
//! Method: the number of mappings of every pair of subsets, each from its smallest input's part. O(3ⁿ) in inputs and
//! outputs together. Source: `LaurentMT`, *Introducing Boltzmann* (2015).

/// More inputs and outputs than this are not computed.
pub const N_SIDES_MAX: usize = 12;

/// The mappings of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Linkability {
    /// How many there are; at least one, where the inputs cover the outputs.
    pub n_mappings: u64,
    /// For each input, for each output: in how many both are in one pair.
    pub n_linked: Vec<Vec<u64>>,
}

impl Linkability {
    /// log₂ of the number of mappings.
    #[expect(
        clippy::cast_precision_loss,
        reason = "an entropy is a logarithm, and no money"
    )]
    pub fn entropy_bits(&self) -> f64 {
        (self.n_mappings as f64).log2()
    }
}

/// The mappings of inputs and outputs, in smallest units. `None`: not computed, because there are more than
/// [`N_SIDES_MAX`] or none on a side, or because the inputs do not cover the outputs.
///
/// ```
/// use moneytrail_analysis::linkability::linkability;
/// let two_by_two = linkability(&[5, 5], &[5, 5]).unwrap();
/// assert_eq!(two_by_two.n_mappings, 3);
/// assert_eq!(two_by_two.n_linked, [[2, 2], [2, 2]]);
/// assert_eq!(linkability(&[5, 5], &[11]), None);
/// ```
pub fn linkability(inputs: &[u64], outputs: &[u64]) -> Option<Linkability> {
    (inputs.len() + outputs.len() <= N_SIDES_MAX).then_some(())?;
    mappings(inputs, outputs)
}

fn mappings(inputs: &[u64], outputs: &[u64]) -> Option<Linkability> {
    if inputs.is_empty() || outputs.is_empty() {
        return None;
    }
    let (n_in, n_out) = (1_usize << inputs.len(), 1_usize << outputs.len());
    let (brought, paid) = (sums(inputs), sums(outputs));
    // counts[i · n_out + o]: mappings of the inputs in i and the outputs in o.
    let mut counts = vec![0_u64; n_in * n_out];
    counts[0] = 1;
    for i in 1..n_in {
        let first = i & i.wrapping_neg();
        for o in 1..n_out {
            let mut count = 0;
            for part in subsets(i & !first).map(|part| part | first) {
                let covered = subsets(o).filter(|&out| out != 0 && paid[out] <= brought[part]);
                count += covered
                    .map(|out| counts[(i & !part) * n_out + (o & !out)])
                    .sum::<u64>();
            }
            counts[i * n_out + o] = count;
        }
    }
    let n_mappings = *counts.last()?;
    let mut n_linked = vec![vec![0; outputs.len()]; inputs.len()];
    for i in 1..n_in {
        for o in (1..n_out).filter(|&o| paid[o] <= brought[i]) {
            let others = counts[(n_in - 1 - i) * n_out + (n_out - 1 - o)];
            let rows = n_linked
                .iter_mut()
                .enumerate()
                .filter(|of| i >> of.0 & 1 == 1);
            for (_, row) in rows {
                let linked = row.iter_mut().enumerate().filter(|of| o >> of.0 & 1 == 1);
                linked.for_each(|of| *of.1 += others);
            }
        }
    }
    (n_mappings > 0).then_some(Linkability {
        n_mappings,
        n_linked,
    })
}

/// Sum of each subset.
fn sums(values: &[u64]) -> Vec<u128> {
    let of = |subset: usize| {
        let members = values
            .iter()
            .enumerate()
            .filter(|(place, _)| subset >> place & 1 == 1);
        members.map(|(_, &value)| u128::from(value)).sum()
    };
    (0..1 << values.len()).map(of).collect()
}

/// All subsets of a set, itself and the empty one among them, descending.
fn subsets(set: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(set), move |&subset| {
        (subset != 0).then(|| (subset - 1) & set)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_values_have_the_published_numbers_of_mappings() {
        for (n, expected) in (2..).zip([3, 16, 131, 1_496, 22_482]) {
            let found = linkability(&vec![7; n], &vec![7; n]).unwrap();
            assert_eq!(found.n_mappings, expected, "{n} by {n}");
        }
        assert_eq!(
            linkability(&[7; 7], &[7; 7]),
            None,
            "beyond the limit it is not computed"
        );
        assert_eq!(mappings(&[7; 7], &[7; 7]).unwrap().n_mappings, 426_833);
    }

    #[test]
    fn what_can_only_be_paid_by_one_is_certain() {
        let found = linkability(&[10, 3], &[9, 2]).unwrap();
        assert_eq!(
            (found.n_mappings, found.n_linked[0][0], found.n_linked[1][1]),
            (2, 2, 2)
        );
        assert!((found.entropy_bits() - 1.0).abs() < 1e-9);
    }

    /// All ways to give each input and output the number of a part, told apart by what is together.
    fn naive(inputs: &[u64], outputs: &[u64]) -> u64 {
        let (n, m) = (inputs.len(), outputs.len());
        let mut found = std::collections::BTreeSet::new();
        for code in 0..n.pow(u32::try_from(n + m).unwrap()) {
            let digit = |place: usize| code / n.pow(u32::try_from(place).unwrap()) % n;
            let parts: Vec<usize> = (0..n + m).map(digit).collect();
            let fits = (0..n).all(|part| {
                let of = |values: &[u64], from: usize| -> Vec<u64> {
                    let with = values.iter().zip(&parts[from..]);
                    with.filter(|of| *of.1 == part).map(|of| *of.0).collect()
                };
                let (ins, outs) = (of(inputs, 0), of(outputs, n));
                ins.is_empty() == outs.is_empty() && ins.iter().sum::<u64>() >= outs.iter().sum()
            });
            if fits {
                // Parts are named by their first member.
                let first = |part| parts.iter().position(|of| *of == part).unwrap();
                found.insert(parts.iter().map(|&part| first(part)).collect::<Vec<_>>());
            }
        }
        found.len() as u64
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn mappings_are_counted_one_by_one(
            inputs in prop::collection::vec(1_u64..6, 1..4),
            outputs in prop::collection::vec(1_u64..6, 1..4),
        ) {
            let found = linkability(&inputs, &outputs).map_or(0, |found| found.n_mappings);
            prop_assert_eq!(found, naive(&inputs, &outputs));
        }
    }
}
