//! placeholder
pub mod given;
