// One test for each format; what each fixture holds is told in `fixtures/README.md`.

#[test]
fn etherscan_lists_transactions() {
    let told = told("evm/etherscan-normal.csv");
    check(
        &told,
        &[
        "11@?/? +0 a11c→b0b0 1.000000000000000000 ETH payment etherscan-normal.csv!-!R2",
        "11@?/? +0 a11c→fees 0.000630000000000000 ETH fee etherscan-normal.csv!-!R2",
        "12@?/? +0 a11c→fees 0.001950000000000000 ETH fee etherscan-normal.csv!-!R3",
        "13@?/? +0 b0b0→fees 0.000630000000000000 ETH fee etherscan-normal.csv!-!R4",
        "16@?/? +12 a11c→d00d 0.250000000000000000 ETH payment etherscan-normal.csv!-!R5",
        "16@?/? +12 a11c→fees 0.006000000000000000 ETH fee etherscan-normal.csv!-!R5",
        "18@?/? +24 e8c4→a11c 1234.500000000000000000 ETH payment etherscan-normal.csv!-!R6",
        "18@?/? +24 e8c4→fees 0.000630000000000000 ETH fee etherscan-normal.csv!-!R6",
        "19@?/? +36 a11c→a11c 0.500000000000000000 ETH payment etherscan-normal.csv!-!R7",
        "19@?/? +36 a11c→fees 0.000630000000000000 ETH fee etherscan-normal.csv!-!R7",
        ],
        &[
        "quarantined etherscan-normal.csv!-!R8: `0xDAC17F958D2ee523a2206206994597C13D831ec7` fails its EIP-55 checksum: it was mistyped or altered",
        "quarantined etherscan-normal.csv!-!R9: `1,23` is no number with groups of three",
        ],
        [6, 1, 0, 2],
    );
    assert_eq!(told.outcome.network, Some(Network::Ethereum));
    let cited: &[&str] = &[];
    assert_eq!(told.cited_too(), cited);
}

#[test]
fn sister_explorers_list_what_contracts_move() {
    let told = told("evm/etherscan-internal.csv");
    check(
        &told,
        &[
        "15@?/? +12 c0ff→e8c4 2.000000000000000000 BNB payment etherscan-internal.csv!-!R2",
        "16@?/? +12 c0ff→d00d 0.250000000000000000 BNB payment etherscan-internal.csv!-!R4",
        ],
        &[

        ],
        [2, 2, 0, 0],
    );
    assert_eq!(told.outcome.network, Some(Network::Bsc));
    let cited: &[&str] = &[];
    assert_eq!(told.cited_too(), cited);
}

#[test]
fn etherscan_lists_tokens_and_baits_among_them() {
    let told = told("evm/etherscan-erc20.csv");
    check(
        &told,
        &[
        "12@?/? +0 a11c→b0b0 1500.250000 USDT payment etherscan-erc20.csv!-!R2",
        "12@?/? +0 a11c→b0b0 1500.250000 USDT payment etherscan-erc20.csv!-!R2",
        "17@?/? +24 a11c→b0b0 5.000000 USDT payment etherscan-erc20.csv!-!R7",
        "18@?/? +36 e8c4→a11c 0.000000000000000001 XXX payment etherscan-erc20.csv!-!R8",
        ],
        &[
        "set aside etherscan-erc20.csv!-!R4: address-poisoning@1: 0xB0b0FfFFFfFffFFFfFFFFFffFFfFFfffFFff0b0b copies 0xb0B0000000000000000000000000000000000B0B, a counterparty of 0xa11Ce00000000000000000000000000000000a11",
        "set aside etherscan-erc20.csv!-!R5: address-poisoning@1: 0xB0b0FfFFFfFffFFFfFFFFFffFFfFFfffFFff0b0b copies 0xb0B0000000000000000000000000000000000B0B, a counterparty of 0xa11Ce00000000000000000000000000000000a11",
        "set aside etherscan-erc20.csv!-!R6: address-poisoning@1: 0xB0b0FfFFFfFffFFFfFFFFFffFFfFFfffFFff0b0b copies 0xb0B0000000000000000000000000000000000B0B, a counterparty of 0xa11Ce00000000000000000000000000000000a11",
        "set aside etherscan-erc20.csv!-!R9: duplicate of row 2",
        "quarantined etherscan-erc20.csv!-!R10: amount has more decimal places than the asset's 6",
        ],
        [4, 1, 4, 1],
    );
    assert_eq!(told.outcome.network, Some(Network::Ethereum));
    let cited: &[&str] = &["etherscan-erc20.csv!-!R3"];
    assert_eq!(told.cited_too(), cited);
    let said = &told.outcome.assumptions;
    assert!(
        said.iter().any(|said| said.contains("tokens of contracts that are not known here (0x")
            && said.contains("are kept to 18 decimal places")),
        "{said:?}"
    );
}

