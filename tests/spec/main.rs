//! What the whole system promises, from the outside: no network, no server, no account needed.

mod cli;
mod codes;
mod promises;
mod tidy;
