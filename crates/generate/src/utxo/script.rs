//! Addresses that anyone can spend: pay-to-witness-script-hash of `<n> OP_DROP OP_TRUE`, one for each n.

use bitcoin::opcodes::all::{OP_DROP, OP_PUSHNUM_1};
use bitcoin::{Address, KnownHrp, WitnessProgram};
use sha2::{Digest, Sha256};

/// Length of the script of an output.
pub(super) const PAY_LEN: u8 = 34;

/// A witness script.
#[derive(Clone, Copy, Debug)]
pub(super) struct Script {
    bytes: [u8; 8],
    len: u8,
}

impl Script {
    /// The script of an address. Numbers up to 16 have a shorter form, so none is used.
    pub(super) fn of(address: u32) -> Self {
        let mut bytes = [0; 8];
        // A script number is little-endian with one spare bit for the sign.
        let n_bits = u64::from(u32::BITS - address.leading_zeros());
        let n_bytes = u8::try_from(n_bits / 8 + 1).expect("at most five");
        let end = usize::from(n_bytes) + 1;
        bytes[0] = n_bytes;
        bytes[1..end].copy_from_slice(&u64::from(address).to_le_bytes()[..end - 1]);
        bytes[end] = OP_DROP.to_u8();
        bytes[end + 1] = OP_PUSHNUM_1.to_u8();
        Self {
            bytes,
            len: n_bytes + 3,
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    pub(super) const fn len(&self) -> u8 {
        self.len
    }

    /// Its witness program.
    pub(super) fn program(&self) -> [u8; 32] {
        Sha256::digest(self.as_bytes()).into()
    }
}

/// The address as people write it, on regtest.
pub(super) fn text(address: u32) -> String {
    let program = WitnessProgram::new(bitcoin::WitnessVersion::V0, &Script::of(address).program())
        .expect("32 bytes are a program of version 0");
    Address::from_witness_program(program, KnownHrp::Regtest).to_string()
}

#[cfg(test)]
mod tests {
    use super::{Script, text};
    use bitcoin::script::Builder;
    use bitcoin::{Address, Network};

    #[test]
    fn scripts_and_addresses_are_those_of_the_library() {
        for n in [17, 127, 128, 255, 256, 32_767, 32_768, 8_388_608, u32::MAX] {
            let built = Builder::new()
                .push_int(n.into())
                .push_opcode(bitcoin::opcodes::all::OP_DROP)
                .push_opcode(bitcoin::opcodes::OP_TRUE)
                .into_script();
            assert_eq!(Script::of(n).as_bytes(), built.as_bytes(), "{n}");
            assert_eq!(
                text(n),
                Address::p2wsh(&built, Network::Regtest).to_string()
            );
        }
    }
}
