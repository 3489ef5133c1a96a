//! What a client says about itself, and what the server says about itself.

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;
use serde_json::{Map, Value};

use super::Config;

/// The version of NATS that clients are told, to know what they may ask for.
pub const VERSION: &str = "2.12.0-embedded";
/// The newest protocol of clients.
const PROTOCOL_MAX: i64 = 1;

/// What a client says about itself. What it does not say is as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Connect {
    pub(super) verbose: bool,
    pub(super) pedantic: bool,
    pub(super) echo: bool,
    pub(super) headers: bool,
    pub(super) no_responders: bool,
    pub(super) protocol: i64,
    pub(super) user: Option<String>,
    pub(super) pass: Option<String>,
    pub(super) auth_token: Option<String>,
    pub(super) account: Option<String>,
    pub(super) name: Option<String>,
    pub(super) lang: Option<String>,
    pub(super) version: Option<String>,
}

impl Default for Connect {
    fn default() -> Self {
        Self {
            verbose: true,
            pedantic: true,
            echo: true,
            headers: false,
            no_responders: false,
            protocol: 0,
            user: None,
            pass: None,
            auth_token: None,
            account: None,
            name: None,
            lang: None,
            version: None,
        }
    }
}

/// Values of a JSON object, by names in any case. A value of another type makes no sense.
struct Values(Map<String, Value>);

impl Values {
    fn take<T>(&self, name: &str, read: impl Fn(&Value) -> Option<T>) -> Option<Option<T>> {
        let of_name = self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        match of_name.map(|(_, value)| value) {
            None | Some(Value::Null) => Some(None),
            Some(value) => read(value).map(Some),
        }
    }

    fn set<T>(&self, name: &str, place: &mut T, read: impl Fn(&Value) -> Option<T>) -> Option<()> {
        if let Some(value) = self.take(name, read)? {
            *place = value;
        }
        Some(())
    }
}

/// A text that says something.
#[expect(clippy::option_option, reason = "a text of another type is not the same as an empty one")]
fn text(value: &Value) -> Option<Option<String>> {
    let text = value.as_str()?;
    Some((!text.is_empty()).then(|| text.to_owned()))
}

/// The object that stands there; `null` is one without values.
fn object(json: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_str(&String::from_utf8_lossy(json)).ok()? {
        Value::Object(object) => Some(object),
        Value::Null => Some(Map::new()),
        _ => None,
    }
}

/// Whether this is what servers say to each other, which nobody reads here.
pub(super) fn is_info(json: &[u8]) -> bool {
    object(json).is_some()
}

impl Connect {
    /// Learns what the client says; fails where it makes no sense.
    pub(super) fn learn(&mut self, json: &[u8]) -> Option<()> {
        let values = Values(object(json)?);
        values.set("verbose", &mut self.verbose, Value::as_bool)?;
        values.set("pedantic", &mut self.pedantic, Value::as_bool)?;
        values.set("echo", &mut self.echo, Value::as_bool)?;
        values.set("headers", &mut self.headers, Value::as_bool)?;
        values.set("no_responders", &mut self.no_responders, Value::as_bool)?;
        values.set("protocol", &mut self.protocol, Value::as_i64)?;
        values.set("user", &mut self.user, text)?;
        values.set("pass", &mut self.pass, text)?;
        values.set("auth_token", &mut self.auth_token, text)?;
        values.set("account", &mut self.account, text)?;
        values.set("name", &mut self.name, text)?;
        values.set("lang", &mut self.lang, text)?;
        values.set("version", &mut self.version, text)
    }

    /// What it must not ask for.
    pub(super) fn complaint(&self) -> Option<&'static str> {
        if !(0..=PROTOCOL_MAX).contains(&self.protocol) {
            return Some("invalid client protocol");
        }
        (self.no_responders && !self.headers).then_some("no responders requires headers support")
    }

    /// Whether it understands what the server says about itself later.
    pub(super) fn hears_info(&self) -> bool {
        self.protocol >= 1
    }
}

/// What the server says about itself.
#[derive(Debug, Serialize)]
pub(super) struct Info<'a> {
    server_id: &'a str,
    server_name: &'a str,
    version: &'static str,
    proto: u8,
    go: &'static str,
    host: IpAddr,
    port: u16,
    headers: bool,
    #[serde(skip_serializing_if = "is_not")]
    auth_required: bool,
    #[serde(skip_serializing_if = "is_not")]
    tls_required: bool,
    #[serde(skip_serializing_if = "is_not")]
    tls_verify: bool,
    max_payload: usize,
    jetstream: bool,
    client_id: u64,
    client_ip: IpAddr,
    #[serde(skip_serializing_if = "is_not")]
    ldm: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_not(value: &bool) -> bool {
    !value
}

impl Info<'_> {
    /// The line for one client.
    pub(super) fn line(
        id: &str,
        config: &Config,
        address: SocketAddr,
        client: (u64, IpAddr),
        ldm: bool,
    ) -> Vec<u8> {
        let info = Info {
            server_id: id,
            server_name: config.name.as_deref().unwrap_or(id),
            version: VERSION,
            proto: 1,
            go: "",
            host: address.ip(),
            port: address.port(),
            headers: true,
            auth_required: config.access.is_guarded(),
            tls_required: config.tls.is_some(),
            tls_verify: config.tls.as_ref().is_some_and(|tls| tls.verifies),
            max_payload: config.payload_max,
            jetstream: false,
            client_id: client.0,
            client_ip: client.1,
            ldm,
        };
        let json = serde_json::to_vec(&info).expect("texts and numbers are JSON");
        [b"INFO ", &json[..], b" \r\n"].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_stays_as_it_was() {
        let mut client = Connect::default();
        assert!(client.verbose && client.pedantic && client.echo && !client.headers);
        client.learn(br#"{"verbose":false,"ECHO":false,"x":[1],"name":null}"#).expect("JSON");
        client.learn(b"null").expect("JSON");
        assert!(!client.verbose && client.pedantic && !client.echo);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for json in [
            "",
            "{",
            "[]",
            "1",
            "{} x",
            r#"{"verbose":"x"}"#,
            r#"{"protocol":1.0}"#,
            r#"{"user":1}"#,
        ] {
            assert_eq!(Connect::default().learn(json.as_bytes()), None, "{json}");
        }
    }
}
