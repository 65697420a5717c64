//! One trace on one layer: steps, ends, end points under every policy, balance.

use super::answer::Fate;
use super::basis::Basis;
use super::evidence::Citation;
use super::money::{AssetRef, Money};
use super::otherwise::Otherwise;
use super::party::Party;
use super::phrase::Phrase;
use super::when::When;
use moneytrail_model::Layer;
use moneytrail_model::trace::{Direction, StopReason};
use serde::{Deserialize, Serialize};

/// Which of the two layers. Figures of two layers are never summed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerWord {
    /// Whose payment was delivered to whom.
    Value,
    /// Who holds what.
    Custody,
}

impl LayerWord {
    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Custody => "custody",
        }
    }

    /// What the layer is about.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Value => "whose payment was delivered to whom",
            Self::Custody => "who held the money",
        }
    }
}

impl From<Layer> for LayerWord {
    fn from(layer: Layer) -> Self {
        match layer {
            Layer::Value => Self::Value,
            Layer::Custody => Self::Custody,
        }
    }
}

/// To the destinations or to the sources.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectionWord {
    /// Where did it go?
    Forward,
    /// Where did it come from?
    Sources,
}

impl From<Direction> for DirectionWord {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Forward => Self::Forward,
            Direction::Sources => Self::Sources,
        }
    }
}

/// A trace as reported.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TraceView {
    /// The layer.
    pub layer: LayerWord,
    /// Destinations or sources.
    pub direction: DirectionWord,
    /// All policies that were run, in the order of the manifest.
    pub policies: Vec<String>,
    /// The policy whose steps are listed and drawn.
    pub policy: String,
    /// Where unexplained money is placed in them: `latest` or `earliest`.
    pub placement: String,
    /// Whether links decide every step, so that no policy was needed.
    pub links_decide: bool,
    /// Transfers that carry traced money, in the order of the record, numbered through the report.
    pub steps: Vec<Step>,
    /// Where traced money ended, under the listed policy.
    pub ends: Vec<End>,
    /// The same end points under every policy, per asset.
    pub end_points: Vec<EndGroup>,
    /// The same without each inference of the case; absent where that was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Vec<Otherwise>>,
    /// One line per asset, under the listed policy.
    pub balance: Vec<Balance>,
    /// How many balances were checked, over all policies and placements.
    pub n_balances_checked: u32,
    /// Money of unknown origin at accounts of the trace.
    pub unexplained: Vec<Unexplained>,
    /// Under poison: what is marked.
    pub marked: Vec<Mark>,
}

/// What an amount was worth in the base currency of the case: an assumption, because the rate is one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Worth {
    /// Rounded to the nearest smallest unit; `None`: there is no rate.
    pub amount: Option<Money>,
    /// The rate, its day and its source; or why there is none. The source is text of a list.
    pub by: String,
}

/// One transfer of a trace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// Number, from 1 through the whole report.
    pub number: u32,
    /// When.
    pub when: When,
    /// Whether its place among its neighbours is a convention, because times overlap.
    pub order_open: bool,
    /// What the transfer is: `payout`, `due`, `output`.
    pub transfer_kind: String,
    /// Who gave.
    pub from: Party,
    /// Who received.
    pub to: Party,
    /// All of it.
    pub amount: Money,
    /// What all of it was worth on its day; `None` if the case has no rates, or it is the base currency itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<Worth>,
    /// The part that is traced, under the listed policy.
    pub traced: Money,
    /// The part that is traced under every listed policy; `None` where it was not computed.
    pub certain: Option<Money>,
    /// What it carries, in order; the amounts sum to `amount`.
    pub pieces: Vec<Piece>,
    /// Read or concluded.
    pub basis: Basis,
    /// Records that say so.
    pub evidence: Vec<Citation>,
    /// Why the traced part was not followed further.
    pub stop: Option<Stop>,
    /// Earlier steps that this one spends or answers.
    pub links: Vec<Link>,
    /// A remark: what was implied, what it equals in another asset.
    pub note: Option<Phrase>,
}

/// Whose money a piece is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PieceLabel {
    /// Of a seed.
    Traced,
    /// Other money.
    Clean,
    /// Of unknown origin.
    Unexplained,
}

/// Part of what a transfer carries.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Piece {
    /// Whose.
    pub label: PieceLabel,
    /// How much.
    pub amount: Money,
}

/// A stop rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopRule {
    /// A tagged service.
    Service,
    /// A transaction that mixes the money of several people.
    Coinjoin,
    /// More events than asked for.
    Events,
    /// Value below the floor.
    Floor,
    /// Later than asked for.
    Time,
    /// An account with more transfers than asked for.
    Transfers,
}

impl StopRule {
    /// All, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::Service,
        Self::Coinjoin,
        Self::Events,
        Self::Floor,
        Self::Time,
        Self::Transfers,
    ];

    /// What stopped it, behind `STOP: `.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "tagged service",
            Self::Coinjoin => "CoinJoin",
            Self::Events => "number of events",
            Self::Floor => "below the floor",
            Self::Time => "after the time asked for",
            Self::Transfers => "account with more transfers than asked for",
        }
    }
}

