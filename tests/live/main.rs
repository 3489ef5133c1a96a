//! What the whole system promises on real parts: a PostgreSQL server that `tests/run` has started.
//! Nothing here is skipped: a part that is missing fails the test that needs it.

mod postgres;