#[test]
fn the_api_answers_with_transactions() {
    let told = told("evm/etherscan-txlist.json");
    check(
        &told,
        &[
        "11@100/0 +0 a11c→b0b0 1.000000000000000000 ETH payment etherscan-txlist.json!-!R4",
        "11@100/0 +0 a11c→fees 0.000630000000000000 ETH fee etherscan-txlist.json!-!R4",
        "12@100/1 +0 a11c→fees 0.001950000000000000 ETH fee etherscan-txlist.json!-!R3",
        "13@100/2 +0 b0b0→fees 0.000630000000000000 ETH fee etherscan-txlist.json!-!R2",
        "16@101/2 +12 a11c→d00d 0.250000000000000000 ETH payment etherscan-txlist.json!-!R1",
        "16@101/2 +12 a11c→fees 0.006000000000000000 ETH fee etherscan-txlist.json!-!R1",
        ],
        &[
        "quarantined etherscan-txlist.json!-!R5: amount of 10³⁸ units or more",
        "quarantined etherscan-txlist.json!-!R6: amount is negative",
        ],
        [4, 0, 0, 2],
    );
    assert_eq!(told.outcome.network, Some(Network::Ethereum));
    let cited: &[&str] = &[];
    assert_eq!(told.cited_too(), cited);
}

#[test]
fn the_api_answers_with_internal_transactions() {
    let told = told("evm/etherscan-internal.json");
    check(
        &told,
        &[
        "15@?/? +12 c0ff→e8c4 2.000000000000000000 ETH payment etherscan-internal.json!-!R1",
        "16@?/? +12 c0ff→d00d 0.250000000000000000 ETH payment etherscan-internal.json!-!R3",
        ],
        &[

        ],
        [2, 1, 0, 0],
    );
    assert_eq!(told.outcome.network, Some(Network::Ethereum));
    let cited: &[&str] = &[];
    assert_eq!(told.cited_too(), cited);
}

#[test]
fn the_api_answers_with_tokens() {
    let told = told("evm/etherscan-tokentx.json");
    check(
        &told,
        &[
        "12@100/1 +0 a11c→b0b0 500.000000 USDT payment etherscan-tokentx.json!-!R1",
        "17@101/3 +12 issuance→a11c 100.000000 USDT payment etherscan-tokentx.json!-!R4",
        "17@101/3 +12 a11c→b0b0 0.000000000000000001 XXX payment etherscan-tokentx.json!-!R4",
        ],
        &[
        "set aside etherscan-tokentx.json!-!R2: address-poisoning@1: 0xB0b0FfFFFfFffFFFfFFFFFffFFfFFfffFFff0b0b copies 0xb0B0000000000000000000000000000000000B0B, a counterparty of 0xa11Ce00000000000000000000000000000000a11",
        "set aside etherscan-tokentx.json!-!R3: address-poisoning@1: 0xB0b0FfFFFfFffFFFfFFFFFffFFfFFfffFFff0b0b copies 0xb0B0000000000000000000000000000000000B0B, a counterparty of 0xa11Ce00000000000000000000000000000000a11",
        ],
        [3, 1, 2, 0],
    );
    assert_eq!(told.outcome.network, Some(Network::Ethereum));
    let cited: &[&str] = &["etherscan-tokentx.json!-!R5"];
    assert_eq!(told.cited_too(), cited);
}

