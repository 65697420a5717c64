//! Exports of account chains, format by format: every transfer, fee, time and bin.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use moneytrail_ingest::{Evidence, EvidenceFile, Format, Options, Outcome, detect, read};
use moneytrail_model::{AccountKey, BookId, Instant, Network, RecordBin};
use moneytrail_store::schema::Batch;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(name)
}

/// What was read, in lines that a person can check.
struct Told {
    outcome: Outcome,
    batches: Vec<Batch>,
}

impl Told {
    /// `id@height/index seconds X→Y amount asset kind @place`, accounts and ids by their first digits.
    fn transfers(&self) -> Vec<String> {
        let short = |key: Option<&[u8]>| match AccountKey::decode(key.unwrap()).unwrap() {
            AccountKey::Issuance(_) => "issuance".to_owned(),
            AccountKey::Burned(_) => "burned".to_owned(),
            AccountKey::Fees(_) => "fees".to_owned(),
            AccountKey::Evm(_, address) => hex::encode(&address[..2]),
            other => other.to_string().chars().take(5).collect(),
        };
        let mut told = Vec::new();
        for batch in &self.batches {
            for at in 0..batch.transfers.len() {
                let event = &batch.events[batch.transfers.event(at) as usize];
                let row = batch.transfers.get(at);
                let asset = &batch.assets[row.asset as usize];
                let id = event
                    .transaction
                    .map_or("-".to_owned(), |(_, id)| hex::encode(&id[..1]));
                let index = event
                    .tx_index
                    .map_or("?".to_owned(), |index| index.to_string());
                let height = event
                    .block
                    .and_then(|block| batch.blocks[block as usize].height);
                let height = height.map_or("?".to_owned(), |height| height.to_string());
                let time = match event.time {
                    Instant::UNKNOWN => "?".to_owned(),
                    time => (time.earliest() - 1_700_000_000).to_string(),
                };
                told.push(format!(
                    "{id}@{height}/{index} +{time} {}→{} {} {} {} {}",
                    short(batch.transfers.from_key(at)),
                    short(batch.transfers.to_key(at)),
                    row.amount.unwrap().display(asset.decimals()),
                    asset.symbol(),
                    row.kind,
                    batch.event_locator(event),
                ));
            }
        }
        told
    }

    /// `bin place: reason` of what is set aside or in quarantine.
    fn kept(&self) -> Vec<String> {
        let mut told = Vec::new();
        for batch in &self.batches {
            for record in &batch.records {
                if record.bin != RecordBin::Contextual {
                    assert!(!record.raw.is_empty(), "{record:?}");
                    told.push(format!(
                        "{} {}: {}",
                        record.bin.as_str(),
                        batch.record_locator(record),
                        record.reason.as_deref().unwrap()
                    ));
                }
            }
        }
        told
    }

    /// Places that are cited beside the first of each event.
    fn cited_too(&self) -> Vec<String> {
        let mut told = Vec::new();
        for batch in &self.batches {
            for (at, event) in (0_u32..).zip(&batch.events) {
                if !batch.transfers.iter().any(|row| row.event == at) {
                    told.push(batch.event_locator(event).to_string());
                }
            }
        }
        told
    }

    fn bins(&self) -> [u64; 4] {
        let counts = self.outcome.counts;
        [
            counts.transferred,
            counts.contextual,
            counts.set_aside,
            counts.quarantined,
        ]
    }
}

fn told_of(evidence: &Evidence, options: &Options) -> Told {
    let format = detect(evidence, options).unwrap();
    let mut batches: Vec<Batch> = Vec::new();
    let outcome = read(format, evidence, options, &mut batches, &()).unwrap();
    Told { outcome, batches }
}

fn evidence(files: Vec<EvidenceFile>) -> Evidence {
    Evidence {
        files,
        book: BookId([0; 8]),
    }
}

fn told(name: &str) -> Told {
    told_of(
        &evidence(vec![EvidenceFile::at(&fixture(name))]),
        &Options::default(),
    )
}

/// The tables of a directory, in the order of these names.
fn export(directory: &str, names: &[&str]) -> Evidence {
    let file = |name: &&str| EvidenceFile::at(&fixture(&format!("{directory}/{name}.csv")));
    evidence(names.iter().map(file).collect())
}

fn text(text: &str) -> (tempfile::NamedTempFile, Evidence) {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), text).unwrap();
    let evidence = evidence(vec![EvidenceFile::at(file.path())]);
    (file, evidence)
}

fn check(told: &Told, transfers: &[&str], kept: &[&str], bins: [u64; 4]) {
    assert_eq!(told.transfers(), transfers);
    assert_eq!(told.kept(), kept);
    assert_eq!(told.bins(), bins, "{}", told.outcome.counts);
}
include!("account_chain/formats.rs");
include!("account_chain/hostile.rs");
