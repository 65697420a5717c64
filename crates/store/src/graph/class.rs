//! What transfers share: kind, layers, asset and the side of a junction. Few combinations occur, so
//! each stands once in a table and a transfer stores its number in it.

use moneytrail_model::{AssetIdx, Layers, TransferKind};

/// How a transfer stands to the junction of its event. The order is that within an event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Side {
    /// From an account into the junction.
    Into,
    /// Out of the junction to an account.
    Out,
    /// From an account to an account.
    Between,
}

/// Kind, layers, asset and side of a transfer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Class {
    pub(crate) kind: TransferKind,
    pub(crate) layers: Layers,
    pub(crate) asset: AssetIdx,
    pub(crate) side: Side,
}

impl Class {
    /// Kind in the lowest six bits, layers in two, side in two; the asset in the highest sixteen.
    pub(super) fn pack(self) -> u32 {
        u32::from(self.kind.code())
            | u32::from(self.layers.bits()) << 6
            | (self.side as u32) << 8
            | self.asset.raw() << 16
    }
}

#[inline]
pub(super) fn kind(packed: u32) -> TransferKind {
    let [low, ..] = packed.to_le_bytes();
    TransferKind::from_code(low & 0x3f).expect("kinds were coded by the builder")
}

#[inline]
pub(super) fn layers(packed: u32) -> Layers {
    let [low, ..] = packed.to_le_bytes();
    Layers::from_bits(low >> 6).expect("layers were coded by the builder")
}

#[inline]
pub(super) const fn side(packed: u32) -> Side {
    match packed >> 8 & 3 {
        0 => Side::Into,
        1 => Side::Out,
        _ => Side::Between,
    }
}

#[inline]
pub(super) const fn asset(packed: u32) -> AssetIdx {
    AssetIdx::from_raw(packed >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_come_back() {
        for &kind in TransferKind::ALL {
            for layers in [Layers::CUSTODY, Layers::VALUE, Layers::BOTH] {
                for side in [Side::Into, Side::Out, Side::Between] {
                    for asset in [0, 1, 65_535].map(AssetIdx::from_raw) {
                        let class = Class {
                            kind,
                            layers,
                            asset,
                            side,
                        };
                        let packed = class.pack();
                        let found = (super::kind(packed), super::layers(packed));
                        assert_eq!(found, (kind, layers));
                        assert_eq!((super::side(packed), super::asset(packed)), (side, asset));
                    }
                }
            }
        }
    }
}