#[test]
fn blockscout_writes_smallest_units() {
    let told = told("evm/blockscout.csv");
    check(
        &told,
        &[
        "11@?/? +0 a11c→b0b0 1.000000000000000000 ETH payment blockscout.csv!-!R2",
        "11@?/? +0 a11c→fees 0.000630000000000000 ETH fee blockscout.csv!-!R2",
        "13@?/? +0 b0b0→fees 0.000630000000000000 ETH fee blockscout.csv!-!R3",
        "16@?/? +12 a11c→d00d 0.250000000000000000 ETH payment blockscout.csv!-!R4",
        "16@?/? +12 a11c→fees 0.006000000000000000 ETH fee blockscout.csv!-!R4",
        ],
        &[
        "quarantined blockscout.csv!-!R5: amount has more decimal places than the asset's 0",
        ],
        [3, 1, 0, 1],
    );
    assert_eq!(told.outcome.network, Some(Network::Ethereum));
    let cited: &[&str] = &[];
    assert_eq!(told.cited_too(), cited);
}

#[test]
fn trongrid_answers_in_pages() {
    let told = told("tron/trongrid-trc20.json");
    check(
        &told,
        &[
        "51@?/? +0 TDy2r→TQQGk 50.000000 USDT payment trongrid-trc20.json!-!R1",
        "52@?/? +3 TRaC8→TDy2r 1000.000000 USDT payment trongrid-trc20.json!-!R2",
        ],
        &[
        "set aside trongrid-trc20.json!-!R3: address-poisoning@1: TQcQndHVwmZSzJs2EpCX7MqQ1dhPSkib1o copies TQQGkhxPTrcFrMEi1iNRXBnWeP5BmJib1o, a counterparty of TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF",
        "set aside trongrid-trc20.json!-!R4: address-poisoning@1: TQcQndHVwmZSzJs2EpCX7MqQ1dhPSkib1o copies TQQGkhxPTrcFrMEi1iNRXBnWeP5BmJib1o, a counterparty of TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF",
        "set aside trongrid-trc20.json!-!R5: address-poisoning@1: TQcQndHVwmZSzJs2EpCX7MqQ1dhPSkib1o copies TQQGkhxPTrcFrMEi1iNRXBnWeP5BmJib1o, a counterparty of TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF",
        "quarantined trongrid-trc20.json!-!R7: `TQQGkhxPTrcFrMEi1iNRXBnWeP5BmJib11` is no TRON address: its checksum fails",
        "set aside trongrid-trc20.json!-!R8: duplicate of row 2",
        ],
        [2, 1, 4, 1],
    );
    assert_eq!(told.outcome.network, Some(Network::Tron));
    let cited: &[&str] = &[];
    assert_eq!(told.cited_too(), cited);
}

#[test]
fn tronscan_says_what_failed() {
    let told = told("tron/tronscan.json");
    check(
        &told,
        &[
        "51@?/? +0 TDy2r→TQQGk 50.000000 USDT payment tronscan.json!-!R1",
        "54@?/? +9 TRaC8→TDy2r 0.000070 USDT (other contract) payment tronscan.json!-!R4",
        ],
        &[
        "set aside tronscan.json!-!R3: unconfirmed: its block can still be replaced",
        "quarantined tronscan.json!-!R5: amount is negative",
        ],
        [2, 1, 1, 1],
    );
    assert_eq!(told.outcome.network, Some(Network::Tron));
    let cited: &[&str] = &[];
    assert_eq!(told.cited_too(), cited);
}

