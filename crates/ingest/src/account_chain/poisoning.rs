//! `address-poisoning@1`: transfers whose only purpose is that a wallet shows an address that looks like one that
//! its owner pays.
//!
//! An attacker makes an address X that begins and ends as a real counterparty R of a victim V, and has it appear
//! in V's history, so that V copies the wrong one. A transfer is set aside as poisoning if all of these hold:
//!
//! * it is *bait*: it moves nothing (whoever calls the contract can name V as sender), or a token that only calls
//!   itself as a known one does, or X pays V less than 10 units of a dollar coin. What V itself pays is never bait:
//!   a small payment of the victim, to X even, stays;
//! * X *copies* R: it is not R, and shares its first 2 characters or more and its last 4 or more (hexadecimal
//!   digits without `0x`; on TRON the address as written, of which the first letter says nothing);
//! * R is *real* to V before it: 10 units or more of a dollar coin went between them, or V paid R coins of the
//!   network. Nothing that an attacker can have for little makes him real;
//! * X is not real to V before it;
//! * *chance* does not explain it: with n real transfers of V before it, n is at most 16^(shared characters) /
//!   1000, so that in a thousand strangers who pay V a little at most one looks like a counterparty. An account
//!   with very many counterparties thus needs more shared characters;
//! * the ends tell addresses of V apart: at most 16 real counterparties of V have X's. It also bounds the cost of a
//!   judgement, whatever a made-up file holds.
//!
//! Source: `chains.md` §3; the conditions of reality and chance are this project's.
//!
//! Method: [`Watch`] first sees every transfer and keeps a hash for each pair (victim, ends of X) of a bait; then
//! transfers are judged in their order, and of real ones only those are kept that such a pair names. Memory: 8
//! bytes for each such pair and about 40 for each victim and each real counterparty that is copied.

use super::field::{Address, account};
use super::movement::{End, Leg};
use moneytrail_model::{Amount, Network, RuleId, TransferKind};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::fmt;
use std::hash::{Hash, Hasher};

/// The rule.
pub(super) const RULE: RuleId = RuleId {
    name: "address-poisoning",
    version: 1,
};

/// Units of a dollar coin below which a payment may be bait.
const BAIT_BELOW_UNITS: u32 = 10;
/// Least shared characters at the beginning and at the end; more than the greatest are not counted.
const FIRST_LEAST: usize = 2;
const LAST_LEAST: usize = 4;
const SHARED_MOST: usize = 6;
/// Real counterparties of a victim that may begin and end alike.
const N_ALIKE_MOST: usize = 16;
/// One stranger in so many may look like a counterparty.
const CHANCE: u64 = 1_000;

/// What a movement is to the rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Weight {
    /// Decimal places of the token, if it is a dollar coin.
    pub(super) dollar_places: Option<u8>,
    /// Whether the token only calls itself as a known one does.
    pub(super) is_imitation: bool,
}

impl Weight {
    fn is_small(self, amount: Amount) -> Option<bool> {
        let places = self.dollar_places?;
        let bound = i128::from(BAIT_BELOW_UNITS) * 10_i128.pow(places.into());
        Some(amount.units() < bound)
    }
}

/// An address that copies another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Imitation {
    pub(super) victim: Address,
    pub(super) by: Address,
    pub(super) of: Address,
    pub(super) network: Network,
}

impl fmt::Display for Imitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |address| account(address, self.network);
        write!(
            f,
            "{} copies {}, a counterparty of {}",
            shown(self.by),
            shown(self.of),
            shown(self.victim)
        )
    }
}

/// Bait by its direction: who is to be deceived, and who is to be shown.
fn baits(leg: &Leg, weight: Weight) -> impl Iterator<Item = [Address; 2]> {
    let (from, to) = match (leg.from, leg.to) {
        (End::Account(from), End::Account(to)) if from != to => (from, to),
        _ => return [None, None].into_iter().flatten(),
    };
    let shows_any = leg.token.is_some() && (leg.amount == Amount::ZERO || weight.is_imitation);
    let pays_little = weight.is_small(leg.amount) == Some(true);
    [
        (shows_any || pays_little).then_some([to, from]),
        shows_any.then_some([from, to]),
    ]
    .into_iter()
    .flatten()
}

/// Who is real to whom by this movement: pairs of a victim-to-be and its counterparty.
fn realities(leg: &Leg, weight: Weight) -> impl Iterator<Item = [Address; 2]> {
    let (from, to) = match (leg.from, leg.to) {
        (End::Account(from), End::Account(to)) if from != to => (from, to),
        _ => return [None, None].into_iter().flatten(),
    };
    let is_coin = leg.token.is_none() && leg.amount > Amount::ZERO && leg.kind != TransferKind::Fee;
    let is_dollars = weight.is_small(leg.amount) == Some(false);
    [
        (is_coin || is_dollars).then_some([from, to]),
        is_dollars.then_some([to, from]),
    ]
    .into_iter()
    .flatten()
}

