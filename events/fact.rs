//! A fact: something a publisher says has happened elsewhere. No one decides about facts; they are
//! recorded once per (source, id), and the payload is the CloudEvent exactly as it was received.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::WireType;
use crate::content::Json;
use crate::words::words;

/// The wire type of every fact.
pub const RECORDED: WireType = WireType { name: "fact.recorded", schema: 1 };

words! {
    /// The only thing that happens to a source of facts.
    FactEvent of "fact" {
        /// It said something.
        Recorded(CloudEvent) = RECORDED,
    }
}

/// A CloudEvent in its structured JSON form. Attributes not named here stay in the stored payload.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct CloudEvent {
    /// The version of the specification.
    pub specversion: String,
    /// Unique together with the source.
    pub id: String,
    /// Who says so.
    pub source: String,
    /// What kind of thing happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened, if the source says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// What about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The media type of the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datacontenttype: Option<String>,
    /// The data itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Json>,
}
