//! The words of `TagPacks` for how far an entry is to be trusted.

/// Confidence of each word (`chains.md` §1).
const LEVELS: [(&str, u8); 14] = [
    ("override", 100),
    ("ownership", 100),
    ("ledger_immanent", 100),
    ("manual_transaction", 90),
    ("service_api", 70),
    ("forensic_investigation", 70),
    ("authority_data", 60),
    ("trusted_provider", 50),
    ("service_data", 50),
    ("forensic", 50),
    ("untrusted_transaction", 40),
    ("web_crawl", 20),
    ("heuristic", 10),
    ("unknown", 5),
];

/// The confidence that a word or a number from 0 to 100 stands for; `None` for anything else.
pub fn of(text: &str) -> Option<u8> {
    let level = LEVELS.iter().find(|level| level.0 == text);
    level
        .map(|level| level.1)
        .or_else(|| text.parse().ok().filter(|&number| number <= 100))
}

/// The word, if the text is one rather than a number.
pub(super) fn word(text: &str) -> &str {
    let is_word = LEVELS.iter().any(|level| level.0 == text);
    if is_word { text } else { "" }
}