#[test]
fn tables_of_an_export_are_joined() {
    let told = told_of(&export("evm/etl", &["blocks", "transactions", "receipts", "token_transfers", "traces", "tokens"]), &Options::default());
    check(
        &told,
        &[
        "11@100/0 +0 a11c→b0b0 1.000000000000000000 ETH payment transactions.csv!-!R2",
        "11@100/0 +0 a11c→fees 0.000630000000000000 ETH fee transactions.csv!-!R2",
        "12@100/1 +0 a11c→b0b0 500.000000 USDT payment transactions.csv!-!R3",
        "12@100/1 +0 a11c→fees 0.001950000000000000 ETH fee transactions.csv!-!R3",
        "13@100/2 +0 b0b0→fees 0.000630000000000000 ETH fee transactions.csv!-!R4",
        "-@100/? +0 issuance→3133 2.000000000000000000 ETH payment traces.csv!-!R2",
        "14@101/0 +12 bad0→fees 0.004500000000000000 ETH fee transactions.csv!-!R5",
        "15@101/1 +12 a11c→c0ff 3.000000000000000000 ETH payment transactions.csv!-!R6",
        "15@101/1 +12 c0ff→e8c4 2.000000000000000000 ETH payment transactions.csv!-!R6",
        "15@101/1 +12 a11c→fees 0.003000000000000000 ETH fee transactions.csv!-!R6",
        "16@101/2 +12 a11c→d00d 0.250000000000000000 ETH payment transactions.csv!-!R7",
        "16@101/2 +12 a11c→fees 0.006000000000000000 ETH fee transactions.csv!-!R7",
        "17@101/3 +12 issuance→a11c 100.000000 USDT payment transactions.csv!-!R8",
        "17@101/3 +12 a11c→burned 40.000000 USDT payment transactions.csv!-!R8",
        "17@101/3 +12 b0b0→b0b0 7.000000 USDT payment transactions.csv!-!R8",
        "17@101/3 +12 a11c→b0b0 99999999999999999999.999999999999999999 XXX payment transactions.csv!-!R8",
        "17@101/3 +12 a11c→b0b0 3.000000 USDT payment transactions.csv!-!R8",
        "17@101/3 +12 e8c4→fees 0.003000000000000000 ETH fee transactions.csv!-!R8",
        ],
        &[
        "set aside token_transfers.csv!-!R3: address-poisoning@1: 0xB0b0FfFFFfFffFFFfFFFFFffFFfFFfffFFff0b0b copies 0xb0B0000000000000000000000000000000000B0B, a counterparty of 0xa11Ce00000000000000000000000000000000a11",
        "set aside token_transfers.csv!-!R4: address-poisoning@1: 0xB0b0FfFFFfFffFFFfFFFFFffFFfFFfffFFff0b0b copies 0xb0B0000000000000000000000000000000000B0B, a counterparty of 0xa11Ce00000000000000000000000000000000a11",
        "set aside token_transfers.csv!-!R5: address-poisoning@1: 0xB0b0FfFFFfFffFFFfFFFFFffFFfFFfffFFff0b0b copies 0xb0B0000000000000000000000000000000000B0B, a counterparty of 0xa11Ce00000000000000000000000000000000a11",
        "quarantined token_transfers.csv!-!R9: amount of 10³⁸ units or more",
        "set aside token_transfers.csv!-!R12: duplicate of row 2",
        "quarantined token_transfers.csv!-!R13: contradicts row 2",
        ],
        [15, 25, 4, 2],
    );
    assert_eq!(told.outcome.network, Some(Network::Ethereum));
    // The receipt of a transaction that moves something is cited behind the rows that say what moves.
    let cited: &[&str] = &["receipts.csv!-!R8", "token_transfers.csv!-!R2", "receipts.csv!-!R7", "receipts.csv!-!R6", "receipts.csv!-!R5", "traces.csv!-!R6", "receipts.csv!-!R4", "receipts.csv!-!R3", "token_transfers.csv!-!R6", "token_transfers.csv!-!R7", "token_transfers.csv!-!R8", "token_transfers.csv!-!R10", "token_transfers.csv!-!R11", "receipts.csv!-!R2"];
    assert_eq!(told.cited_too(), cited);
}

