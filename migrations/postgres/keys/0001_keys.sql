-- Keys, beside the log in a schema of their own and never in it. `subject` is an HMAC: these tables
-- name nobody. Whoever may read them can open what is sealed.

CREATE TABLE tenants (
    tenant text COLLATE "C" PRIMARY KEY,
    hash   bytea NOT NULL,
    wrap   bytea NOT NULL
);

CREATE TABLE subjects (
    tenant  text COLLATE "C" NOT NULL,
    subject bytea NOT NULL,
    key     bytea NOT NULL,
    nonce   bytea NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (tenant, subject),
    UNIQUE (tenant, key)
);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'annals_app') THEN
        GRANT USAGE ON SCHEMA annals_keys TO annals_app;
        GRANT SELECT ON ALL TABLES IN SCHEMA annals_keys TO annals_app;
        GRANT INSERT ON tenants, subjects TO annals_app;
        GRANT DELETE ON subjects TO annals_app;
    END IF;
END $$;
