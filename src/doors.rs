//! The doors: each reads what is asked, has it done, and says what became of it. There are no rules
//! here: two doors that are asked the same give the same answer.

pub mod answer;
pub mod asyncapi;
pub mod nats;
