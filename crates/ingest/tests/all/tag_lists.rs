//! Attribution lists: packs as they are published, and the laws of reading them.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up has failed")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use moneytrail_ingest::tags::{self, ListFormat, write_actor_pack, write_tag_pack};
use moneytrail_model::tag::{Actor, Assertion, Subject};
use moneytrail_model::{AccountKey, BookId, Network, ScriptKey};
use proptest::prelude::*;
use std::fmt::Write;
use std::path::Path;

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/tags");
    fs_err::read(path.join(name)).unwrap()
}

#[test]
fn a_pack_is_read_with_what_its_header_says() {
    let bytes = fixture("tagpack.yaml");
    assert_eq!(tags::sniff(&bytes), Some(ListFormat::TagPack));
    let list = tags::read(&bytes).unwrap();
    assert_eq!((list.tags.len(), list.refused.len()), (5, 5));
    let first = &list.tags[0];
    assert_eq!(
        (
            &*first.label,
            &*first.source,
            first.confidence,
            &*first.level,
            &*first.actor
        ),
        (
            "Lapis, deposit 1",
            "answer of the exchange",
            50,
            "service_data",
            "lapis"
        )
    );
    assert_eq!(
        (&*first.lastmod, first.is_cluster_definer),
        ("2024-05-01", None)
    );
    assert_eq!(list.tags[1].is_cluster_definer, Some(true));
    assert_eq!(
        &*list.tags[1].context,
        "{\"url\": \"https://lapis.invalid/proof\"}"
    );
    assert!(matches!(
        list.tags[2].subject,
        Subject::Account(AccountKey::Tron(_))
    ));
    // What looks like a number stays as it is written.
    let farid = &list.tags[3];
    assert_eq!(
        (&*farid.label, farid.confidence, &*farid.tag_type),
        ("007", 60, "actor")
    );
    assert_eq!(farid.concepts.len(), 4);
    let mut id = [0; 32];
    id[30..].copy_from_slice(&[0x0a, 0xbc]);
    assert_eq!(
        list.tags[4].subject,
        Subject::Transaction(Network::Bitcoin, id)
    );
    let refused: Vec<(u64, &str)> = list
        .refused
        .iter()
        .map(|(line, why)| (*line, &**why))
        .collect();
    assert_eq!(refused[0].0, 39);
    assert!(
        refused[0].1.contains("no address with a right checksum"),
        "{refused:?}"
    );
    assert!(
        refused[1]
            .1
            .contains("is an address of tron, and the list says bitcoin-regtest"),
        "{refused:?}"
    );
    assert!(
        refused[2].1.contains("neither an address nor a tx_hash"),
        "{refused:?}"
    );
    assert!(refused[3].1.contains("`ZEC` is no network"), "{refused:?}");
    assert!(
        refused[4].1.contains("`certain` is no confidence"),
        "{refused:?}"
    );
    assert_eq!(
        list.remarks,
        ["concepts that are not known here, kept as written: `ledger_keeper` (1)"]
    );
}

#[test]
fn actors_name_who_owns_a_tag() {
    let bytes = fixture("actorpack.yaml");
    assert_eq!(tags::sniff(&bytes), Some(ListFormat::ActorPack));
    let actors = tags::read(&bytes).unwrap();
    assert_eq!((actors.actors.len(), actors.refused.len()), (2, 1));
    let lapis = &actors.actors[0];
    assert_eq!(
        (&*lapis.label, &*lapis.lastmod),
        ("Exchange Lapis (invented)", "2024-05-01")
    );
    assert_eq!((lapis.jurisdictions.len(), lapis.aliases.len()), (2, 2));
    let list = tags::read(&fixture("tagpack.yaml")).unwrap();
    let tag = list.tags[0].tags(&actors.actors).remove(0);
    assert_eq!(
        (&*tag.actor, tag.owner().unwrap()),
        (
            "Exchange Lapis (invented)",
            "exchange lapis (invented)".to_owned()
        )
    );
}

