use super::*;
use moneytrail_model::ScriptKey;
use proptest::prelude::*;

/// Bytes of Core's number.
fn var_int(number: u64) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(number & 0x7f).unwrap()];
    let mut rest = number >> 7;
    while rest > 0 {
        rest -= 1;
        bytes.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
        rest >>= 7;
    }
    bytes.reverse();
    bytes
}

/// Core's `CompressAmount`, from its definition.
fn packed(amount: u64) -> u64 {
    if amount == 0 {
        return 0;
    }
    let mut n_zeros = 0;
    let mut digits = amount;
    while digits.is_multiple_of(10) && n_zeros < 9 {
        digits /= 10;
        n_zeros += 1;
    }
    if n_zeros < 9 {
        1 + (digits / 10 * 9 + digits % 10 - 1) * 10 + n_zeros
    } else {
        1 + (digits - 1) * 10 + 9
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    Cursor::new(bytes, 0).var_int().ok()
}

/// The script behind a packed one.
fn script(packed: &[u8]) -> Option<Vec<u8>> {
    let mut undo = Undo {
        network: Network::Bitcoin,
        cursor: Cursor::new(packed, 0),
        n_left: 0,
        script: vec![1, 2, 3],
    };
    undo.read_script()?;
    (undo.cursor.rest() == 0).then_some(undo.script)
}

proptest! {
    #[test]
    fn numbers_and_amounts_read_back(any in any::<u64>(), coins in 0..=MONEY_MAX) {
        prop_assert_eq!(number(&var_int(any)), Some(any));
        prop_assert_eq!(amount(packed(coins)), Some(coins));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Some(mut undo) = Undo::new(Network::Bitcoin, &bytes) {
            let mut prevouts = Vec::new();
            while undo.next(1, &mut prevouts).is_some() {}
        }
    }
}

#[test]
fn numbers_and_amounts_of_core() {
    // serialize_tests.cpp and compress_tests.cpp.
    for (value, hex) in [
        (0, "00"),
        (0x7f, "7f"),
        (0x80, "8000"),
        (0x1234, "a334"),
        (0xffff, "82fe7f"),
        (0x0012_3456, "c7e756"),
        (0x8012_3456, "86ffc7e756"),
        (0xffff_ffff, "8efefefe7f"),
        (u64::MAX, "80fefefefefefefefe7f"),
    ] {
        assert_eq!(number(&hex::decode(hex).unwrap()), Some(value), "{hex}");
    }
    assert_eq!(number(&[0xff; 12]), None);
    for (value, coded) in [
        (0, 0x0),
        (1, 0x1),
        (1_000_000, 0x7),
        (100_000_000, 0x9),
        (5_000_000_000, 0x32),
        (2_100_000_000_000_000, 0x0140_6f40),
    ] {
        assert_eq!(amount(coded), Some(value));
    }
    assert_eq!(amount(u64::MAX), None);
}

/// The generator point, and a script of each type.
#[test]
fn every_type_of_script_reads() {
    let x =
        hex::decode("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798").unwrap();
    let y =
        hex::decode("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8").unwrap();
    // Its negative has the other y, which is odd.
    let minus_y =
        hex::decode("b7c52588d95c3b9aa25b0403f1eef75702e84bb7597aabe663b82f6f04ef2777").unwrap();
    let hash = [7_u8; 20];
    let of = |sign: u8, rest: &[u8]| script(&[&[sign][..], rest].concat());
    let join = |parts: &[&[u8]]| Some(parts.concat());
    assert_eq!(
        of(0, &hash),
        join(&[&[0x76, 0xa9, 20], &hash, &[0x88, 0xac]])
    );
    assert_eq!(of(1, &hash), join(&[&[0xa9, 20], &hash, &[0x87]]));
    assert_eq!(of(2, &x), join(&[&[33, 2], &x, &[0xac]]));
    assert_eq!(of(3, &x), join(&[&[33, 3], &x, &[0xac]]));
    assert_eq!(of(4, &x), join(&[&[65, 4], &x, &y, &[0xac]]));
    assert_eq!(of(5, &x), join(&[&[65, 4], &x, &minus_y, &[0xac]]));
    assert_eq!(of(4, &[0xff; 32]), None, "no point of the curve");
    let raw = [0x51, 0x20, 3];
    assert_eq!(of(6 + 3, &raw), join(&[&raw]));
    assert_eq!(of(6, &[]), join(&[]));
    assert_eq!(of(6 + 3, &raw[..2]), None);
    // Longer than any script that can be spent: Core writes it as one that burns.
    let long = [&var_int(6 + 10_001)[..], &[0x51; 10_001]].concat();
    assert_eq!(script(&long), join(&[&[0x6a]]));
    let longest = [&var_int(6 + 10_000)[..], &[0x51; 10_000]].concat();
    assert_eq!(script(&longest), join(&[&[0x51; 10_000]]));
}

#[test]
fn a_transaction_reads_with_its_accounts() {
    // Two transactions: one input without a height, as old nodes wrote, and two with.
    let undo = [
        &[2, 1][..],
        &var_int(0),
        &var_int(packed(50)),
        &[1],
        &[9; 20],
        &[2],
        &var_int(2 * 100 + 1),
        &[0],
        &var_int(packed(5_000_000_000)),
        &[0],
        &[8; 20],
        &var_int(2 * 101),
        &[1],
        &var_int(packed(1)),
        &[6 + 22, 0, 20],
        &[7; 20],
    ]
    .concat();
    let key = |script| Some(AccountKey::Script(Network::Regtest, script));
    let mut read = Undo::new(Network::Regtest, &undo).unwrap();
    let mut prevouts = Vec::new();
    let mut next = |n_inputs| {
        read.next(n_inputs, &mut prevouts)?;
        let prevouts = prevouts.iter().flatten();
        let told = |prevout: &Prevout| (prevout.amount.unwrap().units(), prevout.account.clone());
        Some(prevouts.map(told).collect::<Vec<_>>())
    };
    assert_eq!(next(1), Some(vec![(50, key(ScriptKey::P2sh([9; 20])))]));
    let both = vec![
        (5_000_000_000, key(ScriptKey::P2pkh([8; 20]))),
        (1, key(ScriptKey::P2wpkh([7; 20]))),
    ];
    assert_eq!(next(2), Some(both));
    assert_eq!(next(1), None);
    let mut short = Undo::new(Network::Regtest, &undo).unwrap();
    assert_eq!(
        short.next(2, &mut Vec::new()),
        None,
        "another number of inputs"
    );
    assert!(!short.is_done());
}
