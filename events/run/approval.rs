//! What waits for someone to agree. What is agreed to is the action byte for byte: its hash goes with
//! the question and must come back with the answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chain::EventHash;
use crate::content::Content;
use crate::id::{Principal, StageName};
use crate::time::Timestamp;

/// A stage waits for someone to agree.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ApprovalAsked {
    /// The stage.
    pub stage: StageName,
    /// How often it began before, from 0.
    pub turn: u16,
    /// What would be done.
    pub action: Content,
    /// The hash of all that would be done.
    pub hash: EventHash,
    /// Who may agree; anyone of the tenant, if nobody is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub who: Vec<Principal>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When it was decided.
    pub at: Timestamp,
}

/// Someone agreed.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Approved {
    /// The stage.
    pub stage: StageName,
    /// Its turn.
    pub turn: u16,
    /// The hash of what they saw.
    pub hash: EventHash,
    /// Who.
    pub by: Principal,
    /// What they say about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// When it was decided.
    pub at: Timestamp,
}

/// Someone did not agree.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Disapproved {
    /// The stage.
    pub stage: StageName,
    /// Its turn.
    pub turn: u16,
    /// The hash of what they saw.
    pub hash: EventHash,
    /// Who.
    pub by: Principal,
    /// Why.
    pub reason: String,
    /// When it was decided.
    pub at: Timestamp,
}
