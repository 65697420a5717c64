//! How figures change without an inference, as a document has it.

use super::Composer;
use crate::error::Error;
use crate::follow::Runs;
use crate::otherwise::{Figures, NodeName, Otherwise as Found, PlaceName, figures};
use moneytrail_model::trace::{Placement, Policy};
use moneytrail_model::{AssetIdx, AssetKey};
use moneytrail_report::document::{
    AssetRef, Otherwise, OtherwiseFigure, OtherwisePoint, Party, WithAndWithout,
};
use std::collections::BTreeSet;

/// The figures with an inference and without it.
struct Both<'a> {
    with: &'a [Figures],
    without: &'a [Figures],
}

impl Both<'_> {
    fn of(all: &[Figures], policy: Policy, placement: Placement) -> Option<&Figures> {
        all.iter()
            .find(|of| of.policy == policy && of.placement == placement)
    }

    /// Units with and without; where nothing is left to start from there is nothing without.
    fn units(&self, at: &PlaceName, policy: Policy, placement: Placement) -> Option<[u128; 2]> {
        let units = |of: &Figures| of.amounts.get(at).copied().unwrap_or(0);
        let with = units(Self::of(self.with, policy, placement)?);
        let without = Self::of(self.without, policy, placement).map_or(0, units);
        Some([with, without])
    }

    fn marked(&self, at: &NodeName, policy: Policy) -> Option<[bool; 2]> {
        let is_reached = |of: &Figures| of.reached.contains(at);
        let with = is_reached(Self::of(self.with, policy, Placement::Latest)?);
        let without = Self::of(self.without, policy, Placement::Latest).is_some_and(is_reached);
        Some([with, without])
    }

    /// End points of which any policy's figure differs, each with the first policy's units.
    fn differing(&self, policies: &[Policy]) -> Vec<(PlaceName, u128)> {
        let all = self.with.iter().chain(self.without);
        let all: BTreeSet<&PlaceName> = all.flat_map(|of| of.amounts.keys()).collect();
        let differs = |at: &PlaceName| {
            policies.iter().any(|&policy| {
                if !policy.has_amounts() {
                    return self.marked(&at.1, policy).is_some_and(|[a, b]| a != b);
                }
                let mut both = Placement::ALL.into_iter();
                both.any(|placement| {
                    self.units(at, policy, placement)
                        .is_some_and(|[a, b]| a != b)
                })
            })
        };
        let differing = all.into_iter().filter(|at| differs(at));
        let first = |at: &PlaceName| {
            let units = policies
                .first()
                .and_then(|&policy| self.units(at, policy, Placement::Latest));
            units.map_or(0, |[with, without]| with.abs_diff(without))
        };
        let mut differing: Vec<(PlaceName, u128)> =
            differing.map(|at| (at.clone(), first(at))).collect();
        differing.sort_by(|a, b| {
            let asset = |of: &(PlaceName, u128)| of.0.0.clone();
            (asset(a), b.1)
                .cmp(&(asset(b), a.1))
                .then_with(|| a.0.cmp(&b.0))
        });
        differing
    }
}

impl Composer<'_> {
    /// What a run found without each inference; `None` where that was not asked for.
    pub(super) fn otherwise(&mut self, run: &Runs) -> Result<Option<Vec<Otherwise>>, Error> {
        let Some(found) = &run.without else {
            return Ok(None);
        };
        let with = figures(&self.evidence.graph, run);
        let all = found.iter().map(|one| self.otherwise_of(run, &with, one));
        all.collect::<Result<Vec<_>, _>>().map(Some)
    }

    fn otherwise_of(
        &mut self,
        run: &Runs,
        with: &[Figures],
        found: &Found,
    ) -> Result<Otherwise, Error> {
        let mut made = Otherwise {
            left_out: found.left_out.clone(),
            form: found.form,
            n: found.n,
            infers: found.infers.to_owned(),
            is_seed_gone: matches!(found.outcome, Ok(None)),
            points: Vec::new(),
            not_computed: None,
        };
        let without = match &found.outcome {
            Ok(figures) => figures.as_deref().unwrap_or_default(),
            Err(why) => {
                made.not_computed = Some(why.clone());
                return Ok(made);
            }
        };
        let both = Both { with, without };
        for (at, _) in both.differing(&run.policies) {
            made.points.push(self.otherwise_point(run, &both, &at)?);
        }
        Ok(made)
    }

    fn otherwise_point(
        &mut self,
        run: &Runs,
        both: &Both<'_>,
        at: &PlaceName,
    ) -> Result<OtherwisePoint, Error> {
        let asset = self.asset_of_key(&at.0)?;
        let party = self.party_of_name(&at.1)?;
        let mut listed = Vec::new();
        for &policy in &run.policies {
            let of = |placement| -> Result<Option<WithAndWithout>, Error> {
                let units = both.units(at, policy, placement);
                let Some([with, without]) = units.filter(|_| policy.has_amounts()) else {
                    return Ok(None);
                };
                let (with, without) = (self.money(asset.0, with)?, self.money(asset.0, without)?);
                Ok(WithAndWithout::new(with, without))
            };
            listed.push(OtherwiseFigure {
                policy: policy.as_str().to_owned(),
                latest: of(Placement::Latest)?,
                earliest: of(Placement::Earliest)?,
                marked: (!policy.has_amounts())
                    .then(|| both.marked(&at.1, policy))
                    .flatten(),
            });
        }
        Ok(OtherwisePoint {
            asset: asset.1,
            party,
            fate: at.2,
            figures: listed,
        })
    }

    fn asset_of_key(&self, key: &AssetKey) -> Result<(AssetIdx, AssetRef), Error> {
        let assets = self.evidence.graph.assets();
        let position = assets.iter().position(|asset| asset.key() == key);
        let position = position.ok_or_else(|| {
            Error::internal(format!(
                "an answer without an inference is in {key}, and none with it"
            ))
        })?;
        let asset = AssetIdx::new(position);
        Ok((asset, self.asset(asset)))
    }

    /// A node by its name: it may be none of this graph.
    fn party_of_name(&mut self, name: &NodeName) -> Result<Party, Error> {
        match (name.node(&self.evidence.graph), name) {
            (Some(node), _) => self.party(node),
            (None, NodeName::Account(key)) => Ok(self.parties.absent(key)),
            (None, _) => Err(Error::internal(
                "a transaction is known without an inference, and not with it",
            )),
        }
    }
}
