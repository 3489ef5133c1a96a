//! Workers that do not do what is hoped for, and what becomes of the tasks they had.

mod answers;
mod leases;
mod times;
mod watching;
