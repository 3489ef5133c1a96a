//! What is recorded and said, as JSON Schema: made of the same types that write and read it, for those
//! who write programs in other languages.

use schemars::{Schema, SchemaGenerator};

use crate::codec::Words;

/// Makes the shape of a type.
pub type ShapeOf = fn(&mut SchemaGenerator) -> Schema;

/// Events whose payloads are told to everyone.
pub trait Shaped: Words {
    /// The shape of a payload in its newest schema; `name` is one of [`Words::TYPES`].
    fn shape(name: &str) -> Option<ShapeOf>;
}

/// A value that stands where it is used, without a name of its own.
macro_rules! inline_shape {
    ($name:ty, $as:literal, $shape:tt) => {
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                $as.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($shape)
            }
        }
    };
}

pub(crate) use inline_shape;
