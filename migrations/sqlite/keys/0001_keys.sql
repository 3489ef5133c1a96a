-- Keys, beside the log and never in it. `subject` is an HMAC: this file names nobody.

CREATE TABLE tenants (
    tenant TEXT PRIMARY KEY,
    hash   BLOB NOT NULL,
    wrap   BLOB NOT NULL
) STRICT;

CREATE TABLE subjects (
    tenant  TEXT NOT NULL,
    subject BLOB NOT NULL,
    key     BLOB NOT NULL,
    nonce   BLOB NOT NULL,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (tenant, subject),
    UNIQUE (tenant, key)
) STRICT;
