//! `inspect --addresses`: what stands in mail, archives and other encodings, and what a case knows of it.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{done, fixtures, new_case, run};
use std::io::Write;

const KEY: &str = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ";
const WIDE: &str = "bitcoin, litecoin, bitcoin-cash";

/// What must be found in the mail: line, what is printed, and what it is.
const FOUND: [(u64, &str, &str); 8] = [
    (
        10,
        "bcrt1qej0r9wzygx7fkt0w7ewx8yaf5mtj6ckgwcfgqx09vsnjrmgnxnps9kwun8",
        "bitcoin-regtest",
    ),
    (11, "5Hue…", "a private key (WIF), not shown"),
    (
        18,
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
        "bitcoin, bitcoin-cash",
    ),
    (18, "TV2vYGeY5CFQqE8TaQz8jrUkqt5ASCytpy", "tron"),
    (
        24,
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "ethereum, bsc, polygon, avalanche, arbitrum, optimism, base",
    ),
    (24, "3P14159f73E4gFr7JterCCQh9QjiTjiZrG", WIDE),
    (
        25,
        "qp63uahgrxged4z5jswyt5dn5v3lzsem6cy4spdc2h",
        "bitcoin-cash",
    ),
    (
        25,
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        "form only, no checksum: ethereum, bsc, polygon, avalanche, arbitrum, optimism, base",
    ),
];

#[test]
fn a_mail_is_searched_through_its_encodings() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let mail = fixtures().join("text/mail.eml");
    let text = fs_err::read_to_string(&mail).unwrap();
    // The same in an archive, and in UTF-16.
    let mut zip = zip::ZipWriter::new(fs_err::File::create(at.join("mail.zip")).unwrap());
    zip.start_file("inbox/mail.eml", zip::write::SimpleFileOptions::default())
        .unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    fs_err::write(at.join("wide.txt"), wide).unwrap();
    let out = done(
        at,
        &[
            "inspect",
            "--addresses",
            mail.to_str().unwrap(),
            "mail.zip",
            "wide.txt",
        ],
    );
    for file in ["mail.eml", "mail.zip/inbox/mail.eml", "wide.txt"] {
        for (line, word, what) in FOUND {
            let line = format!("{file}!line {line}  {word}  {what}\n");
            assert!(out.contains(&line), "{line}\n{out}");
        }
    }
    assert!(out.contains("24 places found"), "{out}");
    assert!(
        !out.contains(&KEY[..8]),
        "a key is never printed whole: {out}"
    );
}

#[test]
fn a_case_says_what_it_knows() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    new_case(at);
    let usdt = fixtures().join("story/usdt.csv");
    let tags = fixtures().join("story/tags.csv");
    done(
        at,
        &[
            "add",
            "case",
            usdt.to_str().unwrap(),
            tags.to_str().unwrap(),
        ],
    );
    let mail = fixtures().join("text/mail.eml");
    let out = done(
        at,
        &[
            "inspect",
            "--addresses",
            mail.to_str().unwrap(),
            "--case",
            "case",
        ],
    );
    assert!(out.contains("TV2vYGeY5CFQqE8TaQz8jrUkqt5ASCytpy  tron  [in the case]  [tagged: Exchange Lapis (invented)]"), "{out}");
    assert_eq!(out.matches("[in the case]").count(), 1, "{out}");
}

#[test]
fn what_is_no_address_is_not_found() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let text = format!(
        "{}\n{}\n{}\n",
        "1".repeat(2_000_000),
        "=".repeat(100_000),
        "&#x31;".repeat(100_000)
    );
    fs_err::write(at.join("a.txt"), text).unwrap();
    fs_err::write(
        at.join("b.bin"),
        (0..=255_u8).cycle().take(100_000).collect::<Vec<u8>>(),
    )
    .unwrap();
    fs_err::write(at.join("empty"), "").unwrap();
    assert!(
        done(at, &["inspect", "--addresses", "a.txt", "b.bin", "empty"]).contains("0 places found")
    );
    assert_eq!(run(at, &["inspect", "--addresses", "absent"]).code, 3);
    assert_eq!(run(at, &["inspect", "a.txt", "b.bin"]).code, 2);
}
