//! Writes the sample report to a file: `cargo run -p moneytrail-report --example sample -- out.html`
//! (or `out.json`).

#[path = "../tests/all/story/mod.rs"]
mod story;

use std::io::Write as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("where to write?")?;
    let document = match std::env::args().nth(2).as_deref() {
        None => story::document(),
        Some("long") => story::long(200),
        Some("wide") => story::wide(40),
        Some("instant") => story::instant(),
        Some("coins") => story::coins(),
        Some("cycle") => story::cycle(),
        Some("one") => story::long(1),
        Some("idle") => story::idle(),
        Some(_) => return Err("unknown story".into()),
    };
    let is_json = std::path::Path::new(&path)
        .extension()
        .is_some_and(|extension| extension == "json");
    let text = if is_json {
        moneytrail_report::to_json(&document)?
    } else {
        moneytrail_report::to_html(&document)?
    };
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(())
}
