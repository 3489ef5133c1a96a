-- The guard against replaced events says FAIL where it said ABORT. Whatever may abort in the middle makes
-- SQLite keep a journal of its own for every statement, copies of pages in 64 KiB of memory; a statement
-- that enters one row has nothing to take back.

DROP TRIGGER events_cannot_be_replaced;
CREATE TRIGGER events_cannot_be_replaced BEFORE INSERT ON events
WHEN NEW.position <= (SELECT position FROM log)
BEGIN SELECT RAISE(FAIL, 'events cannot be replaced'); END;