#[test]
fn bombs_are_refused() {
    let mut laughs =
        "title: x\ncreator: x\na0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}", level - 1);
        let list = vec![below; 9].join(", ");
        writeln!(laughs, "a{level}: &a{level} [{list}]").unwrap();
    }
    laughs += "tags: *a11\n";
    let deep = format!(
        "title: x\ntags:\n- label: {}{}\n",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let block = (0..5_000).fold("title: x\ntags:\n".to_owned(), |text, depth| {
        text + &" ".repeat(depth) + "- \n"
    });
    for (what, text) in [("aliases", laughs), ("depth", deep), ("blocks", block)] {
        assert!(tags::read(text.as_bytes()).is_err(), "{what}");
    }
    let torn = fixture("tagpack.yaml");
    // Whatever is cut off, it reads or is refused.
    for len in 0..torn.len() {
        let _ = tags::read(&torn[..len]);
    }
    assert!(tags::read(b"title: \xff\ntags: []\n").is_err());
    assert!(tags::read(b"title: x\ntags: 5\n").is_err());
    let long = format!(
        "title: x\ntags:\n- label: x\n  address: {}\n",
        "1".repeat(10_000_000)
    );
    let list = tags::read(long.as_bytes()).unwrap();
    assert!(list.refused[0].1.len() < 1_000);
}

#[test]
fn other_files_are_no_lists() {
    for bytes in [
        &b"from,to,amount,time\na,b,1,2\n"[..],
        b"{\"title\": \"x\",\n\"tags\": []}",
        b"<html>\ntitle: x\ntags: x\n",
        b"title: x\n",
        b"tags:\n- x\n",
        b"",
        b"\0\0\0\0",
    ] {
        assert_eq!(
            tags::sniff(bytes),
            None,
            "{}",
            String::from_utf8_lossy(bytes)
        );
    }
}

#[test]
fn a_published_pack_is_read_completely() {
    let shared = std::env::var_os("MONEYTRAIL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        Into::into,
    );
    let path = shared.join("tags/tagpack-ransomware.yaml");
    if !path.is_file() {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI runs with the shared data"
        );
        println!("skipped: shared data absent");
        return;
    }
    let bytes = fs_err::read(path).unwrap();
    let text = std::str::from_utf8(&bytes).unwrap();
    let said: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("- address: "))
        .collect();
    let list = tags::read(&bytes).unwrap();
    assert_eq!((said.len(), list.refused.len()), (7_178, 0));
    for (tag, address) in list.tags.iter().zip(&said) {
        assert_eq!(
            &tag.subject,
            &Subject::Account(AccountKey::parse(address, Network::Bitcoin).unwrap())
        );
        assert_eq!((&*tag.abuse, tag.confidence), ("ransomware", 50));
    }
    assert_eq!(list.tags.len(), said.len());
}

/// Texts that YAML could take for something else, and any others.
fn texts() -> impl Strategy<Value = Box<str>> {
    let tricky = prop::sample::select(vec![
        "null",
        "~",
        "true",
        "no",
        "007",
        "0x1F",
        "1e3",
        "1.10",
        "- x",
        "# x",
        "a: b",
        "'",
        "\"",
        "*a",
        "&a",
        "!x",
        "{}",
        "[",
        "2024-05-01",
        "---",
        "...",
        "a\nb",
        "a\n\n  b",
        "x\u{85}y\u{2028}z",
        "\u{feff}x",
        "x\ty",
        "%",
        "@",
        "`",
        "<<",
        "?",
        ".nan",
        "=",
    ]);
    prop_oneof![
        tricky.prop_map(Box::from),
        "\\PC{1,40}".prop_map(|text| text.trim().into()),
        any::<String>().prop_map(|text| text.trim().into()),
    ]
}

fn filled() -> impl Strategy<Value = Box<str>> {
    texts().prop_filter("a label is not empty", |text| !text.is_empty())
}

fn subjects() -> impl Strategy<Value = Subject> {
    let network = prop::sample::select(Network::ALL.to_vec());
    (network, any::<[u8; 32]>(), 0..6_u8, filled()).prop_map(|(network, bytes, kind, name)| {
        let mut hash = [0; 20];
        hash.copy_from_slice(&bytes[..20]);
        let account = match kind {
            0 => return Subject::Transaction(network, bytes),
            1 => AccountKey::Customer(BookId([7; 8]), name),
            2 => AccountKey::Listed(name),
            _ if network == Network::Tron => AccountKey::Tron(hash),
            _ if network.is_evm() => AccountKey::Evm(network, hash),
            3 => AccountKey::Script(network, ScriptKey::P2pkh(hash)),
            4 => AccountKey::Script(network, ScriptKey::P2sh(hash)),
            _ => AccountKey::Script(network, ScriptKey::P2wsh(bytes)),
        };
        Subject::Account(account)
    })
}

