-- Messages that have taken effect, or whose fate is recorded in messaging.parked.
CREATE TABLE messaging.inbox (
  consumer text NOT NULL,
  message_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('handled', 'parked', 'dead', 'discarded')),
  stream text NOT NULL,
  stream_seq bigint NOT NULL,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- By stream as well: a foreign publisher may use one id in two streams.
  PRIMARY KEY (consumer, stream, message_id)
);

-- Serves pruning.
CREATE INDEX inbox_received ON messaging.inbox (received_at);

-- Messages that failed at least once, or were being handled when their process ended, and are not yet settled.
CREATE TABLE messaging.attempt (
  consumer text NOT NULL,
  stream text NOT NULL,
  message_id text NOT NULL,
  key text NOT NULL,
  attempts integer NOT NULL,
  next_at timestamptz NOT NULL,
  history jsonb NOT NULL,
  PRIMARY KEY (consumer, stream, message_id)
);

-- Serves the question whether a key is waiting for a retry.
CREATE INDEX attempt_key ON messaging.attempt (consumer, key);
