//! How to connect to a server: where it is, who we are, and how to come back after it was lost.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::{ConnectOptions, Event};
use tokio::sync::mpsc;

use crate::bus::Error;
use crate::bus::router::Dice;
use crate::bus::subscription::WAITING_MAX;

/// How long one attempt to connect may take.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How often the server is asked whether it is there; two questions may be without an answer.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How much the client takes before it has been sent.
const COMMANDS_MAX: usize = 2048;
/// The longest delay before the first attempt to connect again.
const DELAY_FIRST: Duration = Duration::from_millis(250);
/// The longest delay before any attempt.
const DELAY_MAX: Duration = Duration::from_secs(8);

/// How to connect.
#[derive(Clone)]
pub struct Settings {
    /// Where the servers are: `nats://host:port`, or `tls://`.
    pub servers: Vec<String>,
    /// What the server calls this connection in its lists.
    pub name: String,
    /// What the subjects of answers begin with; the server must let us listen there.
    pub inbox: String,
    /// Who we are, if it is not in the address.
    pub login: Option<Login>,
    /// A file with the certificates that the server's is signed by, if the system does not know them.
    /// With it, nothing is said in plain text.
    pub authorities: Option<PathBuf>,
    /// Files with a certificate of ours and its key, for a server that asks for one.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// How many messages the client keeps for each subscription until they are handed on.
    pub backlog: usize,
    /// What the delays between attempts follow from.
    pub seed: u64,
}

/// Who we are.
#[derive(Clone)]
pub enum Login {
    /// A secret alone.
    Token(String),
    /// A name and a secret.
    Password(String, String),
    /// The text of a credentials file.
    Credentials(String),
}

/// Addresses may have secrets in them, as logins have.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, inbox, authorities, .. } = self;
        let mut shown = f.debug_struct("Settings");
        shown.field("name", name).field("inbox", inbox).field("authorities", authorities);
        shown.finish_non_exhaustive()
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(..)")
    }
}

impl Settings {
    /// One server, without a login.
    #[must_use]
    pub fn to(server: impl Into<String>, name: impl Into<String>, seed: u64) -> Self {
        Self {
            servers: vec![server.into()],
            name: name.into(),
            inbox: "_INBOX".into(),
            login: None,
            authorities: None,
            certificate: None,
            backlog: WAITING_MAX,
            seed,
        }
    }

    /// The same for the client; what happens to the connection is told to `happens`.
    pub(super) fn options(self, happens: mpsc::Sender<Event>) -> Result<ConnectOptions, Error> {
        let (dice, begun) = (Dice::new(self.seed), AtomicBool::new(false));
        let options = match self.login {
            None => ConnectOptions::new(),
            Some(Login::Token(token)) => ConnectOptions::with_token(token),
            Some(Login::Password(user, secret)) => {
                ConnectOptions::with_user_and_password(user, secret)
            }
            Some(Login::Credentials(text)) => ConnectOptions::with_credentials(&text)
                .map_err(|error| Error::NotAllowed(format!("the credentials: {error}")))?,
        };
        let options = options
            .name(self.name)
            .custom_inbox_prefix(self.inbox)
            .connection_timeout(CONNECT_MAX)
            .ping_interval(PING_EVERY)
            .client_capacity(COMMANDS_MAX)
            .subscription_capacity(self.backlog.max(1))
            .reconnect_delay_callback(move |attempt| {
                match begun.swap(true, Ordering::Relaxed) {
                    // Nobody was cut off before the very first attempt.
                    false => Duration::ZERO,
                    true => delay(attempt, &dice),
                }
            })
            .event_callback(move |event| {
                let happens = happens.clone();
                async move {
                    // Whoever listened is gone when the connection is.
                    let _ = happens.send(event).await;
                }
            });
        let options = match self.certificate {
            Some((certificate, key)) => options.add_client_certificate(certificate, key),
            None => options,
        };
        Ok(match self.authorities {
            Some(file) => options.add_root_certificates(file).require_tls(true),
            None => options,
        })
    }
}

/// How long to wait before an attempt: anything up to a limit that doubles, so that those who were
/// cut off together do not come back together.
fn delay(attempt: usize, dice: &Dice) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    let limit = (DELAY_FIRST * 2_u32.pow(doublings)).min(DELAY_MAX);
    limit.mul_f64(dice.below(1001) as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(attempt: usize, clients: u64) -> Vec<Duration> {
        (0..clients).map(|seed| delay(attempt, &Dice::new(seed))).collect()
    }

    #[test]
    fn clients_that_were_cut_off_together_come_back_one_by_one() {
        for (attempt, limit) in [(1, DELAY_FIRST), (3, DELAY_FIRST * 4), (9, DELAY_MAX)] {
            let mut parts = [0; 10];
            for delay in delays(attempt, 500) {
                parts[(delay.as_micros() * 10 / limit.as_micros()).min(9) as usize] += 1;
            }
            for part in parts {
                assert!((20..=90).contains(&part), "attempt {attempt}: {parts:?}");
            }
        }
    }

    #[test]
    fn no_delay_is_longer_than_the_longest() {
        for attempt in [0, 1, 2, 5, 6, 30, usize::MAX] {
            assert!(delays(attempt, 100).iter().all(|delay| *delay <= DELAY_MAX), "{attempt}");
        }
    }

    #[test]
    fn a_login_is_not_shown() {
        let login = Login::Password("user".into(), "secret".into());
        assert!(!format!("{login:?}").contains("secret"));
        let settings = Settings::to("nats://user:secret@a", "b", 1);
        let settings = Settings { login: Some(login), ..settings };
        assert!(!format!("{settings:?}").contains("secret"));
    }
}