fn levels() -> impl Strategy<Value = (u8, Box<str>)> {
    let words = ["ownership", "service_api", "forensic", "unknown"];
    prop_oneof![
        (0..=100_u8).prop_map(|number| (number, "".into())),
        prop::sample::select(words.to_vec())
            .prop_map(|word| (tags::confidence(word).unwrap(), word.into())),
    ]
}

prop_compose! {
    fn assertions()(
        subject in subjects(), label in filled(), (confidence, level) in levels(),
        words in prop::array::uniform8(texts()), concepts in prop::collection::vec(filled(), 0..4),
        is_cluster_definer in any::<Option<bool>>(), currency in prop::sample::select(vec!["", "USDT", "BTC"]),
    ) -> Assertion {
        let [source, actor, category, abuse, lastmod, context, tag_type, _] = words;
        Assertion {
            level, actor, category, abuse, concepts, lastmod, is_cluster_definer, context, tag_type,
            // A network that is not an account's own is not written, and then a coin's code would be.
            currency: if matches!(&subject, Subject::Account(account) if account.network().is_none()) { "".into() } else { currency.into() },
            ..Assertion::new(subject, &label, &source, confidence)
        }
    }
}

prop_compose! {
    fn actors()(
        words in prop::array::uniform4(texts()), id in filled(), label in filled(),
        lists in prop::array::uniform3(prop::collection::vec(filled(), 0..3)),
    ) -> Actor {
        let [uri, lastmod, context, _] = words;
        let [categories, jurisdictions, aliases] = lists;
        Actor { id, label, uri, categories, jurisdictions, aliases, lastmod, context }
    }
}

proptest! {
    #[test]
    fn a_written_pack_reads_back(said in prop::collection::vec(assertions(), 0..6)) {
        let text = write_tag_pack("all: of it", "me", &said).unwrap();
        let list = tags::read(text.as_bytes()).unwrap();
        prop_assert_eq!(list.refused, vec![], "{}", text);
        prop_assert_eq!(list.tags, said, "{}", text);
    }

    #[test]
    fn written_actors_read_back(said in prop::collection::vec(actors(), 0..6)) {
        let text = write_actor_pack("all of it", "me", &said).unwrap();
        let list = tags::read(text.as_bytes()).unwrap();
        prop_assert_eq!(list.actors, said, "{}", text);
    }
}

#[test]
fn a_sanctions_list_gives_the_addresses_of_its_parties() {
    let bytes = fixture("sdn_advanced.xml");
    assert_eq!(tags::sniff(&bytes), Some(ListFormat::SdnAdvanced));
    let list = tags::read(&bytes).unwrap();
    let said: Vec<(String, &str)> = list
        .tags
        .iter()
        .map(|tag| match &tag.subject {
            Subject::Account(account) => (account.to_string(), &*tag.currency),
            Subject::EvmAddress(digits) => {
                let on_one = AccountKey::Evm(Network::Ethereum, *digits);
                (format!("any EVM network: {on_one}"), &*tag.currency)
            }
            Subject::Transaction(..) => unreachable!("the list names addresses"),
        })
        .collect();
    assert_eq!(
        said,
        [
            ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2".to_owned(), "XBT"),
            ("TV2vYGeY5CFQqE8TaQz8jrUkqt5ASCytpy".to_owned(), "USDT"),
            (
                "any EVM network: 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed".to_owned(),
                "USDT"
            ),
        ]
    );
    let first = &list.tags[0];
    assert_eq!(
        (
            &*first.label,
            &*first.source,
            first.confidence,
            &*first.category
        ),
        (
            "INVENTED Smith & Sons",
            "OFAC list of specially designated nationals of 2024-05-09, party 90002",
            60,
            "sanction"
        )
    );
    let tag = first.tags(&list.actors).remove(0);
    assert_eq!(&*tag.actor, "INVENTED Smith & Sons (OFAC party 90002)");
    // A wrong checksum and an unknown network are quarantined with their lines.
    let refused: Vec<(u64, &str)> = list
        .refused
        .iter()
        .map(|(line, why)| (*line, &**why))
        .collect();
    assert_eq!((refused[0].0, refused[1].0, refused.len()), (47, 48, 2));
    assert!(
        refused[0].1.contains("no address with a right checksum"),
        "{refused:?}"
    );
    assert!(refused[1].1.contains("`XMR` is no network"), "{refused:?}");
}

