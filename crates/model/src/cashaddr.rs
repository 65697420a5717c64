//! `CashAddr`, the addresses of Bitcoin Cash: `bitcoincash:q…`.
//!
//! Law: an address reads only if its checksum holds, with the prefix or without it.
//!
//! Source: the specification of cash addresses, `spec/cashaddr.md` of the Bitcoin Cash protocol. Version byte: type
//! in bits 3 to 6 (0 and 2: public key hash, 1 and 3: script hash; 2 and 3 say that the wallet takes tokens),
//! length of the hash in bits 0 to 2.

const PREFIX: &str = "bitcoincash";
const DIGITS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// Digits of the checksum.
const CHECKSUM_LEN: usize = 8;

/// What an address names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Payload {
    /// HASH160 of a public key.
    Key([u8; 20]),
    /// HASH160 of a script.
    Script([u8; 20]),
    /// Double SHA-256 of a script.
    Script32([u8; 32]),
}

/// The checksum of five-bit digits: a BCH code over GF(32).
fn polymod(digits: impl Iterator<Item = u8>) -> u64 {
    const GENERATOR: [u64; 5] = [
        0x98_f2bc_8e61,
        0x79_b76d_99e2,
        0xf3_3e5f_b3c4,
        0xae_2eab_e2a8,
        0x1e_4f43_e470,
    ];
    let sum = digits.fold(1_u64, |sum, digit| {
        let top = sum >> 35;
        let next = (sum & 0x07_ffff_ffff) << 5 ^ u64::from(digit);
        let add = (0..).zip(GENERATOR).filter(|(bit, _)| top >> bit & 1 == 1);
        add.fold(next, |sum, (_, generator)| sum ^ generator)
    });
    sum ^ 1
}

/// The prefix as the checksum covers it, and the zero behind it.
fn prefix_digits() -> impl Iterator<Item = u8> {
    PREFIX.bytes().map(|letter| letter & 0x1f).chain([0])
}

/// Reads an address of either case, with or without its prefix.
pub(crate) fn parse(text: &str) -> Option<Payload> {
    let lower = text.to_ascii_lowercase();
    if text != lower && text != text.to_ascii_uppercase() {
        return None;
    }
    let body = match lower.split_once(':') {
        Some((prefix, body)) if prefix == PREFIX => body,
        Some(_) => return None,
        None => &lower,
    };
    let digit = |letter: u8| {
        let at = DIGITS.iter().position(|&digit| digit == letter)?;
        u8::try_from(at).ok()
    };
    let digits: Vec<u8> = body.bytes().map(digit).collect::<Option<_>>()?;
    if polymod(prefix_digits().chain(digits.iter().copied())) != 0 {
        return None;
    }
    let digits = digits.get(..digits.len().checked_sub(CHECKSUM_LEN)?)?;
    let bytes = regroup(digits, 5, 8)?;
    let (version, hash) = bytes.split_first()?;
    let hash20 = || <[u8; 20]>::try_from(hash).ok();
    match version {
        0x00 | 0x10 => hash20().map(Payload::Key),
        0x08 | 0x18 => hash20().map(Payload::Script),
        0x0b | 0x1b => <[u8; 32]>::try_from(hash).ok().map(Payload::Script32),
        _ => None,
    }
}

/// Writes an address of a hash of 20 bytes; `version` 0 is a public key's, 8 a script's.
pub(crate) fn write(version: u8, hash: &[u8; 20]) -> String {
    let bytes: Vec<u8> = [version].iter().chain(hash).copied().collect();
    let digits = regroup(&bytes, 8, 5).expect("what is left over is padded");
    let padded = [0; CHECKSUM_LEN];
    let covered = prefix_digits().chain(digits.iter().copied()).chain(padded);
    let sum = polymod(covered);
    let checksum = (0..CHECKSUM_LEN)
        .rev()
        .map(|place| (sum >> (5 * place) & 0x1f) as usize);
    let digits = digits.iter().map(|&digit| usize::from(digit));
    let body = digits
        .chain(checksum)
        .map(|digit| char::from(DIGITS[digit]));
    format!("{PREFIX}:{}", body.collect::<String>())
}

/// Groups of bits of another length. What is left over is padded with zeros when groups get smaller; when
/// they grow it must be zeros, and less than a group.
fn regroup(groups: &[u8], from: u32, to: u32) -> Option<Vec<u8>> {
    let (mut held, mut n_held) = (0_u32, 0);
    let mut regrouped = Vec::new();
    for &group in groups {
        held = held << from | u32::from(group);
        n_held += from;
        while n_held >= to {
            n_held -= to;
            regrouped.push(u8::try_from(held >> n_held & ((1 << to) - 1)).ok()?);
        }
        held &= (1 << n_held) - 1;
    }
    if to < from {
        if n_held > 0 {
            regrouped.push(u8::try_from(held << (to - n_held)).ok()?);
        }
    } else if n_held >= from || held != 0 {
        return None;
    }
    Some(regrouped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Examples of the specification.
    #[test]
    fn addresses_of_the_specification() {
        let hash = |text: &str| <[u8; 20]>::try_from(hex::decode(text).unwrap()).unwrap();
        let first = hash("f5bf48b397dae70be82b3cca4793f8eb2b6cdac9");
        let text = "bitcoincash:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2";
        assert_eq!(write(0, &first), text);
        assert_eq!(parse(text), Some(Payload::Key(first)));
        // The same keys in Bitcoin's form: 1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu, 3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC.
        let second = hash("76a04053bda0a88bda5177b86a15c3b29f559873");
        assert_eq!(
            parse("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
            Some(Payload::Key(second))
        );
        let script = "bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq";
        assert_eq!(parse(script), Some(Payload::Script(second)));
        assert_eq!(write(8, &second), script);
        assert_eq!(parse(&script.to_uppercase()), Some(Payload::Script(second)));
        assert_eq!(
            parse("ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq"),
            Some(Payload::Script(second))
        );
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6b",
            "bitcoincash:Qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
            "bchtest:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
            "bitcoincash:",
            "",
            "qqqqqqqq",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reads_back_and_sees_one_wrong_letter(hash: [u8; 20], at in 0_usize..42, other in 0_usize..31) {
            let text = write(0, &hash);
            prop_assert_eq!(parse(&text), Some(Payload::Key(hash)));
            let mut letters = text.into_bytes();
            let at = PREFIX.len() + 1 + at;
            let digit = DIGITS.iter().position(|&digit| digit == letters[at]).unwrap();
            letters[at] = DIGITS[(digit + 1 + other) % 32];
            prop_assert_eq!(parse(std::str::from_utf8(&letters).unwrap()), None);
        }
    }
}