impl From<StopReason> for StopRule {
    fn from(reason: StopReason) -> Self {
        match reason {
            StopReason::Service => Self::Service,
            StopReason::Coinjoin => Self::Coinjoin,
            StopReason::Hops => Self::Events,
            StopReason::Floor => Self::Floor,
            StopReason::Time => Self::Time,
            StopReason::Busy => Self::Transfers,
        }
    }
}

/// Where a trace was stopped.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stop {
    /// By which rule.
    pub rule: StopRule,
    /// Whom to ask, which candidates there are.
    pub note: Option<Phrase>,
}

/// A link to an earlier step: this one spends, answers or converts it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Link {
    /// Number of the earlier step.
    pub step: u32,
    /// `outpoint`, `order`, `exchange`.
    pub kind: String,
    /// What of the earlier step is consumed.
    pub consumed: Money,
    /// What of this step it pays.
    pub paid: Money,
}

/// Where traced money ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct End {
    /// Where.
    pub party: Party,
    /// How.
    pub fate: Fate,
    /// How much of the traced money.
    pub amount: Money,
    /// What it became, for converted money.
    pub into: Option<Money>,
}

/// End points of one asset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EndGroup {
    /// The asset.
    pub asset: AssetRef,
    /// The most that can be at any of them: the end of the scale.
    pub scale: Money,
    /// What stands beside the heading: `7 400.00 seeded`.
    pub note: Phrase,
    /// The end points, largest first.
    pub points: Vec<EndPoint>,
}

/// How much of the seed ended somewhere, under each policy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EndPoint {
    /// Where.
    pub party: Party,
    /// How.
    pub fate: Fate,
    /// What stands below the name: `7 200 went; stop: service`.
    pub note: Phrase,
    /// One per policy, in the order of `policies`.
    pub figures: Vec<Figure>,
    /// Least under any policy whatever; `None` if not computed.
    pub min: Option<Money>,
    /// Most under any policy whatever; `None` if not computed.
    pub max: Option<Money>,
    /// Why they were not computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_bounds: Option<String>,
}

/// What one policy says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Figure {
    /// The policy.
    pub policy: String,
    /// With unexplained money placed latest; `None` under poison.
    pub latest: Option<Money>,
    /// With unexplained money placed earliest, where it was computed.
    pub earliest: Option<Money>,
    /// Under poison: whether it is marked.
    pub marked: Option<bool>,
}

impl EndPoint {
    /// The one amount that every policy and placement gives, if there are two policies at least and
    /// the bounds, where computed, agree.
    pub fn invariant(&self) -> Option<&Money> {
        let with_amounts = || self.figures.iter().filter(|figure| figure.latest.is_some());
        let first = with_amounts().next()?.latest.as_ref()?;
        let same = |amount: &Option<Money>| amount.as_ref().is_none_or(|amount| amount == first);
        let agree = with_amounts().all(|figure| same(&figure.latest) && same(&figure.earliest));
        (with_amounts().count() > 1 && agree && same(&self.min) && same(&self.max)).then_some(first)
    }
}

/// One line of the balance: seeded + arrived = resting + fees + burned + returned + taken over +
/// cut off + converted + reached + elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Balance {
    /// Put in by the seed.
    pub seeded: Money,
    /// Arrived from another asset.
    pub arrived: Money,
    /// Resting.
    pub resting: Money,
    /// Fees.
    pub fees: Money,
    /// Returned to the seed account.
    pub returned: Money,
    /// Relabelled by a later seed.
    pub taken_over: Money,
    /// Cut off by stop rules.
    pub cut_off: Money,
    /// Became another asset.
    pub converted: Money,
    /// In outputs that nobody can ever spend.
    pub burned: Money,
    /// In a trace to the sources: arrived at the target.
    pub reached: Money,
    /// In a trace to the sources: went where the target cannot be reached from.
    pub elsewhere: Money,
}

impl Balance {
    /// What came in less what turned up, in smallest units; `None` if the assets differ or the sum
    /// overflows.
    pub fn difference(&self) -> Option<i128> {
        let came = self.seeded.checked_add(&self.arrived)?;
        let out = [
            &self.fees,
            &self.returned,
            &self.taken_over,
            &self.cut_off,
            &self.converted,
            &self.burned,
            &self.reached,
            &self.elsewhere,
        ];
        let out = out
            .into_iter()
            .try_fold(self.resting.clone(), |sum, part| sum.checked_add(part))?;
        (came.asset.key == out.asset.key).then(|| came.units() - out.units())
    }
}

/// Money of unknown origin at an account of the trace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Unexplained {
    /// Where.
    pub party: Party,
    /// How much.
    pub amount: Money,
}

/// Under poison: a marked account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// Where.
    pub party: Party,
    /// Marked part of what is there at the end.
    pub marked: Money,
    /// All that is there at the end.
    pub pool: Money,
}
