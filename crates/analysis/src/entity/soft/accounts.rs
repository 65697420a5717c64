//! Soft claims on account chains (`chains.md` §3): who shares a deposit account of an exchange, who pays for whom.

use super::{DEPOSIT_REUSE, FEE_PAYER, SoftClaim};
use crate::entity::EntityOptions;
use moneytrail_model::{Amount, AssetKey, EventIdx, Network, NodeIdx, TransferIdx, TransferKind};
use moneytrail_store::graph::Graph;
use std::collections::BTreeMap;

/// A deposit is forwarded within 3200 blocks. The index holds no heights, so this is what they take: 12 hours on
/// Ethereum as of the source, 2 hours 40 minutes on TRON.
const SECONDS_MAX: i64 = 43_200;
const SECONDS_MAX_TRON: i64 = 9_600;

/// A deposit is forwarded by one of the next few payments to an exchange. What pays more often than that is no
/// deposit account, and must not cost the square of its payments.
const N_FORWARDS_MAX: usize = 64;

/// First key byte of TRON addresses (`docs/FORMATS.md`).
const TRON_TAG: u8 = 0x11;

/// Who pays for more accounts than this is taken for a service that rents energy, or for an exchange.
const N_FUNDED_MAX: usize = 10;

/// Users of each account that forwards to a tagged exchange what it receives, to the smallest of them. An
/// account that is itself tagged as an exchange's is neither. O(n log n) in transfers of the accounts that pay exchanges.
pub(super) fn deposit_reuse(graph: &Graph, options: &EntityOptions) -> Vec<SoftClaim> {
    let is_exchange = |node: NodeIdx| options.exchanges.binary_search(&node).is_ok();
    let forwarded = options
        .exchanges
        .iter()
        .flat_map(|&exchange| graph.transfers_in(exchange));
    let mut deposits: Vec<NodeIdx> = forwarded.map(|t| graph.from(t)).collect();
    deposits.sort_unstable();
    deposits.dedup();
    deposits.retain(|&node| is_account(graph, node) && !is_exchange(node));
    let mut claims = Vec::new();
    for deposit in deposits {
        // The best that each user's deposits give.
        let mut users: BTreeMap<NodeIdx, (u16, EventIdx)> = BTreeMap::new();
        let outs: Vec<TransferIdx> = graph
            .transfers_out(deposit)
            .iter()
            .filter(|&t| is_exchange(graph.to(t)))
            .collect();
        for paid in graph.transfers_in(deposit) {
            let user = graph.from(paid);
            if !is_account(graph, user) || is_exchange(user) || user == deposit {
                continue;
            }
            let after = outs.partition_point(|&out| out < paid);
            let next = outs[after..].iter().take(N_FORWARDS_MAX);
            let weights = next
                .map_while(|&out| within(graph, paid, out).then_some(out))
                .filter_map(|out| weight(graph, paid, out));
            if let Some(weight) = weights.max() {
                let entry = users.entry(user).or_insert((weight, graph.event_of(paid)));
                if weight > entry.0 {
                    *entry = (weight, graph.event_of(paid));
                }
            }
        }
        let mut users = users.into_iter();
        if let Some((first, (first_weight, _))) = users.next() {
            claims.extend(users.map(|(other, (weight, event))| SoftClaim {
                a: first,
                b: other,
                event,
                rule: DEPOSIT_REUSE,
                weight: weight.min(first_weight),
            }));
        }
    }
    claims
}

fn is_account(graph: &Graph, node: NodeIdx) -> bool {
    !graph.is_junction(node) && !graph.is_boundary(node)
}

fn seconds_between(graph: &Graph, paid: TransferIdx, out: TransferIdx) -> Option<i64> {
    let [paid, out] = [paid, out].map(|t| graph.time(graph.event_of(t)).seconds());
    Some(out? - paid?)
}

fn seconds_max(graph: &Graph, transfer: TransferIdx) -> i64 {
    match graph.txid(graph.event_of(transfer)) {
        Some((Network::Tron, _)) => SECONDS_MAX_TRON,
        _ => SECONDS_MAX,
    }
}

fn within(graph: &Graph, paid: TransferIdx, out: TransferIdx) -> bool {
    seconds_between(graph, paid, out).is_none_or(|seconds| seconds <= seconds_max(graph, paid))
}

/// Confidence in thousandths that `out` forwards `paid`: ((1 − t/tmax) + (1 − a/amax)) / 2, in integers. Tokens
/// are forwarded to the unit, coins may lose a hundredth of one to fees.
fn weight(graph: &Graph, paid: TransferIdx, out: TransferIdx) -> Option<u16> {
    let asset = graph.asset_of(paid);
    if asset != graph.asset_of(out) {
        return None;
    }
    let [came, went] = [paid, out].map(|t| graph.amount(t).and_then(Amount::non_negative));
    let kept = came?.checked_sub(went?)?;
    let asset = graph.asset(asset);
    let kept_max = match asset.key() {
        AssetKey::Native(_) => 10_u128.pow(u32::from(asset.decimals().saturating_sub(2))),
        _ => 0,
    };
    let seconds = seconds_between(graph, paid, out).filter(|&seconds| seconds >= 0)?;
    // Before it is multiplied: of what a stranger sends, anything may be kept.
    (kept <= kept_max).then_some(())?;
    let left_seconds = 1000 - 1000 * seconds / seconds_max(graph, paid);
    let left_units = 1000 - (1000 * kept).checked_div(kept_max).unwrap_or(0);
    u16::try_from(u128::try_from(left_seconds).ok()?.midpoint(left_units)).ok()
}

/// Each TRON account to who paid its first TRX, and to who pays a fee in an event in which it pays something
/// else, unless that is a tagged exchange or pays for many.
pub(super) fn fee_payers(graph: &Graph, options: &EntityOptions) -> Vec<SoftClaim> {
    let mut claims: Vec<SoftClaim> = Vec::new();
    let claim = |payer: NodeIdx, account, transfer| SoftClaim {
        a: payer,
        b: account,
        event: graph.event_of(transfer),
        rule: FEE_PAYER,
        weight: 0,
    };
    let is_coin = |t: TransferIdx| {
        matches!(
            graph.asset(graph.asset_of(t)).key(),
            AssetKey::Native(Network::Tron)
        )
    };
    for account in graph.accounts_of_tags(TRON_TAG..=TRON_TAG) {
        let mut arriving = graph.transfers_in(account).iter();
        if let Some(first) = arriving.find(|&t| is_coin(t)) {
            claims.push(claim(graph.from(first), account, first));
        }
        for transfer in graph.transfers_out(account) {
            let is_of_another =
                |t: &TransferIdx| graph.kind(*t) == TransferKind::Fee && graph.from(*t) != account;
            if graph.kind(transfer) == TransferKind::Payment {
                let mut of_event = graph.transfers_of(graph.event_of(transfer));
                if let Some(fee) = of_event.find(is_of_another) {
                    claims.push(claim(graph.from(fee), account, fee));
                }
            }
        }
    }
    claims.retain(|claim| {
        is_account(graph, claim.a)
            && claim.a != claim.b
            && options.exchanges.binary_search(&claim.a).is_err()
    });
    claims.sort_unstable_by_key(|claim| (claim.a, claim.b, claim.event));
    claims.dedup_by_key(|claim| (claim.a, claim.b));
    let few = claims
        .chunk_by(|x, y| x.a == y.a)
        .filter(|funded| funded.len() <= N_FUNDED_MAX);
    few.flatten().copied().collect()
}
