//! A reader of reports that believes nothing: every tag and attribute has to be one that the program
//! writes, every element closed, every character harmless.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

const ELEMENTS: &[&str] = &[
    "a",
    "article",
    "b",
    "bdi",
    "body",
    "br",
    "code",
    "dd",
    "defs",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "g",
    "h1",
    "h2",
    "h3",
    "h4",
    "head",
    "header",
    "html",
    "i",
    "li",
    "line",
    "main",
    "meta",
    "nav",
    "ol",
    "p",
    "path",
    "pattern",
    "pre",
    "rect",
    "section",
    "small",
    "span",
    "style",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "th",
    "thead",
    "title",
    "tr",
    "tspan",
    "ul",
    "wbr",
];
const VOID: &[&str] = &["br", "meta", "wbr"];
const ATTRIBUTES: &[&str] = &[
    "aria-hidden",
    "aria-label",
    "charset",
    "class",
    "colspan",
    "content",
    "d",
    "data-p",
    "dir",
    "dy",
    "height",
    "href",
    "http-equiv",
    "id",
    "lang",
    "name",
    "patternTransform",
    "patternUnits",
    "preserveAspectRatio",
    "role",
    "scope",
    "tabindex",
    "text-anchor",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
];

/// Panics with the place of the first thing that the program does not write.
pub fn check(page: &str) {
    let mut rest = page.strip_prefix("<!doctype html>\n").expect("a doctype");
    let mut open: Vec<&str> = Vec::new();
    while let Some(start) = rest.find('<') {
        text(&rest[..start], &open);
        rest = &rest[start + 1..];
        let end = tag_end(rest);
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed in order");
            continue;
        }
        let (tag, is_closed) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(ELEMENTS.contains(&name), "element {name:?}");
        self::attributes(attributes);
        if name == "style" {
            let end = rest.find("</style>").expect("style is closed");
            rest = &rest[end + "</style>".len()..];
        } else if !is_closed && !VOID.contains(&name) {
            open.push(name);
        }
    }
    text(rest, &open);
    assert_eq!(open, Vec::<&str>::new(), "all closed");
}

/// The end of a tag: the first `>` outside quotes.
fn tag_end(rest: &str) -> usize {
    let mut is_quoted = false;
    for (position, byte) in rest.bytes().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'>' if !is_quoted => return position,
            b'<' => panic!("a < inside a tag: {:?}", &rest[..position]),
            _ => {}
        }
    }
    panic!("a tag without an end");
}

fn attributes(mut rest: &str) {
    while !rest.trim_start().is_empty() {
        rest = rest.trim_start();
        let (name, after) = rest.split_once("=\"").expect("a quoted attribute");
        assert!(ATTRIBUTES.contains(&name), "attribute {name:?}");
        let (value, after) = after.split_once('"').expect("a closed attribute");
        characters(value);
        if name == "href" {
            assert!(value.starts_with('#'), "a link out of the page: {value:?}");
        }
        rest = after;
    }
}

fn text(text: &str, open: &[&str]) {
    characters(text);
    let mut depth = 0;
    for letter in text.chars() {
        match letter {
            '\u{2068}' => depth += 1,
            '\u{2069}' => depth -= 1,
            _ => {}
        }
        assert!((0..=1).contains(&depth), "isolates nest in {open:?}");
    }
    assert_eq!(depth, 0, "an isolate stays open");
}

fn characters(text: &str) {
    for letter in text.chars() {
        let is_harmful = (letter.is_control() && letter != '\n')
            || matches!(
                letter,
                '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
                    | '\u{2066}'..='\u{2067}' | '\u{feff}'
            );
        assert!(!is_harmful, "{letter:?} in {text:?}");
    }
    for entity in text.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;", "#39;"];
        assert!(
            known.iter().any(|known| entity.starts_with(known)),
            "&{entity}"
        );
    }
}
