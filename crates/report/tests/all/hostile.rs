//! Law: whatever the evidence says, the page stays the program's.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use moneytrail_report::document::{AssetRef, Disclosure, Document};
use moneytrail_report::{to_html, to_json};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::OnceLock;

/// Places of the sample document that take any text.
fn free_texts() -> &'static Vec<String> {
    static PLACES: OnceLock<Vec<String>> = OnceLock::new();
    PLACES.get_or_init(|| {
        let mut document = serde_json::to_value(crate::story::document()).unwrap();
        let mut places = Vec::new();
        texts(&document, String::new(), &mut places);
        places.retain(|place| {
            let text = document.pointer_mut(place).unwrap();
            let kept = std::mem::replace(text, Value::String("<x>".to_owned()));
            let is_free = serde_json::from_value::<Document>(document.clone()).is_ok();
            *document.pointer_mut(place).unwrap() = kept;
            is_free && place != "/schema"
        });
        assert!(places.len() > 500, "{}", places.len());
        places
    })
}

fn texts(value: &Value, place: String, places: &mut Vec<String>) {
    match value {
        Value::String(_) => places.push(place),
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                texts(item, format!("{place}/{position}"), places);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                texts(field, format!("{place}/{name}"), places);
            }
        }
        _ => {}
    }
}

/// The sample with `hostile` in front of every text.
fn with_everywhere(hostile: &str) -> Document {
    let mut document = serde_json::to_value(crate::story::document()).unwrap();
    for place in free_texts() {
        let text = document.pointer_mut(place).unwrap();
        *text = Value::String(format!("{hostile}{}", text.as_str().unwrap()));
    }
    serde_json::from_value(document).unwrap()
}

fn check(hostile: &str) {
    let mut document = with_everywhere(hostile);
    let disclosure = Disclosure {
        operator: hostile.to_owned(),
        purpose: hostile.to_owned(),
    };
    for disclosure in [Some(disclosure), None] {
        document.disclosure = disclosure;
        let html = to_html(&document).unwrap();
        crate::page::check(&html);
        let json = to_json(&document).unwrap();
        assert!(
            !json
                .chars()
                .any(|letter| letter.is_control() && letter != '\n')
        );
        assert!(!json.contains(['\u{202e}', '\u{2066}', '\u{2069}', '\u{9b}']));
        let read: Document = serde_json::from_str(&json).unwrap();
        assert_eq!(read, document.masked());
    }
}

#[test]
fn known_attacks() {
    let long = "ab ".repeat(3_400);
    let solid = "x".repeat(10_000);
    let marks = format!("a{}", "\u{301}\u{35f}\u{489}".repeat(400));
    for hostile in [
        "<script>alert(1)</script>",
        "\"><svg onload=alert(1)>",
        "' onmouseover='alert(1)",
        "</title></style></svg></bdi><img src=x>",
        "javascript:alert(1)",
        "]]>--><!--",
        "&lt;b&gt;&#60;&amp;",
        "\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{202c}\u{200f}\u{61c}",
        "\0\u{1}\u{7f}\u{9b}31m\u{85}\u{2028}\u{feff}\u{fffe}",
        "{{ 7*7 }} {% raw %} ${x} `x`",
        "😀 שלום 漢字 e\u{301}",
        &long,
        &solid,
        &marks,
        "",
    ] {
        check(hostile);
    }
}

#[test]
fn the_checker_sees_what_it_should() {
    for bad in [
        "<!doctype html>\n<script></script>",
        "<!doctype html>\n<p style=\"x\"></p>",
        "<!doctype html>\n<p><b></p></b>",
        "<!doctype html>\n<p>",
        "<!doctype html>\n\u{202e}",
        "<!doctype html>\n\u{2068}x",
        "<!doctype html>\n<a href=\"http://x\"></a>",
    ] {
        assert!(
            std::panic::catch_unwind(|| crate::page::check(bad)).is_err(),
            "{bad}"
        );
    }
}

/// A transfer between few accounts: cycles, merges, equal times, amounts of any size.
fn transfers() -> impl Strategy<Value = Vec<crate::story::Plain>> {
    let time = prop_oneof![Just(0_i64), 0..5_i64, 0..100_000_i64, any::<i64>()];
    let amount = prop_oneof![1..10_i128, 1..10_i128.pow(20), 1..10_i128.pow(38)];
    let one = (time, 0..8_u8, 0..8_u8, amount).prop_map(|(seconds, from, to, units)| {
        crate::story::Plain {
            seconds,
            from: format!("account {from}"),
            to: format!("account {to}"),
            amount: AssetRef::new("T", "T", 18)
                .amount(moneytrail_model::Amount::new(units).unwrap()),
        }
    });
    prop::collection::vec(one, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_text_stays_text(hostile in "\\PC{0,40}|.{0,40}|[<>\"'&\u{200b}-\u{206f}\u{0}-\u{9f}]{0,40}") {
        check(&hostile);
    }

    #[test]
    fn any_flow_can_be_drawn(transfers in transfers()) {
        let html = to_html(&crate::story::plain(&transfers)).unwrap();
        crate::page::check(&html);
        inside(&html);
    }
}

/// No text of a drawing lies above or below it.
fn inside(html: &str) {
    for drawing in html.split("<svg class=\"fw\" viewBox=\"0 0 952 ").skip(1) {
        let drawing = drawing.split("</svg>").next().unwrap();
        let high: f64 = drawing.split('"').next().unwrap().parse().unwrap();
        for text in drawing.split("<text y=\"").skip(1) {
            let y: f64 = text.split('"').next().unwrap().parse().unwrap();
            assert!((0.0..=high).contains(&y), "{y} of {high}");
        }
    }
}

#[test]
fn stories_under_pressure() {
    for document in [
        crate::story::long(1),
        crate::story::long(200),
        crate::story::wide(1_000),
        crate::story::long(3_000),
        crate::story::instant(),
        crate::story::coins(),
        crate::story::cycle(),
        crate::story::idle(),
    ] {
        let html = to_html(&document).unwrap();
        crate::page::check(&html);
        inside(&html);
        assert!(html.len() < 5_000_000, "{}", html.len());
    }
}
