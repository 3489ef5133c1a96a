-- A cache: losing it costs time, never truth.
CREATE TABLE IF NOT EXISTS snapshots (
    stream   TEXT PRIMARY KEY,
    snapshot BLOB NOT NULL
) STRICT, WITHOUT ROWID;
