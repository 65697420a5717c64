//! Dense ids of one index. They never reach a report: an account key or a locator does.

macro_rules! dense_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(transparent)]
        pub struct $name(u32);

        impl $name {
            /// The id at position `idx`.
            ///
            /// # Panics
            /// If `idx` is above 2³² − 2; builders check their counts before they make ids.
            #[inline]
            pub fn new(idx: usize) -> Self {
                assert!(idx < u32::MAX as usize, concat!(stringify!($name), " beyond 2^32 - 2"));
                Self(u32::try_from(idx).expect("checked against u32::MAX above"))
            }

            /// The id with this raw value.
            #[inline]
            pub const fn from_raw(raw: u32) -> Self {
                Self(raw)
            }

            /// The raw value, as it is stored.
            #[inline]
            pub const fn raw(self) -> u32 {
                self.0
            }

            /// The position in a column.
            #[inline]
            pub const fn idx(self) -> usize {
                self.0 as usize
            }
        }
    };
}

dense_id! {
    /// A node: an account, or the junction of an event.
    NodeIdx
}
dense_id! {
    /// A transfer. Ids ascend in the total order of the record (`tracing.md` rule 1).
    TransferIdx
}
dense_id! {
    /// An event. Ids ascend in the total order of the record.
    EventIdx
}
dense_id! {
    /// An asset of one index.
    AssetIdx
}
