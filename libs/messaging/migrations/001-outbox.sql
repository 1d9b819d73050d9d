CREATE SCHEMA messaging;

-- Events that a committed transaction has promised to publish.
CREATE TABLE messaging.outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message_id text NOT NULL UNIQUE,
  stream text NOT NULL,
  subject text NOT NULL,
  key text NOT NULL,
  headers jsonb NOT NULL,
  payload text NOT NULL,
  -- Clock time, not transaction time: a row of a long transaction must not be born old.
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Null once it may be published. A delayed row waits here for its time without being in the relay's way.
  available_at timestamptz,
  -- Set when the broker has acknowledged; the row is then kept for a while (see the relay).
  published_seq bigint,
  published_at timestamptz
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- Serves the relay: what is not yet published, oldest first.
CREATE INDEX outbox_unpublished ON messaging.outbox (id) WHERE published_at IS NULL AND available_at IS NULL;
-- Serves the delayed rows that have come due.
CREATE INDEX outbox_delayed ON messaging.outbox (available_at) WHERE available_at IS NOT NULL;
-- Serves pruning.
CREATE INDEX outbox_published ON messaging.outbox (published_at) WHERE published_at IS NOT NULL;
