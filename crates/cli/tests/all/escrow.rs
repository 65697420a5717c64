//! `escrow` as a user runs it, on a book of each of five languages.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::common::done;
use serde_json::Value;
use std::path::Path;

/// Header, then words for deposit, release and refund.
const LANGUAGES: [(&str, [&str; 3]); 5] = [
    (
        "Date,Code,Type,Sender,Beneficiary,In,Out,Currency,Commission",
        ["deposit", "release", "refund"],
    ),
    (
        "تاریخ,نمبر حواله,نوع,فرستنده,گیرنده,رسید,برد,ارز,کمیشن",
        ["امانت", "اجرای امانت", "واپس امانت"],
    ),
    (
        "التاريخ,رقم الحوالة,نوع العملية,اسم المرسل,اسم المستفيد,وارد,صادر,العملة,الأجور",
        ["أمانة", "صرف أمانة", "رد أمانة"],
    ),
    (
        "Tarih,Kod,İşlem,Gönderen,Alıcı,Giriş,Çıkış,Döviz,Komisyon",
        ["emanet", "emanet ödemesi", "emanet iadesi"],
    ),
    (
        "Datum,Šifra,Vrsta,Pošiljalac,Primalac,Ulaz,Izlaz,Valuta,Provizija",
        ["depozit", "isplata depozita", "povrat depozita"],
    ),
];

fn book(header: &str, [deposit, release, refund]: [&str; 3]) -> String {
    format!(
        "{header}\n\
         2024-05-01,K71,{deposit},Hasan Akbari,Karim Noori,5000,,EUR,50\n\
         2024-05-02,K88,{deposit},Lejla Begić,Marko Ilić,900,,EUR,\n\
         2024-05-09,K71,{release},Karim Noori,Abu Ali,,1500,EUR,\n\
         2024-05-11,K71/2,{release},Karim Noori,Abu Ali,,1000,EUR,\n\
         2024-05-12,K88,{refund},,Lejla Begić,,900,EUR,\n\
         2024-07-30,K93,{deposit},Jamil Rahimi,Said Noori,700,,EUR,\n\
         2024-08-02,K94,{deposit},Farid Jalali,Tamim Azizi,100,,EUR,\n"
    )
}

fn case(directory: &Path, header: &str, words: [&str; 3]) {
    crate::common::new_case(directory);
    let add = keep(directory, book(header, words));
    done(directory, &[&add[..], &["--strict"]].concat());
}

fn rows(value: &Value) -> Vec<&str> {
    let rows = value.as_array().unwrap().iter();
    rows.map(|row| row.as_str().unwrap()).collect()
}

#[test]
fn deposits_of_five_languages_have_their_releases() {
    for (header, words) in LANGUAGES {
        let directory = tempfile::tempdir().unwrap();
        case(directory.path(), header, words);
        let out = done(directory.path(), &["escrow", "case", "--json"]);
        let found: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(found["schema"], "moneytrail-escrow/1");
        let deposits = found["deposits"].as_array().unwrap();
        assert_eq!(deposits.len(), 4, "{header}");
        let first = &deposits[0];
        assert_eq!(first["deposit"], "h.csv!-!R2");
        assert_eq!(rows(&first["releases"]), ["h.csv!-!R4", "h.csv!-!R5"]);
        for (what, units) in [
            ("deposited", "500000"),
            ("released", "250000"),
            ("fee", "5000"),
            ("held", "245000"),
        ] {
            assert_eq!(first[format!("{what}_units")], units, "{header} {what}");
        }
        assert_eq!(first["stopped"], true);
        assert_eq!(rows(&deposits[1]["refunds"]), ["h.csv!-!R6"]);
        assert_eq!(deposits[1]["state"], "refunded");
        assert_eq!(
            (&deposits[2]["state"], &deposits[2]["stopped"]),
            (&"held".into(), &false.into())
        );
    }
}

#[test]
fn people_read_what_is_held_and_no_names() {
    let directory = tempfile::tempdir().unwrap();
    let (header, words) = LANGUAGES[0];
    case(directory.path(), header, words);
    let out = done(directory.path(), &["escrow", "case", "--why"]);
    for expected in [
        "4 deposits in the books of haji holder, with 2 releases and 1 refunds by escrow-release@2",
        "haji holder holds 3250.00 EUR of 3 deposits",
        "lives may be at risk\n  h.csv!-!R2: 5000.00 EUR deposited",
        "release h.csv!-!R5 1000.00: code equal, depositor or migrant named",
    ] {
        assert!(out.contains(expected), "{expected}\n{out}");
    }
    for name in ["Karim", "karim", "Hasan", "hasan"] {
        assert!(!out.contains(name), "{out}");
    }
}