/// Looks at every transfer before any is judged; parts of an exhibit can be watched apart and put together.
#[derive(Debug, Default)]
pub(super) struct Watch {
    pairs: FxHashSet<u64>,
    victims: FxHashSet<Address>,
}

impl Watch {
    pub(super) fn see(&mut self, leg: &Leg, weight: Weight, network: Network) {
        for [victim, by] in baits(leg, weight) {
            self.pairs.insert(pair_of(victim, by, network));
            self.victims.insert(victim);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.pairs.extend(other.pairs);
        self.victims.extend(other.victims);
    }
}

/// Judges transfers in their order.
#[derive(Debug)]
pub(super) struct Judge {
    network: Network,
    pairs: FxHashSet<u64>,
    /// Real transfers of each possible victim so far.
    n_real: FxHashMap<Address, u64>,
    /// Real counterparties that a bait's ends name.
    real: FxHashMap<u64, Vec<[Address; 2]>>,
}

impl Judge {
    pub(super) fn after(watch: Watch, network: Network) -> Self {
        let victims: Vec<Address> = watch.victims.into_iter().collect();
        Self {
            network,
            pairs: watch.pairs,
            n_real: victims.into_iter().map(|victim| (victim, 0)).collect(),
            real: FxHashMap::default(),
        }
    }

    /// Whether a movement is poisoning, by what was learned of earlier ones.
    pub(super) fn judge(&self, leg: &Leg, weight: Weight) -> Option<Imitation> {
        if self.real.is_empty() {
            return None;
        }
        baits(leg, weight).find_map(|[victim, by]| {
            let known = self.real.get(&pair_of(victim, by, self.network))?;
            if known.len() > N_ALIKE_MOST || known.contains(&[victim, by]) {
                return None;
            }
            let n_real = self.n_real.get(&victim).copied().unwrap_or(0);
            let copied = known.iter().filter(|pair| pair[0] == victim);
            let imitated = copied.map(|pair| pair[1]).find(|&of| {
                let shared = shared_characters(by, of, self.network);
                shared.is_some_and(|n| n_real <= 16_u64.pow(n) / CHANCE)
            });
            Some(Imitation {
                victim,
                by,
                of: imitated?,
                network: self.network,
            })
        })
    }

    /// Learns from a movement that was not set aside.
    pub(super) fn learn(&mut self, leg: &Leg, weight: Weight) {
        for [victim, counterparty] in realities(leg, weight) {
            let Some(n_real) = self.n_real.get_mut(&victim) else {
                continue;
            };
            *n_real += 1;
            let pair = pair_of(victim, counterparty, self.network);
            if self.pairs.contains(&pair) {
                let known = self.real.entry(pair).or_default();
                if known.len() <= N_ALIKE_MOST && !known.contains(&[victim, counterparty]) {
                    known.push([victim, counterparty]);
                }
            }
        }
    }
}

/// An address as people compare it.
fn written(address: Address, network: Network) -> String {
    match network {
        Network::Tron => account(address, network).to_string(),
        _ => hex::encode(address),
    }
}

/// Victim, and the least that another address shows at both ends, as one number. Numbers that agree by chance are
/// told apart when addresses are compared.
fn pair_of(victim: Address, shown: Address, network: Network) -> u64 {
    let mut hasher = FxHasher::default();
    victim.hash(&mut hasher);
    if network == Network::Tron {
        let text = written(shown, network);
        text[..FIRST_LEAST].hash(&mut hasher);
        text[text.len() - LAST_LEAST..].hash(&mut hasher);
    } else {
        [shown[0], shown[18], shown[19]].hash(&mut hasher);
    }
    hasher.finish()
}

/// Characters that say something and that two addresses share at both ends; `None` if they are too few.
fn shared_characters(a: Address, b: Address, network: Network) -> Option<u32> {
    let (a, b) = (written(a, network), written(b, network));
    let same = |pair: &(u8, u8)| pair.0 == pair.1;
    let first = a.bytes().zip(b.bytes()).take_while(same).count();
    let last = a
        .bytes()
        .rev()
        .zip(b.bytes().rev())
        .take_while(same)
        .count();
    if first < FIRST_LEAST || last < LAST_LEAST {
        return None;
    }
    let n = first.min(SHARED_MOST) + last.min(SHARED_MOST);
    u32::try_from(n - usize::from(network == Network::Tron)).ok()
}

#[cfg(test)]
mod tests {
    use super::super::movement::Place;
    use super::*;

    const VICTIM: Address = [0x11; 20];
    const REAL: Address = [0xaa; 20];
    const DOLLAR: Weight = Weight {
        dollar_places: Some(6),
        is_imitation: false,
    };
    const OTHER: Weight = Weight {
        dollar_places: None,
        is_imitation: false,
    };
    const FALSE: Weight = Weight {
        dollar_places: None,
        is_imitation: true,
    };

