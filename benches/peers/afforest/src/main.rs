//! Weak components by Afforest, as Neo4j Labs' `graph` has it.
//!
//! usage: peer-afforest DIR THREADS, then lines `run` and `answer FILE` on standard input.

use graph::prelude::*;
use std::error::Error;
use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

fn words(path: &Path) -> std::io::Result<Vec<u32>> {
    let bytes = std::fs::read(path)?;
    let (words, _) = bytes.as_chunks();
    Ok(words.iter().map(|&word| u32::from_le_bytes(word)).collect())
}

/// The number that stands behind a name in a flat JSON object.
fn number(json: &str, name: &str) -> Option<u32> {
    let behind = json.split_once(&format!("\"{name}\":"))?.1;
    let digits = behind.trim_start();
    let end = digits.find(|c: char| !c.is_ascii_digit())?;
    digits[..end].parse().ok()
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let inputs = Path::new(&arguments[1]);
    rayon::ThreadPoolBuilder::new()
        .num_threads(arguments[2].parse()?)
        .build_global()?;
    let facts = std::fs::read_to_string(inputs.join("rmat.json"))?;
    let n_nodes = number(&facts, "nodes").ok_or("rmat.json names no nodes")?;
    let (tails, heads) = (words(&inputs.join("from.u32"))?, words(&inputs.join("to.u32"))?);
    // A loop at the last node makes sure that all nodes are there; it joins nothing.
    let last = (n_nodes - 1, n_nodes - 1);
    let edges: Vec<(u32, u32)> = tails.into_iter().zip(heads).chain([last]).collect();
    let graph: DirectedCsrGraph<u32> = GraphBuilder::new().csr_layout(CsrLayout::Unsorted).edges(edges).build();
    println!("{{\"ready\": true}}");
    let mut labels: Vec<u32> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line == "run" {
            let start = Instant::now();
            labels = wcc_afforest(&graph, WccConfig::default()).to_vec();
            println!("{{\"seconds\": {}}}", start.elapsed().as_secs_f64());
        } else if let Some(path) = line.strip_prefix("answer ") {
            let bytes: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
            std::fs::write(path, bytes)?;
            println!("{{\"written\": true}}");
        }
    }
    Ok(())
}