#[test]
fn trons_exporter_writes_energy() {
    let told = told_of(&export("tron/etl", &["transactions", "receipts", "token_transfers", "internal_transactions"]), &Options::default());
    check(
        &told,
        &[
        "51@5001/0 +0 TDy2r→TQQGk 2.500000 TRX payment transactions.csv!-!R2",
        "52@5001/1 +0 TR7NH→TRaC8 0.001000 TRX payment transactions.csv!-!R3",
        "52@5001/1 +0 TDy2r→TRaC8 42.000000 USDT payment transactions.csv!-!R3",
        "52@5001/1 +0 TDy2r→fees 13.740900 TRX fee transactions.csv!-!R3",
        "53@5001/2 +0 TDy2r→fees 13.395900 TRX fee transactions.csv!-!R4",
        ],
        &[
        "set aside token_transfers.csv!-!R3: its transaction failed, so that it moves nothing",
        ],
        [5, 10, 1, 0],
    );
    assert_eq!(told.outcome.network, Some(Network::Tron));
    let cited: &[&str] = &["receipts.csv!-!R2", "token_transfers.csv!-!R2", "internal_transactions.csv!-!R2", "receipts.csv!-!R3", "receipts.csv!-!R4"];
    assert_eq!(told.cited_too(), cited);
}

#[test]
fn the_order_of_files_and_of_rows_shows_in_no_figure() {
    let names = ["blocks", "transactions", "receipts", "token_transfers", "traces", "tokens"];
    let one = told_of(&export("evm/etl", &names), &Options::default());
    let mut others = names;
    others.reverse();
    let reversed = told_of(&export("evm/etl", &others), &Options::default());
    assert_eq!(one.transfers(), reversed.transfers());
    assert_eq!(one.bins(), reversed.bins());
    // Rows from the last to the first: the numbers of rows change, and what they say does not.
    let directory = tempfile::tempdir().unwrap();
    let turn = |name: &&str| {
        let text = fs_err::read_to_string(fixture(&format!("evm/etl/{name}.csv"))).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        // The first of rows that contradict each other counts, so that their order says something.
        lines.retain(|line| !line.contains(",600000000,"));
        lines[1..].reverse();
        let path = directory.path().join(format!("{name}.csv"));
        fs_err::write(&path, lines.join("\n")).unwrap();
        EvidenceFile::at(&path)
    };
    let turned = told_of(&evidence(names.iter().map(turn).collect()), &Options::default());
    let without_places = |told: &Told| -> Vec<String> {
        let cut = |line: String| line.rsplit_once(' ').unwrap().0.to_owned();
        told.transfers().into_iter().map(cut).collect()
    };
    assert_eq!(without_places(&one), without_places(&turned));
}

#[test]
fn what_an_export_lacks_is_said() {
    let told = told_of(&export("evm/etl", &["token_transfers", "blocks"]), &Options::default());
    let transfers = told.transfers();
    assert!(transfers[0].starts_with("12@100/? +0 a11c→b0b0"), "{transfers:?}");
    assert!(told.outcome.assumptions.iter().any(|said| said.starts_with("no receipts")));
    assert!(told.outcome.remarks.iter().any(|said| said.starts_with("no traces")));
    let told = told_of(&export("evm/etl", &["token_transfers"]), &Options::default());
    assert!(told.outcome.remarks.iter().any(|said| said.contains("time no table states")));
    // Without receipts a trace still tells that a transaction failed.
    let told = told_of(&export("evm/etl", &["transactions", "traces"]), &Options::default());
    assert!(!told.transfers().iter().any(|line| line.starts_with("13@")));
}

/// As a tool for EVM networks writes transfers on TRON: addresses as twenty bytes, and of blocks no more than number, hash and time.
#[test]
fn a_known_token_says_that_a_table_is_of_tron() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        fs_err::write(folder.path().join(name), text).unwrap();
        EvidenceFile::at(&folder.path().join(name))
    };
    let transfers = |token: &str| {
        format!(
            "token_address,from_address,to_address,value,transaction_hash,log_index,block_number\n\
             {token},0x7540e9cfc3824579d825de1680122b89a6d983c5,0xacad0d89b01ef406b13aa222aab44a9233fcb0be,854000000,0x{},0,40857981\n",
            "30".repeat(32)
        )
    };
    let blocks = format!("number,hash,timestamp\n40857981,0x{},1652573945\n", "12".repeat(32));
    let files = |token| {
        let files = vec![write("etl_token_transfers.csv", &transfers(token)), write("etl_blocks.csv", &blocks)];
        told_of(&evidence(files), &Options::default())
    };
    let told = files("0xa614f803b6fd780986a42c78ec9c7f77e6ded13c");
    assert_eq!(told.outcome.network, Some(Network::Tron));
    let said = "network tron: it moves TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t, a known token there";
    assert!(told.outcome.assumptions.iter().any(|assumed| assumed == said), "{:?}", told.outcome.assumptions);
    let transfers = told.transfers();
    assert_eq!(transfers.len(), 1);
    assert!(transfers[0].contains("854.000000 USDT"), "{transfers:?}");
    assert!(!told.outcome.remarks.iter().any(|said| said.contains("time no table states")));
    let told = files("0xdac17f958d2ee523a2206206994597c13d831ec7");
    assert_eq!(told.outcome.network, Some(Network::Ethereum));
}

