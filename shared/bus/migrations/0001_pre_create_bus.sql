-- the spine's tables: outbox, inbox, dead letters
-- depends:

-- migrate: apply
CREATE TABLE bus.subject_sequence (
    subject text PRIMARY KEY,
    sequence bigint NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE bus.outbox_lane (lane smallint PRIMARY KEY);

INSERT INTO bus.outbox_lane (lane) SELECT generate_series(0, 7);

CREATE TABLE bus.outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL,
    lane smallint NOT NULL REFERENCES bus.outbox_lane (lane),
    aggregatetype text NOT NULL,
    aggregateid text NOT NULL,
    type text NOT NULL,
    payload text NULL,
    source text NOT NULL,
    subject text NOT NULL,
    sequence bigint NOT NULL,
    time timestamptz NOT NULL,
    correlationid text NOT NULL,
    causationid text NOT NULL,
    traceparent text NOT NULL
) WITH (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0
);

CREATE FUNCTION bus.tell_relay() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN NOTIFY bus_outbox; RETURN NULL; END';

CREATE TRIGGER tell_relay AFTER INSERT ON bus.outbox
FOR EACH STATEMENT EXECUTE FUNCTION bus.tell_relay();

CREATE TABLE bus.inbox_position (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
) WITH (fillfactor = 50);

CREATE TABLE bus.inbox_event (event_id uuid PRIMARY KEY) PARTITION BY RANGE (event_id);

CREATE TABLE bus.inbox_event_other PARTITION OF bus.inbox_event DEFAULT;

CREATE TABLE bus.dead_letter (
    id uuid PRIMARY KEY,
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    record_offset bigint NOT NULL,
    record_key bytea NULL,
    header_names bytea[] NOT NULL,
    header_values bytea[] NOT NULL,
    record_value bytea NULL,
    problem text NOT NULL,
    times integer NOT NULL DEFAULT 1,
    died_at timestamptz NOT NULL,
    UNIQUE (consumer_group, topic, partition, record_offset)
);

CREATE INDEX dead_letter_by_time ON bus.dead_letter (consumer_group, died_at);

CREATE FUNCTION bus.first_id_of(day date) RETURNS uuid LANGUAGE sql IMMUTABLE AS
'SELECT (lpad(to_hex((extract(epoch FROM day::timestamp AT TIME ZONE ''UTC'') * 1000)::bigint), 12, ''0'')
        || repeat(''0'', 20))::uuid';

CREATE FUNCTION bus.keep_inbox(at timestamptz, memory interval) RETURNS void LANGUAGE plpgsql AS '
DECLARE
    day date;
    child text;
    today date := (at AT TIME ZONE ''UTC'')::date;
    oldest text := format(''inbox_event_%s'', to_char((at - memory) AT TIME ZONE ''UTC'', ''YYYYMMDD''));
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext(''bus.keep_inbox''));
    FOR day IN SELECT generate_series(today - 1, today + 3, ''1 day'')::date LOOP
        child := format(''inbox_event_%s'', to_char(day, ''YYYYMMDD''));
        IF to_regclass(format(''bus.%I'', child)) IS NULL THEN
            EXECUTE format(''CREATE TABLE bus.%I (LIKE bus.inbox_event INCLUDING INDEXES)'', child);
            EXECUTE format(
                ''WITH moved AS (DELETE FROM bus.inbox_event_other
                    WHERE event_id >= %L AND event_id < %L RETURNING event_id)
                  INSERT INTO bus.%I SELECT event_id FROM moved'',
                bus.first_id_of(day), bus.first_id_of(day + 1), child);
            EXECUTE format(
                ''ALTER TABLE bus.inbox_event ATTACH PARTITION bus.%I FOR VALUES FROM (%L) TO (%L)'',
                child, bus.first_id_of(day), bus.first_id_of(day + 1));
        END IF;
    END LOOP;
    FOR child IN
        SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = ''bus'' AND relname ~ ''^inbox_event_[0-9]{8}$'' AND relname < oldest
    LOOP
        EXECUTE format(''DROP TABLE bus.%I'', child);
    END LOOP;
    DELETE FROM bus.inbox_event_other
    WHERE event_id < bus.first_id_of(((at - memory) AT TIME ZONE ''UTC'')::date);
END';

SELECT bus.keep_inbox(now(), interval '7 days');

-- migrate: rollback
DROP FUNCTION bus.keep_inbox;
DROP FUNCTION bus.first_id_of;
DROP TABLE bus.dead_letter, bus.inbox_event, bus.inbox_position, bus.outbox, bus.outbox_lane, bus.subject_sequence;
DROP FUNCTION bus.tell_relay;
