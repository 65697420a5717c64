//! Bytes per transfer of a case's index, by part: `cargo run --release --example index_bytes CASE`.
#![expect(clippy::print_stdout, reason = "it prints a table")]

use moneytrail_store::Case;
use moneytrail_store::graph::Group;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = std::env::args_os().nth(1).ok_or("which case?")?;
    let (graph, _) = Case::open(Path::new(&root))?.graph()?;
    let n_transfers = graph.n_transfers().max(1) as u64;
    let each = |n_bytes: u64| {
        let hundredths = n_bytes * 100 / n_transfers;
        format!("{:>6}.{:02}", hundredths / 100, hundredths % 100)
    };
    println!(
        "{} transfers, {} events, {} accounts, {} links",
        graph.n_transfers(),
        graph.n_events(),
        graph.n_accounts(),
        graph.n_links()
    );
    let parts = graph.bytes()?;
    for part in &parts {
        println!("{} {:?}: {}", each(part.n_bytes), part.group, part.part);
    }
    for group in [Group::Structure, Group::Keys, Group::Txids, Group::LookUps] {
        let of_group = parts.iter().filter(|part| part.group == group);
        let n_bytes = of_group.map(|part| part.n_bytes).sum();
        println!("{} {group:?}", each(n_bytes));
    }
    let all = parts.iter().map(|part| part.n_bytes).sum();
    println!("{} all", each(all));
    Ok(())
}
