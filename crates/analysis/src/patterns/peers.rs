//! Accounts of one role beside each other.

use super::movements::Role;

/// By role and asset (0 where a rule does not tell assets apart): what an account must reach to be among the first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Peers(std::collections::BTreeMap<(Role, u32), u128>);

impl Peers {
    /// The value at a quantile (nearest rank) of each role's and asset's values above nothing.
    pub(super) fn of(values: impl Iterator<Item = (Role, u32, u128)>, permille: u32) -> Self {
        let mut by_role: std::collections::BTreeMap<(Role, u32), Vec<u128>> =
            std::collections::BTreeMap::new();
        for (role, asset, value) in values.filter(|value| value.2 > 0) {
            by_role.entry((role, asset)).or_default().push(value);
        }
        let least = by_role.into_iter().map(|(key, mut values)| {
            values.sort_unstable();
            // ⌈q · n⌉, counted from 1.
            let rank = (values.len() * permille as usize).div_ceil(1000).max(1);
            (key, values[rank.min(values.len()) - 1])
        });
        Self(least.collect())
    }

    /// What an account of a role must reach.
    pub(super) fn least(&self, role: Role, asset: u32) -> u128 {
        self.0.get(&(role, asset)).copied().unwrap_or(0)
    }
}
