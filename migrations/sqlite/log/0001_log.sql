-- The log in one file. Facts are only ever inserted; what moves on is in `heads`, `log` and `epochs`.
-- Every row carries a checksum over its columns, so that a damaged one is told from a whole one.

CREATE TABLE log (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    log_id      BLOB    NOT NULL,
    position    INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    outcomes    INTEGER NOT NULL,
    checksum    INTEGER NOT NULL
) STRICT;

CREATE TABLE streams (
    stream   INTEGER PRIMARY KEY,
    tenant   TEXT    NOT NULL,
    category TEXT    NOT NULL,
    key      TEXT    NOT NULL,
    checksum INTEGER NOT NULL,
    UNIQUE (tenant, category, key)
) STRICT;

CREATE TABLE heads (
    stream   INTEGER PRIMARY KEY,
    version  INTEGER NOT NULL,
    hash     BLOB    NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream   INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    hash     BLOB    NOT NULL,
    header   BLOB    NOT NULL,
    payload  BLOB    NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX events_by_stream ON events (stream, version);

CREATE TABLE outcomes (
    tenant      TEXT    NOT NULL,
    command     BLOB    NOT NULL,
    request     BLOB    NOT NULL,
    stream      INTEGER NOT NULL,
    verdict     INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    events      INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    code        TEXT    NOT NULL,
    message     TEXT    NOT NULL,
    checksum    INTEGER NOT NULL,
    PRIMARY KEY (tenant, command)
) STRICT, WITHOUT ROWID;

-- Those that led to events are found by them.
CREATE INDEX outcomes_without_events ON outcomes (position, tenant, command) WHERE events = 0;

CREATE TABLE blobs (
    tenant     TEXT    NOT NULL,
    hash       BLOB    NOT NULL,
    media_type TEXT    NOT NULL,
    position   INTEGER NOT NULL,
    bytes      BLOB    NOT NULL,
    checksum   INTEGER NOT NULL,
    PRIMARY KEY (tenant, hash)
) STRICT;

CREATE INDEX blobs_by_position ON blobs (position, tenant, hash);

CREATE TABLE epochs (
    partition INTEGER PRIMARY KEY,
    epoch     INTEGER NOT NULL,
    checksum  INTEGER NOT NULL
) STRICT;

-- Which events came from another log, and where they stood there.
CREATE TABLE imports (
    first        INTEGER NOT NULL,
    last         INTEGER NOT NULL,
    source       BLOB    NOT NULL,
    source_first INTEGER NOT NULL,
    adopted      INTEGER NOT NULL,
    checksum     INTEGER NOT NULL,
    PRIMARY KEY (first, source)
) STRICT, WITHOUT ROWID;

-- What happened cannot be changed: not by this program, and not by a slip of another one.
CREATE TRIGGER events_cannot_change BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events cannot be changed'); END;
CREATE TRIGGER events_cannot_be_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events cannot be deleted'); END;
CREATE TRIGGER events_cannot_be_replaced BEFORE INSERT ON events
WHEN NEW.position <= (SELECT position FROM log)
BEGIN SELECT RAISE(ABORT, 'events cannot be replaced'); END;
CREATE TRIGGER outcomes_cannot_change BEFORE UPDATE ON outcomes
BEGIN SELECT RAISE(ABORT, 'outcomes cannot be changed'); END;
CREATE TRIGGER outcomes_cannot_be_deleted BEFORE DELETE ON outcomes
BEGIN SELECT RAISE(ABORT, 'outcomes cannot be deleted'); END;
CREATE TRIGGER streams_cannot_change BEFORE UPDATE ON streams
BEGIN SELECT RAISE(ABORT, 'streams cannot be changed'); END;
CREATE TRIGGER streams_cannot_be_deleted BEFORE DELETE ON streams
BEGIN SELECT RAISE(ABORT, 'streams cannot be deleted'); END;
CREATE TRIGGER blobs_cannot_change BEFORE UPDATE ON blobs
BEGIN SELECT RAISE(ABORT, 'blobs cannot be changed'); END;
CREATE TRIGGER blobs_cannot_be_deleted BEFORE DELETE ON blobs
BEGIN SELECT RAISE(ABORT, 'blobs cannot be deleted'); END;
CREATE TRIGGER imports_cannot_be_deleted BEFORE DELETE ON imports
BEGIN SELECT RAISE(ABORT, 'imports cannot be deleted'); END;
CREATE TRIGGER imports_only_grow BEFORE UPDATE ON imports
WHEN (NEW.first, NEW.source, NEW.source_first, NEW.adopted) <> (OLD.first, OLD.source, OLD.source_first, OLD.adopted)
    OR NEW.last < OLD.last
BEGIN SELECT RAISE(ABORT, 'imports only grow'); END;
