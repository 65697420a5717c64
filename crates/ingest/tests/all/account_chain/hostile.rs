
// Files that nobody wrote in good faith, or that broke on the way.

const TOKENS_HEADER: &str =
    "token_address,from_address,to_address,value,transaction_hash,log_index,block_number";
const TETHER: &str = "0xdac17f958d2ee523a2206206994597c13d831ec7";
const A: &str = "0xa11ce00000000000000000000000000000000a11";
const B: &str = "0xb0b0000000000000000000000000000000000b0b";

fn token_row(value: &str, log: u32, block: &str) -> String {
    format!("{TETHER},{A},{B},{value},0x{},{log},{block}", "12".repeat(32))
}

#[test]
fn bad_rows_are_quarantined_and_good_ones_read() {
    let id = "12".repeat(32);
    let rows = [
        token_row("1", 0, "7"),
        token_row("-1", 1, "7"),
        token_row(&"9".repeat(78), 2, "7"),
        token_row("1.5", 3, "7"),
        token_row("", 4, "7"),
        token_row("1", 5, "-7"),
        token_row("1", 6, "99999999999"),
        token_row("1", 7, ""),
        format!("{TETHER},{A},{B},1"),
        format!("{TETHER},{A},{B},1,0x{id},9,7,more"),
        format!("{TETHER},{A},{B},1,0x{id},10\0,7"),
        format!("{TETHER},0xzz,{B},1,0x{id},11,7"),
        format!("{TETHER},{A},{B},1,nohash,12,7"),
        format!("{TETHER},{A},{B},1,0x{id},log,7"),
        format!("\"{TETHER},{A},{B},1,0x{id},13,7"),
        String::new(),
        token_row("2", 14, "7"),
    ];
    let (_file, evidence) = text(&format!("{TOKENS_HEADER}\n{}", rows.join("\r\n")));
    let told = told_of(&evidence, &Options::default());
    assert_eq!(told.transfers().len(), 2, "{:?}", told.transfers());
    assert_eq!(told.bins(), [2, 2, 0, 14], "{:?}", told.kept());
}

#[test]
fn a_hundred_thousand_equal_rows_are_one() {
    let rows = vec![token_row("1", 0, "7"); 100_000].join("\n");
    let (_file, evidence) = text(&format!("{TOKENS_HEADER}\n{rows}\n"));
    let told = told_of(&evidence, &Options::default());
    assert_eq!(told.bins(), [1, 1, 99_999, 0]);
    // Blocks that go down with every row are as many runs as rows.
    let rows: Vec<String> = (0..100_000_u32)
        .map(|n| token_row("1", n, &(100_000 - n).to_string()))
        .collect();
    let (_file, evidence) = text(&format!("{TOKENS_HEADER}\n{}\n", rows.join("\n")));
    let told = told_of(&evidence, &Options::default());
    assert_eq!(told.bins(), [100_000, 1, 0, 0]);
    let heights: Vec<u32> = told
        .batches
        .iter()
        .flat_map(|batch| batch.events.iter().filter_map(|event| event.row))
        .collect();
    assert!(heights.is_sorted_by(|a, b| a > b), "the lowest block first");
}

