//! Connections, and the proof that each is as safe as it must be: a server can be set up to
//! acknowledge before it has written, and then it is refused.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Executor};

use super::failure;
use crate::store::Error;

/// The oldest server that is known to be right.
pub const POSTGRES_OLDEST: i32 = 150_000;
/// The role that may read the tables and call the functions, and nothing else.
pub(super) const ROLE: &str = "annals_app";
/// How many connections read at once.
pub(super) const READERS: u32 = 4;
/// How long a connection may take to be made.
const CONNECTING: Duration = Duration::from_secs(5);

/// Where the log is, with everything set that every connection needs.
#[derive(Debug, Clone)]
pub(super) struct Place {
    options: PgConnectOptions,
}

impl Place {
    /// Reads a URL such as `postgres://user:password@host:5432/database`.
    pub(super) fn of(url: &str) -> Result<Self, Error> {
        let wrong = |error: sqlx::Error| Error::Unavailable(format!("the store's URL: {error}"));
        let options: PgConnectOptions = url.parse().map_err(wrong)?;
        // Whoever waits for a lock is told before long, and nothing of ours is ever left open.
        let settings = [
            ("lock_timeout", "2s"),
            ("idle_in_transaction_session_timeout", "5s"),
            ("statement_timeout", "60s"),
            ("synchronous_commit", "on"),
        ];
        let options =
            options.application_name("annals").options(settings).disable_statement_logging();
        Ok(Self { options })
    }

    /// The place without its password, for messages.
    pub(super) fn name(&self) -> String {
        let database = self.options.get_database().unwrap_or_else(|| self.options.get_username());
        let host = match self.options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => self.options.get_host().to_owned(),
        };
        format!("postgres://{host}:{}/{database}", self.options.get_port())
    }

    /// Connects as whoever the URL names.
    pub(super) async fn connect(&self) -> Result<PgConnection, Error> {
        let connected = tokio::time::timeout(CONNECTING, self.options.connect()).await;
        let connected = connected.map_err(|_| {
            Error::Unavailable(format!("{} does not answer within 5 s", self.name()))
        })?;
        connected.map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, error: &sqlx::Error) -> Error {
        Error::Unavailable(format!("cannot connect to {}: {error}", self.name()))
    }

    /// Connects to append: as the role that may do nothing else, on a server that keeps its word.
    pub(super) async fn writer(&self) -> Result<PgConnection, Error> {
        let mut connection = self.connect().await?;
        check(&mut connection, false).await?;
        step_down(&mut connection).await.map_err(failure::of)?;
        Ok(connection)
    }

    /// Connections that can only read.
    pub(super) fn readers(&self, most: u32) -> PgPool {
        let options = self.options.clone().options([("default_transaction_read_only", "on")]);
        Self { options }.pool(most)
    }

    /// Connections that may do what the program's role may, made when they are needed.
    pub(super) fn pool(&self, most: u32) -> PgPool {
        PgPoolOptions::new()
            .max_connections(most)
            .acquire_timeout(CONNECTING)
            .after_connect(|connection, _| Box::pin(step_down(connection)))
            .connect_lazy_with(self.options.clone())
    }
}

/// From here on the connection may do only what the program needs, whoever opened it.
async fn step_down(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let member = "SELECT coalesce((SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = $1), false)";
    if sqlx::query_scalar::<_, bool>(member).bind(ROLE).fetch_one(&mut *connection).await? {
        connection.execute("SET ROLE annals_app").await?;
    }
    Ok(())
}

/// Refuses a server that is too old, a copy, or one that may lose what it acknowledged.
async fn check(connection: &mut PgConnection, reading: bool) -> Result<(), Error> {
    let select = "SELECT current_setting('server_version_num')::int, pg_is_in_recovery(),
                  current_setting('fsync'), current_setting('full_page_writes'),
                  current_setting('synchronous_commit'), current_setting('server_encoding')";
    let (version, copy, fsync, pages, commit, encoding): (
        i32,
        bool,
        String,
        String,
        String,
        String,
    ) = sqlx::query_as(select).fetch_one(connection).await.map_err(failure::of)?;
    let refuse = |what: String| Err(Error::Unsafe(what));
    if version < POSTGRES_OLDEST {
        return refuse(format!("PostgreSQL {} is older than 15", version / 10_000));
    }
    if encoding != "UTF8" {
        return refuse(format!("the database's encoding is {encoding}, it must be UTF8"));
    }
    if reading {
        return Ok(());
    }
    if copy {
        return refuse("the server is a copy of another one and takes no writes".into());
    }
    let settings = [("fsync", fsync, &["on"][..]), ("full_page_writes", pages, &["on"][..])];
    let commits = ("synchronous_commit", commit, &["on", "remote_apply"][..]);
    for (name, found, wanted) in settings.into_iter().chain([commits]) {
        if !wanted.contains(&found.as_str()) {
            return refuse(format!(
                "the server's setting `{name}` is {found}, it must be {}",
                wanted[0]
            ));
        }
    }
    Ok(())
}
