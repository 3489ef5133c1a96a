//! The events of a category, listed once. The wire types stand above the list, written by hand: a
//! name in Rust may change, a name on disk never does.

/// Makes the enum of a category's events, and what reads, writes and describes them. Each line is an
/// event, what it carries, and its wire type.
macro_rules! words {
    (
        $(#[$about:meta])*
        $name:ident of $category:literal {
            $($(#[$what:meta])* $event:ident($carries:ty) = $wire:ident,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$what])* $event($carries),)+
        }

        impl $crate::codec::Words for $name {
            const CATEGORY: &'static str = $category;
            const TYPES: &'static [$crate::codec::WireType] = &[$($wire),+];

            fn wire_type(&self) -> $crate::codec::WireType {
                match self {
                    $(Self::$event(_) => $wire,)+
                }
            }

            fn payload(&self) -> Vec<u8> {
                match self {
                    $(Self::$event(event) => $crate::codec::write(event),)+
                }
            }

            fn read(
                name: &str,
                payload: $crate::codec::Payload<'_>,
            ) -> Result<Self, $crate::codec::Error> {
                match name {
                    $(n if n == $wire.name => payload.as_type(n).map(Self::$event),)+
                    n => Err($crate::codec::Error::UnknownType(n.into())),
                }
            }
        }

        impl $crate::shape::Shaped for $name {
            fn shape(name: &str) -> Option<$crate::shape::ShapeOf> {
                match name {
                    $(n if n == $wire.name => {
                        Some(<$carries as schemars::JsonSchema>::json_schema)
                    })+
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use words;