#[test]
fn answers_that_break_off_or_lie_are_quarantined() {
    let whole = fs_err::read_to_string(fixture("evm/etherscan-txlist.json")).unwrap();
    let n_whole = told("evm/etherscan-txlist.json").outcome.counts.total();
    for cut in (400..whole.len()).step_by(97) {
        let (_file, evidence) = text(&whole[..cut]);
        let told = told_of(&evidence, &Options::default());
        assert!(told.outcome.counts.total() <= n_whole, "{cut}");
        assert!(told.outcome.counts.total() > 0, "{cut}");
    }
    let deep = format!(
        "{{\"blockNumber\":\"1\",\"from\":1,\"value\":1,\"timeStamp\":{}}}",
        "[".repeat(100_000)
    );
    let (_file, evidence) = text(&deep);
    assert_eq!(told_of(&evidence, &Options::default()).bins(), [0, 0, 0, 1]);
    let deep = format!(
        "[{{\"blockNumber\":\"1\",\"from\":\"\\ud800\",\"value\":1,\"timeStamp\":{}{}}}]",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let (_file, evidence) = text(&deep);
    assert_eq!(told_of(&evidence, &Options::default()).bins(), [0, 0, 0, 1]);
}

#[test]
fn a_file_is_read_as_what_it_is_not_without_a_panic() {
    let names = [
        "evm/etherscan-normal.csv",
        "evm/etherscan-erc20.csv",
        "evm/etherscan-tokentx.json",
        "evm/etl/traces.csv",
        "tron/trongrid-trc20.json",
        "tron/tronscan.json",
        "story/blocks/blk00000.dat",
    ];
    let formats = [
        Format::Etl,
        Format::EtherscanCsv,
        Format::EtherscanJson,
        Format::BlockscoutCsv,
        Format::TronGridJson,
        Format::TronscanJson,
    ];
    for name in names {
        for format in formats {
            let file = evidence(vec![EvidenceFile::at(&fixture(name))]);
            let mut batches: Vec<Batch> = Vec::new();
            if let Ok(outcome) = read(format, &file, &Options::default(), &mut batches, &()) {
                let n_bins = outcome.counts.total();
                assert!(n_bins > 0, "{name} as {}", format.as_str());
            }
        }
    }
}

#[test]
fn what_a_block_does_of_itself_is_told_apart_and_counted_once() {
    let rows = [
        format!(",100,,{A},2,reward,reward_100_0"),
        format!(",100,,{A},2,reward,reward_100_1"),
        format!(",100,,{A},2,reward,reward_100_0"),
        format!(",1920000,{A},{B},5,daofork,daofork_1920000_0"),
    ];
    let header = "transaction_hash,block_number,from_address,to_address,value,trace_type,trace_id";
    let (_file, evidence) = text(&format!("{header}\n{}\n", rows.join("\n")));
    let told = told_of(&evidence, &Options::default());
    let moved: Vec<String> = told
        .transfers()
        .iter()
        .map(|line| line.split(' ').nth(2).unwrap().to_owned())
        .collect();
    assert_eq!(moved, ["issuance→a11c", "issuance→a11c", "a11c→b0b0"]);
    assert_eq!(told.bins(), [3, 1, 1, 0], "{:?}", told.kept());
}

#[test]
fn a_block_that_was_replaced_gives_no_time() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = directory.path().join(name);
        fs_err::write(&path, text).unwrap();
        EvidenceFile::at(&path)
    };
    let hash = |digits: &str| format!("0x{}", digits.repeat(32));
    let read = |stated: &str| {
        let blocks = format!(
            "number,hash,parent_hash,nonce,sha3_uncles,timestamp\n7,{},,,,1700000000\n",
            hash("b0")
        );
        let transactions = format!(
            "hash,nonce,block_hash,block_number,transaction_index,from_address,to_address,value,gas\n\
             {},0,{stated},7,0,{A},{B},1,21000\n",
            hash("12")
        );
        let files = vec![file("blocks.csv", blocks), file("transactions.csv", transactions)];
        told_of(&evidence(files), &Options::default())
    };
    for (stated, time) in [(hash("b0"), "+0"), (String::new(), "+0"), (hash("b1"), "+?")] {
        let told = read(&stated);
        let line = told.transfers().remove(0);
        assert_eq!(line.split(' ').nth(1).unwrap(), time, "{stated}");
        let is_said = told.outcome.remarks.iter().any(|said| said.contains("was replaced"));
        assert_eq!(is_said, time == "+?", "{stated}");
    }
}

#[test]
fn a_transaction_is_itself_once() {
    let whole = fs_err::read_to_string(fixture("evm/etherscan-normal.csv")).unwrap();
    let mut lines: Vec<&str> = whole.lines().take(2).collect();
    let other = lines[1].replace("\"1\",\"2000\"", "\"9\",\"2000\"");
    assert_ne!(other, lines[1]);
    lines.extend([lines[1], &other]);
    let (_file, evidence) = text(&lines.join("\n"));
    let told = told_of(&evidence, &Options::default());
    assert_eq!(told.transfers().len(), 2, "{:?}", told.transfers());
    assert_eq!(told.bins(), [1, 1, 1, 1], "{:?}", told.kept());
    assert!(told.kept()[1].ends_with("contradicts row 2"), "{:?}", told.kept());
}

#[test]
fn pages_that_overlap_by_their_edges_repeat_no_movement() {
    let whole = fs_err::read_to_string(fixture("evm/etherscan-erc20.csv")).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let pages = [lines[0], lines[1], lines[0], lines[1], lines[2]].join("\n");
    let (_file, evidence) = text(&pages);
    // Two equal rows of one page are two movements; the first of them stood on the page before.
    assert_eq!(told_of(&evidence, &Options::default()).bins(), [2, 2, 1, 0]);
    let whole = fs_err::read_to_string(fixture("evm/etherscan-tokentx.json")).unwrap();
    let record = &whole[whole.find("[{").unwrap() + 1..=whole.find("},").unwrap()];
    for (pages, bins) in [
        (format!("{{\"result\":[{record},{record}]}}"), [2, 0, 0, 0]),
        (
            format!("{{\"result\":[{record}]}}\n{{\"result\":[{record}]}}"),
            [1, 0, 1, 0],
        ),
    ] {
        let (_file, evidence) = text(&pages);
        assert_eq!(told_of(&evidence, &Options::default()).bins(), bins);
    }
}
