//! Lists of tags, from taking them in to what a trace makes of them.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use std::fmt::Write;
use std::path::Path;

use crate::common::{done, fixtures, new_case, run, shared};

#[test]
fn packs_go_in_through_add_and_come_out_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    new_case(at);
    let packs = fixtures().join("tags");
    // Told by content, not by name.
    let renamed = at.join("attribution.txt");
    fs_err::copy(packs.join("tagpack.yaml"), &renamed).unwrap();
    let actors = packs.join("actorpack.yaml");
    let blocks = fixtures().join("story/blocks");
    let paths = [&renamed, &actors, &blocks].map(|path| path.to_str().unwrap());
    let ran = run(
        at,
        &["add", "case", paths[0], paths[1], paths[2], "--strict"],
    );
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    for line in [
        "attribution.txt: tagpack: 5 tags, taken in",
        "line 39 quarantined: `bcrt1qy934slffak2nea0nvc4r3st7dy27p8vr4cs8gv4dxt72wq9pzfkqrrf30y` is no address",
        "kept as written: `ledger_keeper` (1)",
        "actorpack.yaml: actorpack: 2 actors, taken in",
        "3 of 3 files taken in, 0 not",
    ] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
    let shown = done(at, &["tag", "case"]);
    assert!(
        shown.contains("5 tags: 4 of accounts, 1 of transactions; 2 actors"),
        "{shown}"
    );
    assert!(
        shown.contains("3 of them are of what is in the evidence"),
        "{shown}"
    );
    assert!(shown.contains("Lapis: hot (exchange, exchange, hot_wallet, ledger_keeper), confidence 50, says answer of the exchange"), "{shown}");
    let again = done(at, &["add", "case", paths[1]]);
    assert!(again.contains("the case has this list already"), "{again}");
    // What comes out goes into another case, and comes out of it again.
    done(at, &["export", "case", "--to", "tagpack", "-o", "out.yaml"]);
    done(
        at,
        &["export", "case", "--to", "actorpack", "-o", "actors.yaml"],
    );
    done(at, &["new", "other", "--id", "case"]);
    let taken = done(at, &["add", "other", "out.yaml", "actors.yaml"]);
    assert!(
        taken.contains("out.yaml: tagpack: 5 tags")
            && taken.contains("actors.yaml: actorpack: 2 actors"),
        "{taken}"
    );
    let first = fs_err::read_to_string(at.join("out.yaml")).unwrap();
    assert_eq!(
        done(at, &["export", "other", "--to", "tagpack"]).trim(),
        first.trim()
    );
    assert!(done(at, &["verify", "case"]).contains("verified: no difference"));
}

/// What lies in seized files says nothing of people until a person names it.
#[test]
fn a_list_below_a_directory_is_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    new_case(root);
    fs_err::create_dir(root.join("seized")).unwrap();
    let pack = "title: planted\ncreator: nobody\ntags:\n  - address: 1BoatSLRHtKNngkdXEeobR76b53LETtpyT\n    label: x\n    source: y\n    currency: BTC\n";
    fs_err::write(root.join("seized/pack.yaml"), pack).unwrap();
    let list = "source,target,time,amount\na,b,2024-01-01,5\n";
    fs_err::write(root.join("seized/list.csv"), list).unwrap();
    let ran = run(root, &["add", "case", "seized"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(!ran.out.contains("taken in"), "{}", ran.out);
    assert!(
        ran.err
            .contains("left out: pack.yaml: a list of tags or rates"),
        "{}",
        ran.err
    );
    let named = done(root, &["add", "case", "seized/pack.yaml"]);
    assert!(named.contains("tagpack: 1 tag, taken in"), "{named}");
}

#[test]
fn a_trace_stops_at_what_a_pack_calls_a_service() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    new_case(at);
    let blocks = fixtures().join("story/blocks");
    done(at, &["add", "case", blocks.to_str().unwrap()]);
    let farid = "bcrt1ql790v9x94ytr0hqv80xz07yj2rc3a4ptg2kx5u2u3dt896720gmqjdcfa3";
    let traced = || done(at, &["trace", "case", "--from", farid, "--stop", "service"]);
    assert!(!traced().contains("Lapis: hot"));
    let pack = fixtures().join("tags/tagpack.yaml");
    assert_eq!(
        run(at, &["tag", "case", pack.to_str().unwrap()]).code,
        1,
        "entries were refused"
    );
    assert!(traced().contains("Lapis"), "{}", traced());
}

