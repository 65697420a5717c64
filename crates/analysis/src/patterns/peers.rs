//! Accounts of one role beside each other.

use super::movements::Role;
use std::collections::BTreeMap;

/// By role, and by asset or by the size from which on it holds (0 where a rule does not tell them apart): what an account must
/// reach to be among the first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Peers(BTreeMap<(Role, u32), u128>);

impl Peers {
    /// The value at a quantile (nearest rank) of each role's and asset's values above nothing.
    pub(super) fn of(values: impl Iterator<Item = (Role, u32, u128)>, permille: u32) -> Self {
        let mut by_role: BTreeMap<(Role, u32), Vec<u128>> = BTreeMap::new();
        for (role, asset, value) in values.filter(|value| value.2 > 0) {
            by_role.entry((role, asset)).or_default().push(value);
        }
        let least = by_role
            .into_iter()
            .map(|(key, values)| (key, quantile(values, permille)));
        Self(least.collect())
    }

    /// The value at a quantile of the values above nothing of each role's accounts of about one size.
    ///
    /// Sizes of one power of two are about one (8 to 15). Where these are fewer accounts than tell the quantile from the largest
    /// value, those of smaller sizes are taken in until they are enough; who is left at the small end stands with those above.
    pub(super) fn by_size(values: impl Iterator<Item = (Role, u32, u128)>, permille: u32) -> Self {
        let mut by_role: BTreeMap<Role, BTreeMap<u32, Vec<u128>>> = BTreeMap::new();
        for (role, size, value) in values.filter(|value| value.2 > 0) {
            let class = size.checked_ilog2().unwrap_or(0);
            let classes = by_role.entry(role).or_default();
            classes.entry(class).or_default().push(value);
        }
        let n_enough = 1000_u32.div_ceil(1000_u32.saturating_sub(permille).max(1)) as usize;
        let mut least = BTreeMap::new();
        for (role, classes) in by_role {
            let mut groups: Vec<(u32, Vec<u128>)> = Vec::new();
            for (class, values) in classes.into_iter().rev() {
                match groups.last_mut() {
                    Some(group) if group.1.len() < n_enough => {
                        group.0 = class;
                        group.1.extend(values);
                    }
                    _ => groups.push((class, values)),
                }
            }
            let (mut smallest, mut values) = groups.pop().unwrap_or_default();
            if values.len() < n_enough
                && let Some(above) = groups.pop()
            {
                smallest = smallest.min(above.0);
                values.extend(above.1);
            }
            groups.push((smallest, values));
            let last = groups.len() - 1;
            for (nth, (class, values)) in groups.into_iter().enumerate() {
                let from = if nth == last { 0 } else { 1 << class };
                least.insert((role, from), quantile(values, permille));
            }
        }
        Self(least)
    }

    /// What is given for each role and asset.
    pub(super) fn given(least: BTreeMap<(Role, u32), u128>) -> Self {
        Self(least)
    }

    /// What an account of a role must reach.
    pub(super) fn least(&self, role: Role, asset: u32) -> u128 {
        self.0.get(&(role, asset)).copied().unwrap_or(0)
    }

    /// What an account of a role and size must reach.
    pub(super) fn least_of_size(&self, role: Role, size: u32) -> u128 {
        let upto = self.0.range((role, 0)..=(role, size));
        upto.map(|of| *of.1).next_back().unwrap_or(0)
    }
}

/// The value at a quantile by the nearest rank; 0 of none.
fn quantile(mut values: Vec<u128>, permille: u32) -> u128 {
    values.sort_unstable();
    // ⌈q · n⌉, counted from 1.
    let rank = (values.len() * permille as usize).div_ceil(1000).max(1);
    values
        .get(rank.min(values.len()).saturating_sub(1))
        .copied()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_ranked_among_those_of_their_size() {
        // Two hundred small accounts of value 1 but for five, ten hubs of large values.
        let small = (0..200).map(|at| (Role::Listed, 10, if at < 5 { 4 } else { 1 }));
        let hubs = (0..10).map(|_| (Role::Listed, 900, 50));
        let both = || small.clone().chain(hubs.clone());
        assert_eq!(
            Peers::of(both().map(|of| (of.0, 0, of.2)), 990).least(Role::Listed, 0),
            50
        );
        // Ten are too few to tell one in a hundred: the next smaller are taken in.
        assert_eq!(
            Peers::by_size(both(), 990).least_of_size(Role::Listed, 10),
            50
        );
        assert_eq!(
            Peers::by_size(both(), 900).least_of_size(Role::Listed, 10),
            1
        );
        assert_eq!(
            Peers::by_size(both(), 900).least_of_size(Role::Listed, 900),
            50
        );
        let many = (0..150)
            .map(|_| (Role::Listed, 900, 50))
            .chain(small.clone());
        let peers = Peers::by_size(many, 990);
        assert_eq!(
            [1, 10, 511, 512, 4_000].map(|size| peers.least_of_size(Role::Listed, size)),
            [4, 4, 4, 50, 50]
        );
        assert_eq!(peers.least_of_size(Role::Customer, 10), 0, "another role");
        // A few who are smaller than all others stand with them.
        let fewest = (0..3).map(|_| (Role::Listed, 3, 9)).chain(small.clone());
        assert_eq!(
            Peers::by_size(fewest, 990).least_of_size(Role::Listed, 3),
            9
        );
    }
}