#[test]
fn coins_have_their_own_decimals() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    crate::common::new_case(directory);
    let (header, words) = LANGUAGES[0];
    let book = book(header, words)
        .replace("EUR", "USDT")
        .replace(",1500,", ",3950,");
    done(directory, &keep(directory, book));
    let out = done(directory, &["escrow", "case", "--why"]);
    let whole = "h.csv!-!R2: 5000.000000 as-written:USDT deposited, 4950.000000 released in 2, 0.000000 refunded, 50.000000 fee, 0.000000 held";
    assert!(out.contains(whole), "{out}");
}

/// Writes the holder's book and its profile, and says how they are added.
fn keep(directory: &Path, book: String) -> [&'static str; 5] {
    fs_err::write(directory.join("h.csv"), book).unwrap();
    fs_err::write(
        directory.join("h.toml"),
        "[book]\nowner = \"Haji Holder\"\n",
    )
    .unwrap();
    ["add", "case", "h.csv", "--profile", "h.toml"]
}

/// A book whose releases of one deposit are missed, with a colleague's book.
fn missed(directory: &Path, extra: &str) -> Value {
    crate::common::new_case(directory);
    let book = format!(
        "Date,Code,Type,Sender,Beneficiary,Agent,Amount,In,Out,Currency,Commission\n\
         2024-05-01,K71,deposit,Hasan Akbari,Karim Noori,,,5000,,EUR,50\n\
         2024-05-03,K88,deposit,Lejla Begić,Marko Ilić,,,900,,EUR,\n\
         2024-05-09,2209,send,Karim Noori,Abu Ali,Edin Trieste,1500,,,EUR,\n\
         2024-05-12,2210,send,Tariq Sahak,Omar Sahak,Edin Trieste,300,300,,EUR,\n\
         2024-07-28,2211,send,Tariq Sahak,Omar Sahak,Edin Trieste,200,200,,EUR,\n\
         2024-07-30,K93,deposit,Jamil Rahimi,Said Noori,,,700,,EUR,\n{extra}"
    );
    done(directory, &keep(directory, book));
    serde_json::from_str(&done(directory, &["escrow", "case", "--json"])).unwrap()
}

#[test]
fn a_release_that_is_missed_stands_with_the_warning() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let found = missed(directory, "");
    let deposits = found["deposits"].as_array().unwrap();
    assert_eq!(
        (&deposits[0]["stopped"], &deposits[1]["stopped"]),
        (&false.into(), &true.into())
    );
    assert_eq!(deposits[0]["stopped_unless"][0]["row"], "h.csv!-!R4");
    assert_eq!(deposits[1]["stopped_unless"].as_array().unwrap().len(), 0);
    let out = done(directory, &["escrow", "case"]);
    let summary = done(directory, &["summary", "case"]);
    for text in [&out, &summary] {
        assert!(
            text.contains("1 deposits of which releases stopped for more than 30 days although"),
            "{text}"
        );
        assert!(
            text.contains("unless h.csv!-!R4 is its release: "),
            "{text}"
        );
    }
    let summary: Value =
        serde_json::from_str(&done(directory, &["summary", "case", "--json"])).unwrap();
    assert_eq!(summary["escrow"]["stopped"][0]["deposit"], "h.csv!-!R3");
    assert_eq!(
        summary["escrow"]["stopped_unless"][0]["deposit"],
        "h.csv!-!R2"
    );
}

#[test]
fn a_date_slipped_into_another_decade_stops_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let found = missed(
        directory.path(),
        "2042-08-02,K94,deposit,Farid Jalali,Tamim Azizi,,,100,,EUR,\n",
    );
    let alone = &found["lone_dates"][0];
    assert_eq!(
        (&alone["row"], &alone["day"]),
        (&"h.csv!-!R8".into(), &"2042-08-02".into())
    );
    assert_eq!(rows(&alone["deposits"]), ["h.csv!-!R7"]);
    let stopped = found["deposits"].as_array().unwrap().iter();
    let stopped: Vec<&Value> = stopped
        .filter(|of| of["stopped"] == true)
        .map(|of| &of["deposit"])
        .collect();
    assert_eq!(stopped, ["h.csv!-!R3"]);
}
