//! Tokens of Bitcoin Cash, which stand before the script of an output that holds some.
//!
//! Law: who owns an output does not depend on the tokens that it holds. They are not read further.
//!
//! Source: CHIP-2022-02 `CashTokens`: `0xef`, 32 bytes of category, a bit field (`0x10` has an amount, `0x20` has a
//! token of its own kind with a capability of 0 to 2, `0x40` has its commitment, `0x80` is none), length and bytes of
//! the commitment, amount; lengths and amounts as `CompactSize`. What is not of this form is a script.

const PREFIX: u8 = 0xef;
const CATEGORY_LEN: usize = 32;

/// The script behind the tokens of an output; all of it if there are none.
pub(crate) fn script_behind(output: &[u8]) -> &[u8] {
    behind(output).unwrap_or(output)
}

fn behind(output: &[u8]) -> Option<&[u8]> {
    let rest = output.strip_prefix(&[PREFIX])?.get(CATEGORY_LEN..)?;
    let (&bits, mut rest) = rest.split_first()?;
    let has = |bit: u8| bits & bit != 0;
    let is_sound = !has(0x80) && (has(0x20) || bits & 0x4f == 0) && bits & 0x0f <= 2;
    if !is_sound || !has(0x30) {
        return None;
    }
    if has(0x40) {
        let (len, commitment) = compact_size(rest)?;
        rest = commitment.get(usize::try_from(len).ok().filter(|&len| len > 0)?..)?;
    }
    if has(0x10) {
        let (amount, script) = compact_size(rest)?;
        rest = (amount > 0).then_some(script)?;
    }
    Some(rest)
}

fn compact_size(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let len = match first {
        0xfd => 2,
        0xfe => 4,
        0xff => 8,
        _ => return Some((first.into(), rest)),
    };
    let (number, rest) = rest.split_at_checked(len)?;
    let mut bytes = [0; 8];
    bytes[..len].copy_from_slice(number);
    Some((u64::from_le_bytes(bytes), rest))
}

#[cfg(test)]
mod tests {
    use super::script_behind;
    use proptest::prelude::*;

    fn with(tokens: &[u8], script: &[u8]) -> Vec<u8> {
        [&[0xef][..], &[7; 32], tokens, script].concat()
    }

    #[test]
    fn the_owner_stands_behind_the_tokens() {
        for tokens in [
            &[0x10, 1][..],
            &[0x10, 0xfd, 0, 1],
            &[0x20],
            &[0x62, 2, 8, 9],
            &[0x71, 1, 8, 0xff, 1, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(
                script_behind(&with(tokens, b"script")),
                b"script",
                "{tokens:?}"
            );
        }
    }

    #[test]
    fn what_is_no_token_is_script() {
        for tokens in [
            &[0x00][..],
            &[0x80, 1],
            &[0x90, 1],
            &[0x50, 1, 8, 1],
            &[0x23],
            &[0x11, 1],
            &[0x60, 0],
            &[0x10, 0],
            &[0x60, 0xff],
        ] {
            let whole = with(tokens, &[]);
            assert_eq!(script_behind(&whole), whole, "{tokens:?}");
        }
        assert_eq!(script_behind(b"\xef"), b"\xef");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            script_behind(&bytes);
            script_behind(&with(&bytes, &[]));
        }
    }
}
