//! Graphs of a case, made from edges: one payment each, a second apart, of amounts that vary.

use crate::Error;
use crate::synthetic::Random;
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, EventKind, Instant, Layers, TransferKind,
};
use moneytrail_store::graph::{Graph, GraphBuilder};

/// The account of an id; keys ascend as ids do.
pub fn account(id: u32) -> AccountKey {
    AccountKey::Listed(format!("{id:010}").into())
}

/// A graph with one event for each edge, in order.
///
/// # Errors
/// Beyond the limits of a graph.
pub fn graph(from: &[u32], to: &[u32]) -> Result<Graph, Error> {
    let mut random = Random::new(5);
    let mut builder = GraphBuilder::default();
    let key = AssetKey::currency("EUR").ok_or("a currency has three letters")?;
    let euro = builder.asset(Asset::new(key));
    for (second, (&from, &to)) in from.iter().zip(to).enumerate() {
        let (from, to) = (
            builder.account(&account(from)),
            builder.account(&account(to)),
        );
        builder.event(EventKind::Payment, Instant::at(i64::try_from(second)?));
        let amount = Amount::from_u64(1 + u64::from(random.below(100_000)));
        builder.transfer(
            from,
            to,
            euro,
            Some(amount),
            TransferKind::Payment,
            Layers::BOTH,
        );
    }
    Ok(builder.finish()?)
}
