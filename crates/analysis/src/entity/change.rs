//! Change: which output of a transaction goes back to whoever paid, by votes (`chains.md` §2).
//!
//! Laws. A vote names the outputs that it cannot rule out, and abstains where it would rule out none or
//! all. All votes are kept. An output is held to be change only if it is the one that no vote rules out, and
//! no rule labels the transaction a CoinJoin; that is a soft claim. Two votes, by version and by lock time, look at what
//! spends an output later, up to the second as of which is asked: evidence about later times may change them. The others look
//! at nothing that comes after the transaction in the record. What a person accepted to be change stays so whatever is
//! spent later.
//!
//! Sources: Meiklejohn et al., *A Fistful of Bitcoins* (2013); Möser, Narayanan, *Resurrecting Address
//! Clustering in Bitcoin* (2022), for the votes and their errors.

use super::coinjoin::coinjoin;
use super::{EntityOptions, Scripts};
use moneytrail_model::{
    Amount, EventIdx, EventKind, Habits, NodeIdx, RuleId, TransferIdx, TransferKind,
};
use moneytrail_store::graph::{Graph, TransferList};
use std::ops::RangeInclusive;

/// An output is change by votes.
pub const CHANGE: RuleId = RuleId {
    name: "change",
    version: 2,
};

/// Outputs of a transaction that is voted on; unspendable ones do not count.
const N_OUTPUTS: RangeInclusive<usize> = 2..=10;

/// What a vote goes by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ground {
    /// The account was paid and spent nothing before, and is paid once here.
    FreshAddress,
    /// The script is of the type that all inputs have.
    ScriptType,
    /// The value is smaller than every input, of which there are several.
    SmallerThanInputs,
    /// The value is no multiple of ten to this power, in satoshi.
    NotRound(u8),
    /// The account is among the inputs: certain.
    AmongInputs,
    /// The transaction that spends it has the same version, and is no CoinJoin; not spent yet rules out nothing.
    Version,
    /// The transaction that spends it has a lock time of the same kind (none, a height, a time); else as
    /// [`Ground::Version`].
    LockTime,
}

impl Ground {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 10] = [
        Self::AmongInputs,
        Self::FreshAddress,
        Self::ScriptType,
        Self::SmallerThanInputs,
        Self::NotRound(3),
        Self::NotRound(4),
        Self::NotRound(5),
        Self::NotRound(6),
        Self::Version,
        Self::LockTime,
    ];

    /// Its name, by which it can be left out.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FreshAddress => "fresh-address",
            Self::ScriptType => "script-type",
            Self::SmallerThanInputs => "smaller-than-inputs",
            Self::NotRound(3) => "not-round-3",
            Self::NotRound(4) => "not-round-4",
            Self::NotRound(5) => "not-round-5",
            Self::NotRound(_) => "not-round-6",
            Self::AmongInputs => "among-inputs",
            Self::Version => "version",
            Self::LockTime => "lock-time",
        }
    }

    /// Whether it looks at what comes after the transaction.
    pub const fn looks_ahead(self) -> bool {
        matches!(self, Self::Version | Self::LockTime)
    }
}

/// What one ground says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Vote {
    /// By what.
    pub ground: Ground,
    /// The outputs that it cannot rule out: bit i is the i-th; `None` if it abstains.
    pub candidates: Option<u16>,
}

/// Votes on a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Votes {
    /// Outputs that can be spent, in their order.
    pub outputs: Vec<TransferIdx>,
    /// One for each ground, in the order of [`Ground::ALL`].
    pub votes: Vec<Vote>,
}

impl Votes {
    /// The one output that no vote rules out, and how many votes rule out others; among the inputs is certain
    /// and overrules the rest.
    pub fn change(&self) -> Option<(TransferIdx, u8)> {
        let certain = self.votes.iter().find_map(|vote| {
            vote.candidates
                .filter(|_| vote.ground == Ground::AmongInputs)
        });
        let all = (1 << self.outputs.len()) - 1;
        let cast = self.votes.iter().filter_map(|vote| vote.candidates);
        let left = certain.unwrap_or_else(|| cast.clone().fold(all, |left, vote| left & vote));
        let n_votes = u8::try_from(cast.count()).expect("ten grounds at most");
        left.is_power_of_two()
            .then(|| (self.outputs[left.trailing_zeros() as usize], n_votes))
    }
}

/// What the votes are cast on.
struct Ballot<'a> {
    graph: &'a Graph,
    options: &'a EntityOptions,
    event: EventIdx,
    inputs: TransferList<'a>,
    outputs: Vec<TransferIdx>,
}

/// The votes on a transaction; `None` if it is a coinbase, a CoinJoin, too late, or has too few or too many
/// outputs. Grounds named in `options.without` abstain. O(n²) in its outputs, of which there are ten
/// at most, and O(n) in its inputs.
pub fn votes(graph: &Graph, options: &EntityOptions, event: EventIdx) -> Option<Votes> {
    let junction = graph.junction_of(event)?;
    let outs = graph.transfers_out(junction);
    if outs.len() < *N_OUTPUTS.start()
        || graph.event_kind(event) != EventKind::Transaction
        || options.is_late(graph, event)
    {
        return None;
    }
    let is_output = |out: &TransferIdx| {
        graph.kind(*out) == TransferKind::Output && !graph.is_boundary(graph.to(*out))
    };
    let outputs: Vec<TransferIdx> = outs.iter().filter(is_output).collect();
    if !N_OUTPUTS.contains(&outputs.len()) || coinjoin(graph, event, options).is_some() {
        return None;
    }
    let inputs = graph.transfers_in(junction);
    let ballot = Ballot {
        graph,
        options,
        event,
        inputs,
        outputs,
    };
    let votes = Ground::ALL
        .into_iter()
        .map(|ground| Vote {
            ground,
            candidates: ballot
                .vote(ground)
                .filter(|_| !options.without.iter().any(|name| name == ground.as_str())),
        })
        .collect();
    Some(Votes {
        outputs: ballot.outputs,
        votes,
    })
}

