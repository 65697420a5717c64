//! Times as exports of chains write them: always UTC, to the second.

use jiff::civil::DateTime;

/// Seconds since 1970 of `1231006505`, `2009-01-03 18:15:05`, `2009-01-03T18:15:05Z`, with `UTC` or an
/// offset of zero behind it, or a fraction of zero. Nothing else: another offset is no time of a block.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let zones = [" UTC", "Z", "+00:00", "+0000", "+00"];
    let local = zones
        .iter()
        .find_map(|zone| text.strip_suffix(zone))
        .unwrap_or(text);
    // The parser would pass over an offset that was left standing.
    let clock = local.get("2009-01-03 ".len()..)?;
    let is_clock = |byte: u8| byte.is_ascii_digit() || matches!(byte, b':' | b'.');
    let is_whole = clock.len() >= "18:15:05".len() && clock.bytes().all(is_clock);
    let time: DateTime = local.parse().ok().filter(|_| is_whole)?;
    let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    (time.subsec_nanosecond() == 0).then(|| time.as_second())
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn every_way_to_write_it() {
        for text in [
            "1231006505",
            "2009-01-03 18:15:05",
            "2009-01-03 18:15:05 UTC",
            "2009-01-03T18:15:05Z",
            "2009-01-03T18:15:05+00:00",
            "2009-01-03 18:15:05.000000 UTC",
            " 2009-01-03 18:15:05 ",
        ] {
            assert_eq!(seconds(text), Some(1_231_006_505), "{text}");
        }
        for text in [
            "",
            "2009-01-03",
            "2009-01-03 18:15",
            "2009-01-03T18:15:05+03:30",
            "2009-01-03 18:15:05.5",
            "2009-13-03 18:15:05",
            "99999999999999999999",
            "-1",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
