//! What a server is asked about what it keeps, in JSON.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use tokio::time::timeout;

use super::Shared;
use crate::bus::{Error, Message, Name};

/// How long the server may take to say what it keeps.
const PATIENCE: Duration = Duration::from_secs(5);
/// What the server says where it does not keep something.
const NOT_FOUND: u16 = 404;

/// A message as the server tells of it.
#[derive(Deserialize)]
pub(super) struct Kept {
    /// What is no text in it stands there as U+FFFD.
    pub(super) subject: String,
    #[serde(rename = "seq")]
    pub(super) number: u64,
    #[serde(default, rename = "hdrs")]
    headers: String,
}

impl Kept {
    /// Its headers, as they are kept.
    pub(super) fn headers(&self) -> Vec<u8> {
        BASE64.decode(self.headers.as_bytes()).unwrap_or_default()
    }
}

#[cfg(test)]
impl Kept {
    pub(super) fn given(subject: &str, headers: &[u8]) -> Self {
        Self { subject: subject.into(), number: 1, headers: BASE64.encode(headers) }
    }
}

#[derive(Deserialize)]
struct Found {
    message: Kept,
}

#[derive(Deserialize)]
struct Checked {
    error: Option<Refusal>,
}

/// Why the server does not do something.
#[derive(Deserialize)]
struct Refusal {
    code: u16,
    #[serde(default)]
    description: String,
}

/// Asks for something; nothing, if it is not there.
pub(super) async fn ask<T: DeserializeOwned>(
    shared: &Shared,
    subject: String,
    body: &Value,
) -> Result<Option<T>, Error> {
    let name = Name::new(subject).map_err(|error| Error::NotAllowed(error.to_string()))?;
    let message = Message::new(name.clone(), body.to_string());
    let asked = shared.ask(message, name.clone(), PATIENCE);
    let answer = timeout(PATIENCE, asked).await.unwrap_or(Err(Error::TimedOut(name, PATIENCE)))?;
    read(&answer.payload)
}

/// Reads what the server has answered.
pub(super) fn read<T: DeserializeOwned>(answer: &[u8]) -> Result<Option<T>, Error> {
    let odd = |error: serde_json::Error| Error::Unavailable(error.to_string());
    match serde_json::from_slice::<Checked>(answer).map_err(odd)?.error {
        Some(refusal) if refusal.code == NOT_FOUND => Ok(None),
        Some(refusal) => Err(Error::Unavailable(refusal.description)),
        None => serde_json::from_slice(answer).map(Some).map_err(odd),
    }
}

/// A message of a stream; nothing, if it is not there.
pub(super) async fn kept(
    shared: &Shared,
    stream: &str,
    which: &Value,
) -> Result<Option<Kept>, Error> {
    let subject = format!("$JS.API.STREAM.MSG.GET.{stream}");
    let found: Option<Found> = ask(shared, subject, which).await?;
    Ok(found.map(|found| found.message))
}

/// The same of a stream that is shared.
pub(super) async fn kept_at(
    shared: Arc<Shared>,
    stream: String,
    which: Value,
) -> Result<Option<Kept>, Error> {
    kept(&shared, &stream, &which).await
}

/// Has a message of a stream deleted.
pub(super) async fn delete(shared: &Shared, stream: &str, which: &Value) -> Result<(), Error> {
    let subject = format!("$JS.API.STREAM.MSG.DELETE.{stream}");
    match ask::<IgnoredAny>(shared, subject, which).await {
        // It is not there any more: that has another code here.
        Ok(_) | Err(Error::Unavailable(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
