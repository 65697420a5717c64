//! Every field of the JSON report is documented.

use serde_json::Value;
use std::collections::BTreeSet;

fn keys(value: &Value, seen: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                seen.insert(name.clone());
                keys(field, seen);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, seen)),
        _ => {}
    }
}

#[test]
fn every_key_is_in_the_schema_page() {
    let json = moneytrail_report::to_json(&crate::story::document()).unwrap();
    let mut seen = BTreeSet::new();
    keys(&serde_json::from_str(&json).unwrap(), &mut seen);
    let page = include_str!("../../SCHEMA.md");
    let missing: Vec<_> = seen
        .iter()
        .filter(|key| !page.contains(&format!("| `{key}` |")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