#[test]
fn the_network_is_stated_or_assumed() {
    let file = evidence(vec![EvidenceFile::at(&fixture("evm/etherscan-internal.csv"))]);
    let on = |network| Options {
        network: Some(network),
        ..Options::default()
    };
    let format = detect(&file, &Options::default()).unwrap();
    assert_eq!(format, Format::EtherscanCsv);
    let mut batches: Vec<Batch> = Vec::new();
    let error = read(format, &file, &on(Network::Ethereum), &mut batches, &()).unwrap_err();
    assert_eq!(error.code(), "ingest/contradiction");
    let told = told_of(&export("evm/etl", &["transactions", "receipts"]), &on(Network::Base));
    assert_eq!(told.outcome.network, Some(Network::Base));
    assert!(!told.outcome.assumptions.iter().any(|said| said.starts_with("network")));
}

#[test]
fn a_token_that_only_bears_a_name_is_another_asset() {
    let told = told("tron/tronscan.json");
    let marked = |said: &String| said.contains("calls itself USDT") && said.contains("another asset");
    assert!(told.outcome.remarks.iter().any(marked), "{:?}", told.outcome.remarks);
    let keys: Vec<String> = told
        .batches
        .iter()
        .flat_map(|batch| batch.assets.iter().map(|asset| asset.key().to_string()))
        .collect();
    assert_eq!(keys.len(), 2, "{keys:?}");
}

/// Logs of an issuer: who was frozen, released, and what was destroyed, which no transfer says.
#[test]
fn what_an_issuer_did_stands_in_logs() {
    const USDT: &str = "0xdac17f958d2ee523a2206206994597c13d831ec7";
    const ADDED: &str = "0x42e160154868087d6bfdc0ca23d96a1c1cfa32f1b72ba9ba27b69b98a0d819dc";
    const DESTROYED: &str = "0x61e6e66b0d6339b2980aecc6ccc0039736791f0ccde9ed512e789a7fbdd698c6";
    const TRANSFER: &str = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
    let word = |digits: &str| format!("{digits:0>64}");
    let account = word(&"ab".repeat(20));
    let header = "log_index,transaction_hash,transaction_index,block_hash,block_number,address,data,topics";
    let row = |index: u32, id: &str, block: u32, data: &str, topics: &str| {
        format!("{index},0x{},0,0x{},{block},{USDT},0x{data},\"{topics}\"", id.repeat(32), "b0".repeat(32))
    };
    let units = word("4c4b40");
    let lines = [
        header.to_owned(),
        row(0, "21", 100, &account, ADDED),
        row(1, "21", 100, &units, &format!("{TRANSFER},0x{account},0x{account}")),
        row(0, "22", 101, &format!("{account}{units}"), DESTROYED),
        row(0, "22", 101, &format!("{account}{units}"), DESTROYED),
        row(3, "23", 101, "", ADDED),
    ];
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("logs.csv");
    fs_err::write(&path, lines.join("\n")).unwrap();
    let read_with = |others: &[&str]| {
        let mut files = vec![EvidenceFile::at(&path)];
        files.extend(others.iter().map(|name| EvidenceFile::at(&fixture(&format!("evm/etl/{name}.csv")))));
        told_of(&evidence(files), &Options::default())
    };
    let told = read_with(&["blocks"]);
    assert_eq!(told.transfers(), ["22@101/? +12 abab→burned 5.000000 USDT payment logs.csv!-!R4"]);
    let accounts: Vec<_> = told.batches.iter().flat_map(|batch| &batch.accounts).collect();
    let said: Vec<_> = accounts.iter().map(|row| (&*row.field, &*row.value, row.row)).collect();
    let frozen = format!("ethereum:{USDT} at 1700000000");
    let destroyed = format!("ethereum:{USDT} at 1700000012");
    assert_eq!(said, [("frozen", &*frozen, Some(2)), ("destroyed", &*destroyed, Some(4))]);
    assert_eq!(told.kept(), [
        "set aside logs.csv!-!R5: duplicate of row 4",
        "quarantined logs.csv!-!R6: the log names no account: topics `0x42e160154868087d6bfdc0ca23d96a1c1cfa32f1b72ba9ba`, data `0x`",
    ]);
    // Every row of the two files is in one bin; that of a transfer is passed over.
    assert_eq!(told.bins().iter().sum::<u64>(), 6 + 3);
    // Without the blocks nothing says when.
    let told = read_with(&[]);
    let said: Vec<_> = told.batches.iter().flat_map(|batch| &batch.accounts).map(|row| &*row.value).collect();
    assert!(said.iter().all(|value| value.ends_with(" at -")), "{said:?}");
}