impl Ballot<'_> {
    /// Bits of the outputs that a ground cannot rule out, unless those are none or all.
    fn vote(&self, ground: Ground) -> Option<u16> {
        let units = |transfer| self.graph.amount(transfer).and_then(Amount::non_negative);
        match ground {
            Ground::AmongInputs => {
                let spenders: Vec<NodeIdx> =
                    self.inputs.iter().map(|t| self.graph.from(t)).collect();
                self.cast(|output| Some(spenders.contains(&self.graph.to(output))))
            }
            Ground::FreshAddress => self.cast(|output| Some(self.is_fresh(output))),
            Ground::ScriptType => {
                let mut types = self
                    .inputs
                    .iter()
                    .map(|t| self.script_type(self.graph.from(t)));
                let first = types.next()??;
                types.all(|other| other == Some(first)).then_some(())?;
                self.cast(|output| Some(self.script_type(self.graph.to(output)) == Some(first)))
            }
            Ground::SmallerThanInputs => {
                let least = self
                    .inputs
                    .iter()
                    .map(units)
                    .collect::<Option<Vec<u128>>>()?;
                let least = least.into_iter().min().filter(|_| self.inputs.len() > 1)?;
                self.cast(|output| Some(units(output)? < least))
            }
            Ground::NotRound(power) => {
                self.cast(|output| Some(!units(output)?.is_multiple_of(10_u128.pow(power.into()))))
            }
            Ground::Version => {
                let own = self.graph.habits(self.event).version?;
                self.cast(|output| Some(self.is_spent_with(output, |habits| habits.version, own)))
            }
            Ground::LockTime => {
                let own = self.graph.habits(self.event).lock_time?;
                self.cast(|output| Some(self.is_spent_with(output, |habits| habits.lock_time, own)))
            }
        }
    }

    fn cast(&self, mut is_possible: impl FnMut(TransferIdx) -> Option<bool>) -> Option<u16> {
        let mut bits = 0;
        for (place, &output) in self.outputs.iter().enumerate() {
            bits |= u16::from(is_possible(output)?) << place;
        }
        (bits != 0 && bits.count_ones() as usize != self.outputs.len()).then_some(bits)
    }

    /// Whether nothing says that who spends the output has another habit than `own`.
    fn is_spent_with<T: PartialEq + Copy>(
        &self,
        output: TransferIdx,
        habit: impl Fn(Habits) -> Option<T>,
        own: T,
    ) -> bool {
        let mut spends = self.graph.links_spent_by(output);
        let Some(spender) = spends.next().map(|link| self.graph.event_of(link.later)) else {
            return true;
        };
        habit(self.graph.habits(spender)).is_none_or(|other| other == own)
            || self.options.is_late(self.graph, spender)
            || coinjoin(self.graph, spender, self.options).is_some()
    }

    fn script_type(&self, node: NodeIdx) -> Option<u8> {
        let tag = *self.graph.key_bytes(node)?.first()?;
        super::SCRIPT_TAGS.contains(&tag).then_some(tag)
    }

    /// Whether nothing before this transaction, and no other output of it, is of the account.
    fn is_fresh(&self, output: TransferIdx) -> bool {
        let account = self.graph.to(output);
        let first_spent = self.graph.transfers_out(account).first();
        let is_spent_before = first_spent.is_some_and(|t| self.graph.event_of(t) <= self.event);
        let received = self.graph.transfers_in(account);
        let is_paid_again = received
            .get(1)
            .is_some_and(|t| self.graph.event_of(t) == self.event);
        received.first() == Some(output) && !is_paid_again && !is_spent_before
    }
}

/// The output that is held to be change, and how many votes do not speak against it: the one that a person accepted, else
/// the one that the votes leave.
pub fn change(
    graph: &Graph,
    options: &EntityOptions,
    event: EventIdx,
) -> Option<(TransferIdx, u8)> {
    let votes = votes(graph, options, event)?;
    let is_accepted = |output: &TransferIdx| options.change_outputs.binary_search(output).is_ok();
    let Some(place) = votes.outputs.iter().position(is_accepted) else {
        return votes.change();
    };
    let cast = votes.votes.iter().filter_map(|vote| vote.candidates);
    let n_for = cast.filter(|candidates| candidates & (1 << place) != 0);
    let n_for = u8::try_from(n_for.count()).expect("ten grounds at most");
    Some((votes.outputs[place], n_for))
}

/// The account to which the change of a transaction goes, and how many votes say so, if it is held to be
/// change and is not among the inputs already.
pub(super) fn change_account(
    graph: &Graph,
    scripts: Scripts,
    options: &EntityOptions,
    event: EventIdx,
) -> Option<(NodeIdx, u8)> {
    let (output, n_votes) = change(graph, options, event)?;
    let spender = |account| {
        let inputs = graph.junction_of(event).map(|j| graph.transfers_in(j));
        let mut inputs = inputs.into_iter().flatten();
        inputs.any(|input| graph.from(input) == account)
    };
    let units = graph.amount(output).and_then(Amount::non_negative)?;
    let account = graph.to(output);
    (!spender(account) && units > super::DUST_SATS_MAX && scripts.contain(account))
        .then_some((account, n_votes))
}