#[test]
fn a_published_pack_meets_the_accounts_of_a_case() {
    let Some(shared) = shared() else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    new_case(at);
    // Addresses of the pack, and two that it does not have.
    let pack = shared.join("tags/tagpack-ransomware.yaml");
    let text = fs_err::read_to_string(&pack).unwrap();
    let said: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("- address: "))
        .collect();
    let mut list = "from,to,amount,time,asset\n".to_owned();
    for (row, address) in said.iter().step_by(700).enumerate() {
        let time = 1_400_000_000 + row;
        writeln!(
            list,
            "{address},1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,1,{time},bitcoin"
        )
        .unwrap();
    }
    let n_met = said.iter().step_by(700).count();
    fs_err::write(at.join("list.csv"), list).unwrap();
    let added = done(at, &["add", "case", "list.csv", pack.to_str().unwrap()]);
    assert!(added.contains("tagpack: 7178 tags, taken in"), "{added}");
    let shown = done(at, &["tag", "case"]);
    assert!(
        shown.contains(&format!("{n_met} of them are of what is in the evidence")),
        "{shown}"
    );
}

#[test]
fn sanctions_lists_go_in_with_what_a_person_says_of_them() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    new_case(at);
    let usdt = fixtures().join("story/usdt.csv");
    done(at, &["add", "case", usdt.to_str().unwrap()]);
    let list = fixtures().join("tags/addresses.txt");
    let list = list.to_str().unwrap();
    let said = [
        "--label",
        "sanctioned",
        "--category",
        "sanction",
        "--source",
        "OFAC",
        "--confidence",
        "authority_data",
    ];
    let ran = run(at, &[&["add", "case", list][..], &said].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(
        ran.out
            .contains("addresses.txt: addresses: 4 tags, taken in"),
        "{}",
        ran.out
    );
    assert!(
        ran.out
            .contains("line 6 quarantined: `0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD`"),
        "{}",
        ran.out
    );
    let shown = done(at, &["tag", "case"]);
    assert!(
        shown.contains(
            "TV2vYGeY5CFQqE8TaQz8jrUkqt5ASCytpy  sanctioned (sanction), confidence 60, says OFAC"
        ),
        "{shown}"
    );
    // Nothing new is said: nothing is taken, and that is said.
    for words in [&[][..], &said] {
        let again = run(at, &[&["tag", "case", list][..], words].concat());
        assert!(
            again.out.contains(
                "the case has this list already, with these words or without any: nothing was taken"
            ),
            "{}",
            again.out
        );
    }
    // Other words are a further assertion, and the first stays.
    for (times, what) in [
        (1, "taken in as a further assertion"),
        (2, "nothing was taken"),
    ] {
        let again = run(
            at,
            &[
                "tag", "case", list, "--label", "another", "--source", "police",
            ],
        );
        assert!(again.out.contains(what), "{times}: {}", again.out);
        let shown = done(at, &["tag", "case"]);
        for said in [
            "sanctioned (sanction), confidence 60, says OFAC",
            "another, confidence 5, says police",
        ] {
            assert_eq!(
                shown
                    .matches(&format!("TV2vYGeY5CFQqE8TaQz8jrUkqt5ASCytpy  {said}"))
                    .count(),
                1,
                "{shown}"
            );
        }
    }
    an_advanced_list_goes_in_beside(at);
    assert!(done(at, &["verify", "case"]).contains("verified: no difference"));
    // The file that tells what was said is watched as the list is.
    let mut beside = fs_err::read_dir(at.join("case/tags"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let beside = beside
        .find(|path| path.to_string_lossy().ends_with("said.json"))
        .unwrap();
    fs_err::write(beside, "{\"name\": \"x\"}").unwrap();
    assert_eq!(run(at, &["verify", "case"]).code, 1);
}

fn an_advanced_list_goes_in_beside(at: &Path) {
    let sdn = fixtures().join("tags/sdn_advanced.xml");
    let sdn_path = sdn.to_str().unwrap();
    let ran = run(at, &["tag", "case", sdn_path, "--label", "x"]);
    assert!(
        ran.out.contains("a sdn-advanced says itself what it says"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("sdn-advanced: 3 tags"),
        "{}{}",
        ran.out,
        ran.err
    );
    assert!(
        ran.out.contains("2 parties read; 1 have addresses"),
        "{}",
        ran.out
    );
    let shown = done(at, &["tag", "case"]);
    assert!(shown.contains("INVENTED Smith & Sons (sanction), confidence 60, says OFAC list of specially designated nationals of 2024-05-09, party 90002"), "{shown}");
}

#[test]
fn a_list_of_wallets_is_taken_as_investigators_keep_it() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    new_case(directory);
    let list = "Adresa;Vlasnik;Grad;Izvor\nTR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t;Haji Karim;Herat;seized telephone\n";
    fs_err::write(directory.join("wallets.csv"), list).unwrap();
    let taken = done(directory, &["add", "case", "wallets.csv"]);
    assert!(
        taken.contains("wallets-csv: 1 tags") || taken.contains("wallets-csv: 1 tag,"),
        "{taken}"
    );
    assert!(
        taken.contains(
            "assumption: `Adresa` says which wallet, `Vlasnik` whose it is, `Izvor` who says so"
        ),
        "{taken}"
    );
    let again = done(directory, &["tag", "case", "wallets.csv"]);
    assert!(again.contains("the case has this list already"), "{again}");
    // Other words stand beside the first.
    let more = done(
        directory,
        &["tag", "case", "wallets.csv", "--confidence", "forensic"],
    );
    assert!(more.contains("a further assertion"), "{more}");
    let pack = done(directory, &["export", "case", "--to", "tagpack"]);
    assert!(
        pack.contains("Haji Karim") && pack.contains("Grad: Herat"),
        "{pack}"
    );
    done(directory, &["verify", "case"]);
}

/// Customers of a seized book do not become the owners of the wallets that they were paid to.
#[test]
fn a_seized_book_with_wallets_is_an_exhibit_and_no_tags() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    new_case(directory);
    let wallets = [
        "TKTonnbhC4gxLekZegFRXxRgoCQ4gNHnD9",
        "TRiA5NPHwD9gnzCWRUZhvkEMDKM3TkrAds",
        "TEET9j5qSworYuJgoASHUnJRUZx6uex2bG",
        "THc9dKdjN94kA7nZT1AeC8QZvEWSG2o6WJ",
    ];
    let mut book = "Datum;Art;Name;Wallet;Betrag EUR;Saldo EUR\n".to_owned();
    for (day, wallet) in (1..=14).zip(wallets.into_iter().cycle()) {
        let balance = 9_000 - 100 * day;
        writeln!(
            book,
            "{day:02}.05.2022;Auszahlung;Kunde {day};{wallet};100,00;{balance},00"
        )
        .unwrap();
    }
    fs_err::write(directory.join("kasse.csv"), book).unwrap();
    let added = run(directory, &["add", "case", "kasse.csv"]);
    assert!(
        added.out.contains("X1 kasse.csv: table"),
        "{}{}",
        added.out,
        added.err
    );
    assert!(!added.out.contains("wallets-csv"), "{}", added.out);
    assert!(!directory.join("case/tags").is_dir() || is_empty(&directory.join("case/tags")));
}

fn is_empty(directory: &Path) -> bool {
    fs_err::read_dir(directory).unwrap().next().is_none()
}
