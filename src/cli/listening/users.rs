//! The file that says who may come in.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use events::bus::listener::Access;
use events::bus::listener::access::{AllowResponses, Permissions, Rules, Secret, User};
use events::bus::{Origin, Pattern};
use events::id::{Principal, Tenant, main_tenant};
use serde::{Deserialize, Deserializer};

use crate::cli::problem::Problem;
use crate::cli::remote::read as read_text;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    user: String,
    password: String,
    /// Whose data it works with.
    #[serde(default = "main_tenant")]
    tenant: Tenant,
    #[serde(default)]
    publish: Subjects,
    #[serde(default)]
    subscribe: Subjects,
    allow_responses: Option<Responses>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subjects {
    // Nothing said is everything, so `null` has to be nothing that can be said.
    #[serde(default, deserialize_with = "said")]
    allow: Option<Vec<String>>,
    #[serde(default)]
    deny: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Responses {
    max: Option<u32>,
    expires_ms: Option<u64>,
}

fn said<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Vec<String>>, D::Error> {
    Vec::deserialize(value).map(Some)
}

/// The users of a file.
pub(super) fn read(file: &Path) -> Result<Access, Problem> {
    parse(&read_text(file)?).map_err(|what| Problem::UsersUnusable { path: file.into(), what })
}

fn parse(text: &str) -> Result<Access, String> {
    let entries: Vec<Entry> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut users: Vec<User> = Vec::new();
    for entry in entries {
        let user = entry.user()?;
        if users.iter().any(|known| known.name == user.name) {
            return Err(format!("the user {:?} is there twice", user.name));
        }
        users.push(user);
    }
    match users.is_empty() {
        true => Err("nobody is in it".into()),
        false => Ok(Access::Users(users)),
    }
}

impl Entry {
    fn user(self) -> Result<User, String> {
        if self.user.is_empty() {
            return Err("a user has no name".into());
        }
        self.permitted().map_err(|what| format!("the user {:?}{what}", self.user))
    }

    fn permitted(&self) -> Result<User, String> {
        if self.password.is_empty() {
            return Err(" has no password".into());
        }
        let never =
            |responses: &Responses| responses.max == Some(0) || responses.expires_ms == Some(0);
        if self.allow_responses.as_ref().is_some_and(never) {
            return Err(": allow_responses lets it answer never; leave it out for that".into());
        }
        let allow_responses = self.allow_responses.as_ref().map(|responses| {
            let usual = AllowResponses::default();
            AllowResponses {
                max: responses.max.unwrap_or(usual.max),
                expires: responses.expires_ms.map_or(usual.expires, Duration::from_millis),
            }
        });
        let permissions = Permissions {
            publish: self.publish.rules().map_err(|what| format!(", publish: {what}"))?,
            subscribe: self.subscribe.rules().map_err(|what| format!(", subscribe: {what}"))?,
            allow_responses,
        };
        let password = Secret::new(&self.password);
        let name = self.user.clone();
        Ok(User { name, password, permissions: Arc::new(permissions), origin: self.origin()? })
    }

    fn origin(&self) -> Result<Arc<Origin>, String> {
        let principal = Principal::new(&self.user).map_err(|_| " has a name that is no name")?;
        if self.tenant.as_str().starts_with('_') {
            return Err(": tenants that begin with `_` are reserved".into());
        }
        Ok(Arc::new(Origin { tenant: self.tenant.clone(), principal }))
    }
}

impl Subjects {
    fn rules(&self) -> Result<Rules, String> {
        let patterns = |texts: &Vec<String>| {
            let parsed = texts.iter().map(|text| text.parse::<Pattern>());
            parsed.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())
        };
        let allow = self.allow.as_ref().map(patterns).transpose()?;
        Ok(Rules { allow, deny: patterns(&self.deny)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_read_with_what_they_may_do() {
        let text = r#"[{"user":"a","password":"x","publish":{"allow":["a.>"],"deny":["a.b"]},
            "allow_responses":{"max":2}}, {"user":"b","password":"y"}]"#;
        let Ok(Access::Users(users)) = parse(text) else { panic!("it has users") };
        let permissions = &users[0].permissions;
        assert_eq!(permissions.publish.allow, Some(vec!["a.>".parse().expect("a pattern")]));
        assert_eq!(permissions.allow_responses.map(|allowed| allowed.max), Some(2));
        assert!(users[1].permissions.publish.allow.is_none(), "nothing said is everything");
    }

    #[test]
    fn what_lets_in_the_wrong_ones_is_refused() {
        for text in [
            "",
            "[]",
            r#"[{"user":"a"}]"#,
            r#"[{"user":"a","password":""}]"#,
            r#"[{"user":"a","password":"x","publsh":{}}]"#,
            r#"[{"user":"a","password":"x","publish":{"allow":["a..b"]}}]"#,
            r#"[{"user":"a","password":"x"},{"user":"a","password":"y"}]"#,
            r#"[{"user":"","password":"x"}]"#,
            r#"[{"user":"a","password":"x","publish":{"allow":null}}]"#,
            r#"[{"user":"a","password":"x","publish":null}]"#,
            r#"[{"user":"a","password":"x","allow_responses":{"max":0}}]"#,
            r#"[{"user":"a","password":"x","allow_responses":{"expires_ms":0}}]"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn whose_subjects_are_wrong_is_said() {
        let text = r#"[{"user":"ada","password":"x","subscribe":{"deny":["a..b"]}}]"#;
        let what = parse(text).err().expect("it is refused");
        assert!(what.starts_with("the user \"ada\", subscribe: "), "{what}");
    }
}
