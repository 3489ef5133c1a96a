-- The log in PostgreSQL, in the schema `annals`. Facts are only ever inserted; what moves on is in
-- `heads`, `log` and `epochs`, and all of it only through the functions below: a program that runs
-- as `annals_app` may read the tables and call the functions, and nothing else.

CREATE TABLE log (
    one         integer PRIMARY KEY CHECK (one = 1),
    log_id      bytea  NOT NULL,
    position    bigint NOT NULL,
    recorded_at bigint NOT NULL,
    outcomes    bigint NOT NULL,
    streams     bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log VALUES (1, uuid_send(gen_random_uuid()), 0, 0, 0, 0);

CREATE TABLE streams (
    stream   bigint PRIMARY KEY,
    tenant   text COLLATE "C" NOT NULL,
    category text COLLATE "C" NOT NULL,
    key      text COLLATE "C" NOT NULL,
    UNIQUE (tenant, category, key)
);

CREATE TABLE heads (
    stream  bigint PRIMARY KEY,
    version bigint NOT NULL,
    hash    bytea  NOT NULL
) WITH (fillfactor = 60);

-- A checksum is made by the program over everything but the position, which is mixed in here: a row
-- that changed and a row that moved are both told from a whole one.
CREATE TABLE events (
    position bigint PRIMARY KEY,
    stream   bigint NOT NULL,
    version  bigint NOT NULL,
    hash     bytea  NOT NULL,
    header   bytea  NOT NULL,
    payload  bytea  NOT NULL,
    checksum bigint NOT NULL
);
CREATE UNIQUE INDEX events_by_stream ON events (stream, version);

CREATE TABLE outcomes (
    tenant      text COLLATE "C" NOT NULL,
    command     bytea    NOT NULL,
    request     bytea    NOT NULL,
    stream      bigint   NOT NULL,
    verdict     smallint NOT NULL,
    position    bigint   NOT NULL,
    version     bigint   NOT NULL,
    events      integer  NOT NULL,
    recorded_at bigint   NOT NULL,
    code        text     NOT NULL,
    message     text     NOT NULL,
    checksum    bigint   NOT NULL,
    PRIMARY KEY (tenant, command)
);
-- Those that led to events are found by them.
CREATE INDEX outcomes_without_events ON outcomes (position, tenant, command) WHERE events = 0;

CREATE TABLE blobs (
    tenant     text COLLATE "C" NOT NULL,
    hash       bytea  NOT NULL,
    media_type text   NOT NULL,
    position   bigint NOT NULL,
    bytes      bytea  NOT NULL,
    PRIMARY KEY (tenant, hash)
);
CREATE INDEX blobs_by_position ON blobs (position, tenant, hash);
ALTER TABLE blobs ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE epochs (
    partition integer PRIMARY KEY,
    epoch     bigint NOT NULL
);

-- Which events came from another log, and where they stood there.
CREATE TABLE imports (
    first        bigint  NOT NULL,
    last         bigint  NOT NULL,
    source       bytea   NOT NULL,
    source_first bigint  NOT NULL,
    adopted      boolean NOT NULL,
    PRIMARY KEY (first, source)
);

-- What happened cannot be changed: not by this program, and not by a slip of another one.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% cannot be changed or deleted', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER events_cannot_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER outcomes_cannot_change BEFORE UPDATE OR DELETE OR TRUNCATE ON outcomes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER streams_cannot_change BEFORE UPDATE OR DELETE OR TRUNCATE ON streams
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER blobs_cannot_change BEFORE UPDATE OR DELETE OR TRUNCATE ON blobs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER imports_cannot_be_deleted BEFORE DELETE OR TRUNCATE ON imports
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER imports_only_grow BEFORE UPDATE ON imports FOR EACH ROW
    WHEN ((NEW.first, NEW.source, NEW.source_first, NEW.adopted)
          IS DISTINCT FROM (OLD.first, OLD.source, OLD.source_first, OLD.adopted) OR NEW.last < OLD.last)
    EXECUTE FUNCTION refuse_change();

-- Commits what is valid of a batch. Its first row, number 0, says where the log ended before
-- (`position`) and, if the batch is stamped too early, from when on it may be stamped (`floor`): then
-- nothing was done. Nor was anything if the position is -1: an empty log has become another one
-- meanwhile, whose id stands in `request`, and headers must name that. Each row after it is an append
-- that was not recorded, with what the log holds about it: the outcome of its command, the epoch of
-- its partition, the head of its stream. The others are recorded, one after the other. Head rows are
-- read again by every statement, because under READ COMMITTED each one sees what was committed
-- before the lock on the log was given.
CREATE FUNCTION append_batch(
    log bytea, stamp bigint,
    -- One of each for an append.
    tenants text[], categories text[], keys text[],
    expected bigint[], base_versions bigint[], base_hashes bytea[],
    last_versions bigint[], last_hashes bytea[],
    commands bytea[], requests bytea[], parts integer[], owners bigint[],
    verdicts smallint[], counts integer[], codes text[], messages text[], sums bigint[],
    -- One of each for an event: which append, which place in it.
    event_appends integer[], event_places integer[],
    event_hashes bytea[], headers bytea[], payloads bytea[], event_sums bigint[],
    -- One of each for a blob.
    blob_appends integer[], blob_hashes bytea[], blob_types text[], blob_bytes bytea[]
) RETURNS TABLE (
    number integer, "position" bigint, floor bigint,
    epoch bigint, head_version bigint, head_hash bytea,
    request bytea, tenant text, category text, key text, verdict smallint, "at" bigint,
    version bigint, events integer, recorded_at bigint, code text, message text, checksum bigint
)
LANGUAGE plpgsql SECURITY DEFINER
-- Few rows meet large tables, whose statistics may be old: always by the index.
SET search_path = annals, pg_temp SET jit = off SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    head     log%ROWTYPE;
    recorded boolean[];
    numbers  bigint[];
    places   bigint[];
    events_n bigint;
    known_n  bigint;
    fresh_n  bigint;
BEGIN
    SELECT * INTO STRICT head FROM log FOR UPDATE;
    IF log <> head.log_id OR stamp < head.recorded_at THEN
        RETURN QUERY SELECT 0, CASE WHEN log <> head.log_id THEN -1 ELSE head.position END,
                            head.recorded_at, 0::bigint, 0::bigint, ''::bytea,
                            CASE WHEN log <> head.log_id THEN head.log_id END,
                            NULL, NULL, NULL, NULL::smallint, NULL::bigint,
                            NULL::bigint, NULL::integer, NULL::bigint, NULL, NULL, NULL::bigint;
        RETURN;
    END IF;

    -- An append fits if its command is new, its epoch is current, its expectation holds, and it is
    -- chained to the head of its stream or to the append before it; it is recorded if every append
    -- before it in its stream fits as well.
    WITH given AS (
        SELECT i.n, i.tenant, i.category, i.key, i.events,
               s.stream AS stream,
               lag(i.last_version) OVER by_stream AS before_version,
               lag(i.last_hash) OVER by_stream AS before_hash,
               coalesce(h.version, 0) AS head_version,
               coalesce(h.hash, decode(repeat('00', 32), 'hex')) AS head_hash,
               i.base_version, i.base_hash,
               o.command IS NULL
                   AND row_number() OVER (PARTITION BY i.tenant, i.command ORDER BY i.n) = 1
                   AND (i.owner IS NULL OR i.owner = coalesce(e.epoch, 0))
                   AND (i.expected < 0 OR i.expected = i.base_version) AS allowed
        FROM unnest(tenants, categories, keys, expected, base_versions, base_hashes, last_versions,
                    last_hashes, commands, parts, owners, counts) WITH ORDINALITY
             AS i(tenant, category, key, expected, base_version, base_hash, last_version,
                  last_hash, command, part, owner, events, n)
        LEFT JOIN streams s ON s.tenant = i.tenant AND s.category = i.category AND s.key = i.key
        LEFT JOIN heads h ON h.stream = s.stream
        LEFT JOIN epochs e ON i.owner IS NOT NULL AND e.partition = i.part
        LEFT JOIN outcomes o ON o.tenant = i.tenant AND o.command = i.command
        WINDOW by_stream AS (PARTITION BY i.tenant, i.category, i.key ORDER BY i.n)
    ), fitting AS (
        SELECT *, bool_and(allowed
                   AND base_version = coalesce(before_version, head_version)
                   AND base_hash = coalesce(before_hash, head_hash))
               OVER (PARTITION BY tenant, category, key ORDER BY n) AS fits
        FROM given
    ), placed AS (
        SELECT n, fits, CASE WHEN fits THEN events ELSE 0 END AS events,
               CASE WHEN stream IS NOT NULL THEN stream
                    ELSE head.streams + dense_rank()
                         OVER (PARTITION BY stream IS NULL AND fits ORDER BY tenant, category, key)
               END AS stream,
               stream IS NULL AND fits AS fresh
        FROM fitting
    ), summed AS (
        SELECT *, head.position + sum(events) OVER (ORDER BY n) - events AS place FROM placed
    )
    SELECT array_agg(fits ORDER BY n), array_agg(stream ORDER BY n), array_agg(place ORDER BY n),
           sum(events), count(*) FILTER (WHERE fits), coalesce(max(stream) FILTER (WHERE fresh), head.streams)
    INTO recorded, numbers, places, events_n, known_n, fresh_n
    FROM summed;

    IF fresh_n > head.streams THEN
        INSERT INTO streams (stream, tenant, category, key)
        SELECT DISTINCT i.stream, i.tenant, i.category, i.key
        FROM unnest(numbers, recorded, tenants, categories, keys) AS i(stream, fits, tenant, category, key)
        WHERE i.fits AND i.stream > head.streams;
    END IF;

    INSERT INTO heads (stream, version, hash)
    SELECT DISTINCT ON (i.stream) i.stream, i.version, i.hash
    FROM unnest(numbers, recorded, last_versions, last_hashes, counts) WITH ORDINALITY
         AS i(stream, fits, version, hash, events, n)
    WHERE i.fits AND (i.events > 0 OR i.stream > head.streams)
    ORDER BY i.stream, i.n DESC
    ON CONFLICT (stream) DO UPDATE SET version = excluded.version, hash = excluded.hash;

    INSERT INTO outcomes (tenant, command, request, stream, verdict, position, version, events,
                          recorded_at, code, message, checksum)
    SELECT i.tenant, i.command, i.request, i.stream, i.verdict,
           CASE WHEN i.events > 0 THEN i.place + 1 ELSE i.place END,
           CASE WHEN i.events > 0 THEN i.base_version + 1 ELSE 0 END,
           i.events, stamp, i.code, i.message,
           (CASE WHEN i.events > 0 THEN i.place + 1 ELSE i.place END) # (i.checksum << 31)
    FROM unnest(recorded, tenants, commands, requests, numbers, verdicts, places, base_versions,
                counts, codes, messages, sums)
         AS i(fits, tenant, command, request, stream, verdict, place, base_version, events, code, message, checksum)
    WHERE i.fits;

    IF events_n > 0 THEN
        INSERT INTO events (position, stream, version, hash, header, payload, checksum)
        SELECT places[i.n] + i.place, numbers[i.n], base_versions[i.n] + i.place, i.hash, i.header,
               i.payload, (places[i.n] + i.place) # (i.checksum << 31)
        FROM unnest(event_appends, event_places, event_hashes, headers, payloads, event_sums)
             AS i(n, place, hash, header, payload, checksum)
        WHERE recorded[i.n];
    END IF;

    IF cardinality(blob_appends) > 0 THEN
        INSERT INTO blobs (tenant, hash, media_type, position, bytes)
        SELECT tenants[i.n], i.hash, i.media_type, places[i.n] + (counts[i.n] > 0)::integer, i.bytes
        FROM unnest(blob_appends, blob_hashes, blob_types, blob_bytes) AS i(n, hash, media_type, bytes)
        WHERE recorded[i.n]
        ON CONFLICT (tenant, hash) DO NOTHING;
    END IF;

    IF known_n > 0 THEN
        UPDATE log SET position = head.position + events_n,
                       recorded_at = CASE WHEN events_n > 0 THEN stamp ELSE head.recorded_at END,
                       outcomes = head.outcomes + known_n, streams = fresh_n;
    END IF;
    IF events_n > 0 THEN
        PERFORM pg_notify('annals', (head.position + events_n)::text);
    END IF;

    RETURN QUERY SELECT 0, head.position, 0::bigint, 0::bigint, 0::bigint, ''::bytea,
                        NULL::bytea, NULL, NULL, NULL, NULL::smallint, NULL::bigint,
                        NULL::bigint, NULL::integer, NULL::bigint, NULL, NULL, NULL::bigint;
    IF known_n < cardinality(recorded) THEN
        RETURN QUERY
        SELECT i.n::integer, 0::bigint, 0::bigint, coalesce(e.epoch, 0), coalesce(h.version, 0),
               coalesce(h.hash, decode(repeat('00', 32), 'hex')),
               o.request, n.tenant, n.category, n.key, o.verdict, o.position, o.version, o.events,
               o.recorded_at, o.code, o.message, o.checksum
        FROM unnest(recorded, tenants, categories, keys, parts, commands) WITH ORDINALITY
             AS i(fits, tenant, category, key, part, command, n)
        LEFT JOIN outcomes o ON o.tenant = i.tenant AND o.command = i.command
        LEFT JOIN streams n ON n.stream = o.stream
        LEFT JOIN streams s ON s.tenant = i.tenant AND s.category = i.category AND s.key = i.key
        LEFT JOIN heads h ON h.stream = s.stream
        LEFT JOIN epochs e ON e.partition = i.part
        WHERE NOT i.fits ORDER BY i.n;
    END IF;
END $$;

-- Takes in a part of another log, all of it or nothing. Its first row, number 0, says where the log
-- ended before (`position`), and how many events, outcomes and blobs are new. If the position is -1
-- the log is not what the caller takes it for; if other rows follow, they number the commands that
-- are refused: then nothing was done. A command that is there already must be the same; a new one
-- must go on where its stream ends, or behind the one before it in this part, which the caller has
-- proven. In a copy every position is kept.
CREATE FUNCTION import_batch(
    log bytea, source bytea, copy boolean, came_floor bigint,
    -- One of each for a command; `place` is its position where it comes from.
    tenants text[], categories text[], keys text[], base_versions bigint[], base_hashes bytea[],
    last_versions bigint[], last_hashes bytea[], commands bytea[], requests bytea[],
    verdicts smallint[], came_places bigint[], counts integer[], times bigint[],
    codes text[], messages text[], sums bigint[],
    -- One of each for an event: which command, which place in it.
    event_commands integer[], event_places integer[],
    event_hashes bytea[], headers bytea[], payloads bytea[], event_sums bigint[],
    -- One of each for a blob, with the command it stands before; 0 is behind all.
    blob_commands integer[], blob_places bigint[], blob_tenants text[], blob_hashes bytea[],
    blob_types text[], blob_bytes bytea[],
    -- One of each for a command and a log that it came from; those of one run may be one range.
    origin_commands integer[], origin_sources bytea[], origin_places bigint[],
    origin_adopted boolean[], origin_runs integer[]
) RETURNS TABLE (number integer, "position" bigint, events bigint, outcomes bigint, blobs bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = annals, pg_temp SET jit = off SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    head     log%ROWTYPE;
    came     bigint;
    fresh    boolean[];
    numbers  bigint[];
    places   bigint[];
    wrong    integer[];
    events_n bigint;
    fresh_n  bigint;
    names_n  bigint;
    blobs_n  bigint := 0;
    island   record;
BEGIN
    SELECT * INTO STRICT head FROM log FOR UPDATE;
    IF log <> head.log_id OR (copy AND source <> log AND (head.position > 0 OR head.outcomes > 0)) THEN
        RETURN QUERY SELECT 0, -1::bigint, 0::bigint, 0::bigint, 0::bigint;
        RETURN;
    END IF;
    SELECT coalesce(max(i.source_first + i.last - i.first), 0) INTO came
    FROM imports i WHERE i.source = import_batch.source;

    WITH given AS (
        SELECT i.n, i.tenant, i.category, i.key, i.events, i.place AS came_place,
               s.stream AS stream, o.command IS NULL AS fresh,
               CASE WHEN o.command IS NULL
                    THEN row_number() OVER (PARTITION BY i.tenant, i.command ORDER BY i.n) = 1
                    ELSE o.stream = s.stream AND o.request = i.request AND o.verdict = i.verdict
                         AND o.version = CASE WHEN i.events > 0 THEN i.base_version + 1 ELSE 0 END
                         AND o.events = i.events AND o.recorded_at = i.recorded_at
                         AND o.code = i.code AND o.message = i.message
                         AND (NOT copy OR o.position = i.place)
                         AND (i.events = 0 OR i.last_hash = (
                             SELECT e.hash FROM events e
                             WHERE e.stream = s.stream AND e.version = i.last_version))
               END AS fits,
               coalesce(h.version, 0) = i.base_version
                   AND coalesce(h.hash, decode(repeat('00', 32), 'hex')) = i.base_hash AS goes_on,
               row_number() OVER (PARTITION BY i.tenant, i.category, i.key,
                                  o.command IS NULL AND i.events > 0 ORDER BY i.n) = 1 AS first
        FROM unnest(tenants, categories, keys, base_versions, base_hashes, last_versions, last_hashes,
                    commands, requests, verdicts, came_places, counts, times, codes, messages)
             WITH ORDINALITY
             AS i(tenant, category, key, base_version, base_hash, last_version, last_hash,
                  command, request, verdict, place, events, recorded_at, code, message, n)
        LEFT JOIN streams s ON s.tenant = i.tenant AND s.category = i.category AND s.key = i.key
        LEFT JOIN heads h ON h.stream = s.stream
        LEFT JOIN outcomes o ON o.tenant = i.tenant AND o.command = i.command
    ), summed AS (
        SELECT *, CASE WHEN stream IS NOT NULL THEN stream
                       ELSE head.streams + dense_rank()
                            OVER (PARTITION BY stream IS NULL AND fresh ORDER BY tenant, category, key)
                  END AS number,
               head.position + sum(CASE WHEN fresh THEN events ELSE 0 END) OVER (ORDER BY n)
                   - CASE WHEN fresh THEN events ELSE 0 END AS place
        FROM given
    ), judged AS (
        SELECT *, coalesce(fits, false) AND (NOT fresh OR CASE
                      WHEN events = 0 THEN NOT copy OR came_place <= place
                      ELSE (goes_on OR NOT first)
                           AND CASE WHEN copy THEN came_place = place + 1 ELSE came_place > came END
                  END) AS is_right
        FROM summed
    )
    SELECT array_agg(fresh ORDER BY n), array_agg(number ORDER BY n), array_agg(place ORDER BY n),
           array_agg(n::integer ORDER BY n) FILTER (WHERE NOT is_right),
           coalesce(sum(events) FILTER (WHERE fresh), 0), count(*) FILTER (WHERE fresh),
           coalesce(max(number) FILTER (WHERE fresh AND stream IS NULL), head.streams)
    INTO fresh, numbers, places, wrong, events_n, fresh_n, names_n
    FROM judged;

    IF wrong IS NOT NULL THEN
        RETURN QUERY SELECT 0, head.position, 0::bigint, 0::bigint, 0::bigint;
        RETURN QUERY SELECT w.n, 0::bigint, 0::bigint, 0::bigint, 0::bigint FROM unnest(wrong) AS w(n);
        RETURN;
    END IF;

    IF names_n > head.streams THEN
        INSERT INTO streams (stream, tenant, category, key)
        SELECT DISTINCT i.stream, i.tenant, i.category, i.key
        FROM unnest(numbers, fresh, tenants, categories, keys) AS i(stream, fresh, tenant, category, key)
        WHERE i.fresh AND i.stream > head.streams;
    END IF;

    -- A stream of which there are only outcomes has a head without a version.
    INSERT INTO heads (stream, version, hash)
    SELECT DISTINCT ON (i.stream) i.stream,
           CASE WHEN i.events > 0 THEN i.version ELSE 0 END,
           CASE WHEN i.events > 0 THEN i.hash ELSE decode(repeat('00', 32), 'hex') END
    FROM unnest(numbers, fresh, last_versions, last_hashes, counts) WITH ORDINALITY
         AS i(stream, fresh, version, hash, events, n)
    WHERE i.fresh AND (i.events > 0 OR i.stream > head.streams)
    ORDER BY i.stream, i.events > 0 DESC, i.n DESC
    ON CONFLICT (stream) DO UPDATE SET version = excluded.version, hash = excluded.hash;

    INSERT INTO outcomes (tenant, command, request, stream, verdict, position, version, events,
                          recorded_at, code, message, checksum)
    SELECT i.tenant, i.command, i.request, i.stream, i.verdict, p.place,
           CASE WHEN i.events > 0 THEN i.base_version + 1 ELSE 0 END,
           i.events, i.recorded_at, i.code, i.message, p.place # (i.checksum << 31)
    FROM unnest(fresh, tenants, commands, requests, numbers, verdicts, places, came_places,
                base_versions, counts, times, codes, messages, sums)
         AS i(fresh, tenant, command, request, stream, verdict, place, came_place, base_version, events,
              recorded_at, code, message, checksum)
    CROSS JOIN LATERAL (SELECT CASE WHEN i.events > 0 THEN i.place + 1
                                    WHEN copy THEN i.came_place ELSE i.place END AS place) p
    WHERE i.fresh;

    IF events_n > 0 THEN
        INSERT INTO events (position, stream, version, hash, header, payload, checksum)
        SELECT places[i.n] + i.place, numbers[i.n], base_versions[i.n] + i.place, i.hash, i.header,
               i.payload, (places[i.n] + i.place) # (i.checksum << 31)
        FROM unnest(event_commands, event_places, event_hashes, headers, payloads, event_sums)
             AS i(n, place, hash, header, payload, checksum)
        WHERE fresh[i.n];
    END IF;

    IF cardinality(blob_commands) > 0 THEN
        INSERT INTO blobs (tenant, hash, media_type, position, bytes)
        SELECT i.tenant, i.hash, i.media_type,
               CASE WHEN copy THEN i.place WHEN i.n = 0 THEN head.position + events_n
                    ELSE places[i.n] + (fresh[i.n] AND counts[i.n] > 0)::integer END,
               i.bytes
        FROM unnest(blob_commands, blob_places, blob_tenants, blob_hashes, blob_types, blob_bytes)
             AS i(n, place, tenant, hash, media_type, bytes)
        ON CONFLICT (tenant, hash) DO NOTHING;
        GET DIAGNOSTICS blobs_n = ROW_COUNT;
    END IF;

    FOR island IN
        SELECT i.source, i.adopted, min(places[i.n]) + 1 AS first,
               max(places[i.n] + counts[i.n]) AS last, min(i.place) AS source_first
        FROM unnest(origin_commands, origin_sources, origin_places, origin_adopted, origin_runs)
             AS i(n, source, place, adopted, run)
        WHERE fresh[i.n]
        GROUP BY i.source, i.adopted, i.run, places[i.n] - i.place
        ORDER BY 3, 1
    LOOP
        UPDATE imports i SET last = island.last
        WHERE i.source = island.source AND i.adopted = island.adopted AND i.last = island.first - 1
          AND i.source_first + i.last - i.first = island.source_first - 1;
        IF NOT FOUND THEN
            INSERT INTO imports (first, last, source, source_first, adopted)
            VALUES (island.first, island.last, island.source, island.source_first, island.adopted);
        END IF;
    END LOOP;

    IF fresh_n > 0 OR (copy AND source <> log) THEN
        UPDATE log SET position = head.position + events_n,
                       recorded_at = greatest(head.recorded_at, came_floor),
                       outcomes = head.outcomes + fresh_n, streams = names_n,
                       log_id = CASE WHEN copy THEN source ELSE head.log_id END;
    END IF;
    IF events_n > 0 THEN
        PERFORM pg_notify('annals', (head.position + events_n)::text);
    END IF;
    RETURN QUERY SELECT 0, head.position, events_n, fresh_n, blobs_n;
END $$;

-- Takes a partition over. The lock on the log keeps out an append that has read the old epoch.
CREATE FUNCTION claim_partition(claimed integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = annals, pg_temp
AS $$
DECLARE
    now_owned bigint;
BEGIN
    PERFORM 1 FROM log FOR UPDATE;
    INSERT INTO epochs (partition, epoch) VALUES (claimed, 1)
    ON CONFLICT (partition) DO UPDATE SET epoch = epochs.epoch + 1
    RETURNING epoch INTO now_owned;
    RETURN now_owned;
END $$;

REVOKE ALL ON FUNCTION append_batch, import_batch, claim_partition FROM PUBLIC;

-- The role that programs run as. Where its maker may not make roles, they run as the maker, and the
-- triggers above still refuse every change.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'annals_app') THEN
        CREATE ROLE annals_app NOLOGIN;
    END IF;
    IF NOT pg_has_role('annals_app', 'MEMBER') THEN
        GRANT annals_app TO CURRENT_USER;
    END IF;
EXCEPTION
    WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN
        RAISE NOTICE 'the role annals_app was not made: %', SQLERRM;
END $$;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'annals_app') THEN
        GRANT USAGE ON SCHEMA annals TO annals_app;
        GRANT SELECT ON ALL TABLES IN SCHEMA annals TO annals_app;
        GRANT EXECUTE ON FUNCTION append_batch, import_batch, claim_partition TO annals_app;
    END IF;
END $$;
