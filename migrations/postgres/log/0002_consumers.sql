-- Where those stand who read the log and act on it, and the events they could not deal with. What is
-- kept of a consumer never goes back, so that nothing is done again by one who lost it to another.

CREATE TABLE cursors (
    consumer  text COLLATE "C" PRIMARY KEY,
    position  bigint  NOT NULL,
    partition integer NOT NULL,
    epoch     bigint  NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE parked (
    consumer text COLLATE "C" NOT NULL,
    position bigint   NOT NULL,
    state    smallint NOT NULL,
    tries    bigint   NOT NULL,
    why      text     NOT NULL,
    since    bigint   NOT NULL,
    PRIMARY KEY (consumer, position)
);

CREATE TRIGGER cursors_never_go_back BEFORE UPDATE ON cursors FOR EACH ROW
    WHEN (NEW.consumer <> OLD.consumer OR NEW.position < OLD.position)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cursors_cannot_be_deleted BEFORE DELETE OR TRUNCATE ON cursors
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Keeps what saves say, behind the appends of the same batch, under the lock on the log that they
-- took. One row for each of them, with its number below 0: in `verdict` 0 it is kept, 1 the consumer
-- stands further on already, at `position`, 2 the log ends before a place that it names, at
-- `position`, 3 it has another owner, of this `epoch`.
CREATE FUNCTION append_and_save(
    log bytea, stamp bigint,
    -- As `append_batch` takes them.
    tenants text[], categories text[], keys text[],
    expected bigint[], base_versions bigint[], base_hashes bytea[],
    last_versions bigint[], last_hashes bytea[],
    commands bytea[], requests bytea[], parts integer[], owners bigint[],
    verdicts smallint[], counts integer[], codes text[], messages text[], sums bigint[],
    event_appends integer[], event_places integer[],
    event_hashes bytea[], headers bytea[], payloads bytea[], event_sums bigint[],
    blob_appends integer[], blob_hashes bytea[], blob_types text[], blob_bytes bytea[],
    -- One of each for a save.
    consumers text[], cursor_places bigint[], cursor_parts integer[], cursor_epochs bigint[],
    -- One of each for an event that is not parked any more: of which save.
    settled_saves integer[], settled_places bigint[],
    -- One of each for an event that is parked: of which save.
    parked_saves integer[], parked_places bigint[], parked_states smallint[],
    parked_tries bigint[], parked_whys text[], parked_times bigint[]
) RETURNS TABLE (
    number integer, "position" bigint, floor bigint,
    epoch bigint, head_version bigint, head_hash bytea,
    request bytea, tenant text, category text, key text, verdict smallint, "at" bigint,
    version bigint, events integer, recorded_at bigint, code text, message text, checksum bigint
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = annals, pg_temp SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    head      log%ROWTYPE;
    owned     bigint;
    stands    bigint;
    is_within boolean;
    saved     smallint;
BEGIN
    RETURN QUERY SELECT * FROM append_batch(
        log, stamp, tenants, categories, keys, expected, base_versions, base_hashes, last_versions,
        last_hashes, commands, requests, parts, owners, verdicts, counts, codes, messages, sums,
        event_appends, event_places, event_hashes, headers, payloads, event_sums,
        blob_appends, blob_hashes, blob_types, blob_bytes);
    SELECT * INTO STRICT head FROM log;
    -- Then the batch came back as it was.
    IF log <> head.log_id OR stamp < head.recorded_at THEN
        RETURN;
    END IF;
    FOR n IN 1 .. cardinality(consumers) LOOP
        SELECT max(e.epoch) INTO owned FROM epochs e WHERE e.partition = cursor_parts[n];
        SELECT max(c.position) INTO stands FROM cursors c WHERE c.consumer = consumers[n];
        SELECT cursor_places[n] <= head.position
               AND coalesce(bool_and(i.place BETWEEN 1 AND head.position), true)
        INTO is_within
        FROM unnest(parked_saves, parked_places) AS i(save, place) WHERE i.save = n;
        saved := CASE WHEN cursor_epochs[n] <> coalesce(owned, 0) THEN 3
                      WHEN cursor_places[n] < stands THEN 1
                      WHEN NOT is_within THEN 2
                      ELSE 0 END;
        IF saved = 0 THEN
            INSERT INTO cursors (consumer, position, partition, epoch)
            VALUES (consumers[n], cursor_places[n], cursor_parts[n], cursor_epochs[n])
            ON CONFLICT (consumer) DO UPDATE SET position = excluded.position,
                partition = excluded.partition, epoch = excluded.epoch;
            DELETE FROM parked p USING unnest(settled_saves, settled_places) AS i(save, place)
            WHERE i.save = n AND p.consumer = consumers[n] AND p.position = i.place;
            INSERT INTO parked (consumer, position, state, tries, why, since)
            SELECT consumers[n], i.place, i.state, i.tries, i.why, i.since
            FROM unnest(parked_saves, parked_places, parked_states, parked_tries, parked_whys,
                        parked_times) AS i(save, place, state, tries, why, since)
            WHERE i.save = n
            ON CONFLICT (consumer, position) DO UPDATE SET state = excluded.state,
                tries = excluded.tries, why = excluded.why, since = excluded.since;
        END IF;
        RETURN QUERY SELECT -n, CASE saved WHEN 1 THEN stands ELSE head.position END, 0::bigint,
                            coalesce(owned, 0), 0::bigint, ''::bytea,
                            NULL::bytea, NULL, NULL, NULL, saved, NULL::bigint,
                            NULL::bigint, NULL::integer, NULL::bigint, NULL, NULL, NULL::bigint;
    END LOOP;
END $$;

-- Takes all partitions over. The lock on the log keeps out an append that has read an old epoch.
CREATE FUNCTION claim_all() RETURNS TABLE (partition integer, epoch bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = annals, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM 1 FROM log FOR UPDATE;
    RETURN QUERY
    INSERT INTO epochs (partition, epoch) SELECT n, 1 FROM generate_series(0, 1023) AS n
    ON CONFLICT (partition) DO UPDATE SET epoch = epochs.epoch + 1
    RETURNING partition, epoch;
END $$;

REVOKE ALL ON FUNCTION append_and_save, claim_all FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'annals_app') THEN
        GRANT SELECT ON cursors, parked TO annals_app;
        GRANT EXECUTE ON FUNCTION append_and_save, claim_all TO annals_app;
    END IF;
END $$;
