-- Messages that failed for good, and behind them, in order, what came later for the same key.
CREATE TABLE messaging.parked (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  consumer text NOT NULL,
  key text NOT NULL,
  message_id text NOT NULL,
  stream text NOT NULL,
  stream_seq bigint NOT NULL,
  subject text NOT NULL,
  headers jsonb NOT NULL,
  payload bytea NOT NULL,
  stored_at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('dead', 'waiting')),
  -- False for a message that later ones of its key need not wait for.
  blocks boolean NOT NULL,
  reason text,
  attempts integer NOT NULL,
  history jsonb NOT NULL,
  -- How often it was a dead letter.
  deaths integer NOT NULL DEFAULT 0,
  parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (consumer, stream, message_id)
);

-- Serves handling in order.
CREATE INDEX parked_key ON messaging.parked (consumer, key, id) WHERE blocks;
-- Serves the list of dead letters.
CREATE INDEX parked_dead ON messaging.parked (id) WHERE state = 'dead';

-- Keys whose messages go to messaging.parked instead of their handler.
CREATE TABLE messaging.blocked_key (
  consumer text NOT NULL,
  key text NOT NULL,
  partition integer NOT NULL,
  -- 'blocked': its oldest parked message is a dead letter, so somebody has to decide.
  -- 'draining': its parked messages are being handled in order, the next one not before next_at.
  state text NOT NULL CHECK (state IN ('blocked', 'draining')),
  next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (consumer, key)
);

-- Serves the owner of the partition.
CREATE INDEX blocked_key_draining ON messaging.blocked_key (next_at) WHERE state = 'draining';

-- Who changed the fate of a dead letter, and why.
CREATE TABLE messaging.intervention (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  who text NOT NULL,
  why text NOT NULL,
  action text NOT NULL CHECK (action IN ('redrive', 'discard', 'edit')),
  consumer text NOT NULL,
  key text NOT NULL,
  message_id text NOT NULL,
  -- What an edit or a discard took away.
  payload_before bytea
);