#[test]
fn a_hostile_sanctions_list_is_refused() {
    let whole = String::from_utf8(fixture("sdn_advanced.xml")).unwrap();
    let laughs = whole.replace(
        "<Sanctions ",
        "<!DOCTYPE Sanctions [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;\">]><Sanctions ",
    );
    let entity = whole.replace("THE ALIAS", "&b;");
    let deep = format!("<Sanctions>{}", "<a>".repeat(1_000_000));
    let types = whole.replace("FeatureTypeValues", "Values");
    let long = whole.replace("THE ALIAS", &"x".repeat(1_000_000));
    for (what, text) in [
        ("document type", laughs),
        ("entity", entity),
        ("depth", deep),
        ("types", types),
        ("long name", long),
    ] {
        assert_eq!(
            tags::sniff(text.as_bytes()),
            Some(ListFormat::SdnAdvanced),
            "{what}"
        );
        assert!(tags::read(text.as_bytes()).is_err(), "{what}");
    }
    for len in 0..whole.len() {
        if let Some(torn) = whole.get(..len) {
            assert!(
                tags::read(torn.as_bytes()).is_err() || len >= whole.trim_end().len(),
                "{len}"
            );
        }
    }
}

#[test]
fn a_plain_list_is_told_by_its_lines() {
    let bytes = fixture("addresses.txt");
    assert_eq!(tags::sniff(&bytes), Some(ListFormat::Addresses));
    let said = tags::Said {
        name: "addresses.txt".to_owned(),
        category: Some("sanction".to_owned()),
        confidence: Some("authority_data".to_owned()),
        ..tags::Said::default()
    };
    let list = tags::read_said(&bytes, &said).unwrap();
    let lines: Vec<u64> = list.refused.iter().map(|refused| refused.0).collect();
    assert_eq!((list.tags.len(), lines), (4, vec![6, 8]));
    assert_eq!(
        (&*list.tags[0].label, list.tags[0].confidence),
        ("addresses", 60)
    );
    assert_eq!(list.tags[1].subject, list.tags[2].subject);
    assert_eq!(list.remarks.len(), 3, "{:?}", list.remarks);
    assert!(
        list.remarks[0].starts_with("assumption: the list does not say whose"),
        "{:?}",
        list.remarks
    );
    assert!(
        list.remarks[1].starts_with("1 addresses are written in one case"),
        "{:?}",
        list.remarks
    );
    // The same in UTF-16, as some programs save it.
    let text = std::str::from_utf8(&bytes).unwrap();
    let wide: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(tags::read_said(&wide, &said).unwrap(), list);
    for other in [
        "a\nb\nc\n",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,1\n",
        &"ab".repeat(32),
    ] {
        assert_eq!(tags::sniff(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn published_lists_are_read_completely() {
    let shared = std::env::var_os("MONEYTRAIL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        Into::into,
    );
    if !shared.is_dir() {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI runs with the shared data"
        );
        println!("skipped: shared data absent");
        return;
    }
    for (name, n_tags) in [
        ("ofac_XBT.txt", 435),
        ("ofac_ETH.txt", 152),
        ("ofac_TRX.txt", 6),
        ("ofac_USDT.txt", 26),
    ] {
        let bytes = fs_err::read(shared.join("tags").join(name)).unwrap();
        assert_eq!(tags::sniff(&bytes), Some(ListFormat::Addresses), "{name}");
        let list = tags::read(&bytes).unwrap();
        assert_eq!(
            (list.tags.len(), &list.refused),
            (n_tags, &vec![]),
            "{name}"
        );
        // The file's name does not say the network of each: the list of XBT has an address of TRON too.
        let text = std::str::from_utf8(&bytes).unwrap();
        for (tag, line) in list.tags.iter().zip(text.lines()) {
            let network = match line.as_bytes()[0] {
                b'T' => Network::Tron,
                b'0' => Network::Ethereum,
                _ => Network::Bitcoin,
            };
            // Nothing says the network of an EVM address: it stands for all of them.
            let is_open = matches!(tag.subject, Subject::EvmAddress(_));
            assert_eq!(is_open, network == Network::Ethereum, "{line}");
            assert_eq!(tag.subject.accounts()[0].network(), Some(network), "{line}");
        }
    }
}

/// An EVM address is one key's on every EVM network, unless the list says which network is meant.
#[test]
fn a_list_that_names_no_network_means_every_evm_network() {
    let address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    let read = |network: Option<&str>| {
        let said = tags::Said {
            name: "list.txt".to_owned(),
            network: network.map(str::to_owned),
            ..tags::Said::default()
        };
        tags::read_said(format!("{address}\n").as_bytes(), &said).unwrap()
    };
    let on = |list: &tags::TagList| -> Vec<Network> {
        let tags = list.tags.iter().flat_map(|tag| tag.tags(&[]));
        tags.filter_map(|tag| tag.account.network()).collect()
    };
    let evm: Vec<Network> = Network::ALL
        .into_iter()
        .filter(|network| network.is_evm())
        .collect();
    let open = read(None);
    assert_eq!((open.tags.len(), on(&open)), (1, evm));
    let says =
        |list: &tags::TagList, what: &str| list.remarks.iter().any(|said| said.contains(what));
    assert!(
        says(
            &open,
            "1 EVM addresses whose network the list does not name"
        ),
        "{:?}",
        open.remarks
    );
    for (code, network) in [("ETH", Network::Ethereum), ("polygon", Network::Polygon)] {
        let named = read(Some(code));
        assert_eq!(on(&named), [network]);
        assert!(
            says(
                &named,
                "on the network that the list names, and on no other"
            ),
            "{:?}",
            named.remarks
        );
    }
    let text = write_tag_pack("x", "me", &open.tags).unwrap();
    let again = tags::read(text.as_bytes()).unwrap();
    assert_eq!(again.tags, open.tags, "{text}");
    // A token is on many networks, a prefix on one.
    let pack = |line: &str| {
        let text = format!("title: x\ncreator: x\nlabel: x\nsource: x\ntags:\n- {line}\n");
        on(&tags::read(text.as_bytes()).unwrap())
    };
    assert!(pack(&format!("{{address: '{address}', currency: USDT}}")).len() > 5);
    assert_eq!(
        pack(&format!("{{address: '{address}', currency: ETH}}")),
        [Network::Ethereum]
    );
    let csv = format!("account,label,category,source,confidence\nbsc:{address},x,y,z,5\n");
    assert_eq!(on(&tags::read(csv.as_bytes()).unwrap()), [Network::Bsc]);
}

/// A wallet beside a payout says where money went, not whose the wallet is.
#[test]
fn a_book_with_a_column_of_wallets_is_no_list() {
    let wallets = [
        "TKTonnbhC4gxLekZegFRXxRgoCQ4gNHnD9",
        "TRiA5NPHwD9gnzCWRUZhvkEMDKM3TkrAds",
        "TEET9j5qSworYuJgoASHUnJRUZx6uex2bG",
        "THc9dKdjN94kA7nZT1AeC8QZvEWSG2o6WJ",
    ];
    let mut german = "Datum;Art;Name;Wallet;Betrag EUR;Saldo EUR\n".to_owned();
    let mut english = "Date,Name,Wallet address,Amount (USDT)\n".to_owned();
    let mut swapped = "Wallet;Kunde;Betrag\n".to_owned();
    for (day, wallet) in (1..=14).zip(wallets.into_iter().cycle()) {
        writeln!(
            german,
            "{day:02}.05.2022;Auszahlung;Kunde {day};{wallet};1.{day:03},00;9.{day:03},00"
        )
        .unwrap();
        writeln!(english, "2022-05-{day:02},Customer {day},{wallet},{day}.50").unwrap();
        writeln!(swapped, "{wallet};Kunde{day};{day}").unwrap();
    }
    for book in [&german, &english, &swapped] {
        assert_eq!(tags::sniff(book.as_bytes()), None, "{book}");
    }
    let mut list = "address,holder,city,source\n".to_owned();
    for wallet in wallets {
        writeln!(list, "{wallet},Haji {wallet},Kabul,seized telephone").unwrap();
    }
    assert_eq!(tags::sniff(list.as_bytes()), Some(ListFormat::Wallets));
    let read = tags::read(list.as_bytes()).unwrap();
    assert_eq!((read.tags.len(), read.refused.len()), (4, 0));
}

#[test]
fn known_wallets_of_a_case_are_a_list() {
    let shared = std::env::var_os("MONEYTRAIL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        Into::into,
    );
    let path = shared.join("hawala-dev/chain/known_wallets.csv");
    if !path.is_file() {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI runs with the shared data"
        );
        println!("skipped: shared data absent");
        return;
    }
    let bytes = fs_err::read(path).unwrap();
    assert_eq!(tags::sniff(&bytes), Some(ListFormat::Wallets));
    let list = tags::read(&bytes).unwrap();
    assert!(!list.tags.is_empty() && list.refused.is_empty());
}
