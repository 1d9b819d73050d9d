-- breaks: older builds
-- Moves every row of version 1, however many there are.
SET LOCAL statement_timeout = 0;

ALTER TABLE messaging.outbox RENAME TO outbox_of_version_1;
ALTER TABLE messaging.outbox_of_version_1 RENAME CONSTRAINT outbox_pkey TO outbox_of_version_1_pkey;
ALTER TABLE messaging.outbox_of_version_1 RENAME CONSTRAINT outbox_message_id_key TO outbox_of_version_1_message_id_key;
DROP INDEX messaging.outbox_unpublished, messaging.outbox_delayed, messaging.outbox_published, messaging.outbox_published_seq;
-- The new column makes a sequence of this name.
ALTER SEQUENCE messaging.outbox_id_seq RENAME TO outbox_of_version_1_id_seq;

-- Events that wait to be published. A published row is deleted here and inserted into messaging.published.
CREATE TABLE messaging.outbox (
  id bigint GENERATED ALWAYS AS IDENTITY,
  message_id text NOT NULL UNIQUE,
  stream text NOT NULL,
  subject text NOT NULL,
  key text NOT NULL,
  headers jsonb NOT NULL,
  payload text NOT NULL,
  -- Clock time, not transaction time: a row of a long transaction must not be born old.
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Null once it may be published. A delayed row gets a new id when its time has come.
  available_at timestamptz,
  -- 'refused': the broker will never take it. Later events of its key wait until an operator decides.
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'refused')),
  refused_at timestamptz,
  reason text,
  -- Serves the relay's look at a stream, from its scan floor on, and the marks.
  PRIMARY KEY (stream, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- Serves keys with a long backlog, which are read apart from the others.
CREATE INDEX outbox_key ON messaging.outbox (stream, key, id) WHERE available_at IS NULL;
-- Serves the delayed rows that have come due.
CREATE INDEX outbox_delayed ON messaging.outbox (available_at) WHERE available_at IS NOT NULL;
-- Serves the list of refused events.
CREATE INDEX outbox_refused ON messaging.outbox (stream, key) WHERE state = 'refused';

-- Events that the broker has acknowledged, kept for at least ten minutes: the broker may lose what it acknowledged.
-- One slot is written at a time; the oldest slot is emptied as a whole.
CREATE TABLE messaging.published (
  slot smallint NOT NULL,
  stream text NOT NULL,
  -- When the stream was created, as the broker writes it; a stream that is created again begins another incarnation.
  -- '' for rows of version 1, which did not record it.
  incarnation text NOT NULL,
  sequence bigint NOT NULL,
  outbox_id bigint NOT NULL,
  message_id text NOT NULL,
  subject text NOT NULL,
  key text NOT NULL,
  headers jsonb NOT NULL,
  payload text NOT NULL,
  published_at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY LIST (slot);
CREATE TABLE messaging.published_0 PARTITION OF messaging.published FOR VALUES IN (0);
CREATE TABLE messaging.published_1 PARTITION OF messaging.published FOR VALUES IN (1);
CREATE TABLE messaging.published_2 PARTITION OF messaging.published FOR VALUES IN (2);
CREATE TABLE messaging.published_3 PARTITION OF messaging.published FOR VALUES IN (3);

-- Serves reconciliation: by sequence within an incarnation.
CREATE INDEX published_sequence ON messaging.published (stream, incarnation, sequence);

-- Which slot is being written, and since when.
CREATE TABLE messaging.published_slot (
  current smallint NOT NULL,
  since timestamptz NOT NULL
);
INSERT INTO messaging.published_slot VALUES (0, clock_timestamp());

-- Both tables as one, for people and checks: what waits, and what was published in the last minutes.
CREATE VIEW messaging.publication AS
  SELECT id, message_id, stream, subject, key, headers, payload, available_at, NULL::bigint AS published_seq
  FROM messaging.outbox
  UNION ALL
  SELECT outbox_id, message_id, stream, subject, key, headers, payload, NULL, sequence
  FROM messaging.published;

-- What the relay knows of each stream; one row each.
CREATE TABLE messaging.relay_stream (
  stream text PRIMARY KEY,
  incarnation text NOT NULL,
  -- The highest sequence of this incarnation that was ever marked, as of the last emptied slot.
  sequence bigint NOT NULL DEFAULT 0,
  -- Below this id nothing waits, except rows behind a refused one.
  scan_floor bigint NOT NULL DEFAULT 0,
  state text NOT NULL CHECK (state IN ('healthy', 'paused', 'in doubt', 'behind')),
  reason text,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

INSERT INTO messaging.published
  (slot, stream, incarnation, sequence, outbox_id, message_id, subject, key, headers, payload, published_at)
SELECT 0, stream, '', published_seq, id, message_id, subject, key, headers, payload, published_at
FROM messaging.outbox_of_version_1 WHERE published_at IS NOT NULL;

INSERT INTO messaging.outbox
  (id, message_id, stream, subject, key, headers, payload, created_at, available_at)
OVERRIDING SYSTEM VALUE
SELECT id, message_id, stream, subject, key, headers, payload, created_at, available_at
FROM messaging.outbox_of_version_1 WHERE published_at IS NULL ORDER BY id;

SELECT setval('messaging.outbox_id_seq', last_value, is_called) FROM messaging.outbox_of_version_1_id_seq;

DROP TABLE messaging.outbox_of_version_1;
