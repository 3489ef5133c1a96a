//! What the whole system promises on real parts: a PostgreSQL server and a NATS server that `tests/run` has started.
//! Nothing here is skipped: a part that is missing fails the test that needs it.

mod bus;
mod postgres;
mod schema;
mod serve;