/// Events of a contract as TronGrid's API answers them: transfers, and what the issuer did.
#[test]
fn events_of_trongrid_say_what_an_issuer_did() {
    const USDT: &str = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
    let event = |id: &str, name: &str, result: &str, more: &str| {
        format!(
            "{{\"block_number\":67432802,\"block_timestamp\":1700000000000,\"caller_contract_address\":\"{USDT}\",\"contract_address\":\"{USDT}\",\"event_index\":0,\"event_name\":\"{name}\",\"result\":{{{result}}},\"transaction_id\":\"{}\"{more}}}",
            id.repeat(32)
        )
    };
    let user = format!("\"0\":\"0x{0}\",\"_user\":\"0x{0}\"", "ab".repeat(20));
    let destroyed = format!("\"_blackListedUser\":\"0x{}\",\"_balance\":\"5000000\"", "ab".repeat(20));
    let moved = format!("\"from\":\"0x{}\",\"to\":\"0x{}\",\"value\":\"7\"", "ab".repeat(20), "cd".repeat(20));
    let events = [
        event("31", "AddedBlackList", &user, ""),
        event("32", "DestroyedBlackFunds", &destroyed, ""),
        event("33", "Transfer", &moved, ""),
        event("34", "Approval", &moved, ""),
        event("35", "RemovedBlackList", "", ""),
        event("36", "RemovedBlackList", &user, ",\"_unconfirmed\":true"),
    ];
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.json");
    let text = format!("{{\"data\":[{}],\"success\":true,\"meta\":{{}}}}", events.join(","));
    fs_err::write(&path, text).unwrap();
    let told = told_of(&evidence(vec![EvidenceFile::at(&path)]), &Options::default());
    assert_eq!(told.outcome.format, Format::TronGridJson);
    let transfers = told.transfers();
    assert_eq!(transfers.len(), 2, "{transfers:?}");
    assert!(transfers.iter().any(|line| line.contains("→burned 5.000000 USDT")), "{transfers:?}");
    let accounts: Vec<_> = told.batches.iter().flat_map(|batch| &batch.accounts).collect();
    let said: Vec<_> = accounts.iter().map(|row| (&*row.field, &*row.value, row.row)).collect();
    let value = format!("tron:{USDT} at 1700000000");
    assert_eq!(said, [("frozen", &*value, Some(1)), ("destroyed", &*value, Some(2))]);
    assert_eq!(told.kept(), [
        "quarantined events.json!-!R5: the event has no argument _user",
        "set aside events.json!-!R6: unconfirmed: its block can still be replaced",
    ]);
    assert_eq!(told.bins(), [2, 2, 1, 1]);
}
