-- Where those stand who read the log and act on it, and the events they could not deal with. What is
-- kept of a consumer never goes back, so that nothing is done again by one who lost it to another.
-- Of its parked events each cursor knows how many there are: a row that is not found is missed.

CREATE TABLE cursors (
    consumer  TEXT    PRIMARY KEY,
    position  INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    epoch     INTEGER NOT NULL,
    parked    INTEGER NOT NULL,
    checksum  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE parked (
    consumer TEXT    NOT NULL,
    position INTEGER NOT NULL,
    state    INTEGER NOT NULL,
    tries    INTEGER NOT NULL,
    why      TEXT    NOT NULL,
    since    INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (consumer, position)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER cursors_never_go_back BEFORE UPDATE ON cursors
WHEN NEW.consumer <> OLD.consumer OR NEW.position < OLD.position
BEGIN SELECT RAISE(ABORT, 'cursors never go back'); END;
CREATE TRIGGER cursors_cannot_be_deleted BEFORE DELETE ON cursors
BEGIN SELECT RAISE(ABORT, 'cursors cannot be deleted'); END;