    /// Begins and ends as [`REAL`] does.
    fn copy() -> Address {
        let mut address = [0xbb; 20];
        address[0] = 0xaa;
        address[18..].copy_from_slice(&[0xaa; 2]);
        address
    }

    fn leg(from: Address, to: Address, units: u64) -> Leg {
        let place = Place {
            file: 0,
            row: 1,
            at: 0,
        };
        Leg::between([from, to], Some([9; 20]), Amount::from_u64(units), place)
    }

    /// Which of some movements are set aside.
    fn judged(movements: &[(Leg, Weight)]) -> Vec<bool> {
        let mut watch = Watch::default();
        for (leg, weight) in movements {
            watch.see(leg, *weight, Network::Ethereum);
        }
        let mut judge = Judge::after(watch, Network::Ethereum);
        let judge_one = |(leg, weight): &(Leg, Weight)| {
            let found = judge.judge(leg, *weight);
            if found.is_none() {
                judge.learn(leg, *weight);
            }
            found.is_some()
        };
        movements.iter().map(judge_one).collect()
    }

    #[test]
    fn bait_that_copies_a_counterparty_is_set_aside() {
        let paid = (leg(VICTIM, REAL, 50_000_000), DOLLAR);
        assert_eq!(
            judged(&[
                (leg(copy(), VICTIM, 1), DOLLAR),
                paid,
                (leg(VICTIM, copy(), 0), DOLLAR),
                (leg(copy(), VICTIM, 9_999_999), DOLLAR),
                (leg(VICTIM, copy(), 50_000_000), FALSE),
                (leg(copy(), VICTIM, 10_000_000), DOLLAR),
            ]),
            [false, false, true, true, true, false],
            "nothing is copied before it is real, and ten are no bait"
        );
    }

    #[test]
    fn what_the_victim_pays_stays() {
        let paid = (leg(VICTIM, REAL, 50_000_000), DOLLAR);
        let movements = [
            paid,
            (leg(copy(), VICTIM, 1), DOLLAR),
            (leg(VICTIM, copy(), 5_000_000), DOLLAR),
            (leg(VICTIM, copy(), 900_000_000), DOLLAR),
            // From here on the copy is real: the victim has paid it.
            (leg(copy(), VICTIM, 1_000_000), DOLLAR),
        ];
        assert_eq!(judged(&movements), [false, true, false, false, false]);
    }

    #[test]
    fn small_payments_of_strangers_stay() {
        let mut stranger = copy();
        stranger[19] = 0xab;
        let paid = (leg(VICTIM, REAL, 50_000_000), DOLLAR);
        let movements = [
            paid,
            (leg(stranger, VICTIM, 1), DOLLAR),
            (leg(REAL, VICTIM, 1), DOLLAR),
            (leg(copy(), [0x12; 20], 1), DOLLAR),
            (leg(copy(), VICTIM, 1), OTHER),
        ];
        assert_eq!(judged(&movements), [false; 5]);
    }

    #[test]
    fn an_account_with_many_counterparties_needs_more_than_chance() {
        let mut movements = vec![(leg(VICTIM, REAL, 50_000_000), DOLLAR)];
        let others = (0_u32..20_000).map(|n| {
            let mut other = [0xcc; 20];
            other[4..8].copy_from_slice(&n.to_be_bytes());
            (leg(other, VICTIM, 50_000_000), DOLLAR)
        });
        movements.extend(others);
        movements.push((leg(copy(), VICTIM, 1), DOLLAR));
        let mut closer = copy();
        closer[..3].copy_from_slice(&[0xaa; 3]);
        closer[17] = 0xaa;
        movements.push((leg(closer, VICTIM, 1), DOLLAR));
        assert_eq!(judged(&movements)[20_001..], [false, true]);
    }

    #[test]
    fn ends_that_many_counterparties_have_tell_nothing() {
        let alike = |n: u8| {
            let mut address = copy();
            address[9] = n;
            (leg(VICTIM, address, 50_000_000), DOLLAR)
        };
        let bait = (leg(copy(), VICTIM, 1), DOLLAR);
        for (n_alike, is_set_aside) in [(16, true), (17, false)] {
            let mut movements: Vec<(Leg, Weight)> = (0..n_alike).map(alike).collect();
            movements.push(bait);
            assert_eq!(judged(&movements).last(), Some(&is_set_aside), "{n_alike}");
        }
    }

    #[test]
    fn tron_addresses_are_compared_as_written() {
        let of = |text: &str| super::super::field::address(text, Network::Tron).unwrap();
        let a = of("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t");
        assert_eq!(shared_characters(a, a, Network::Tron), Some(11));
        assert_eq!(shared_characters(a, REAL, Network::Tron), None);
    }
}
