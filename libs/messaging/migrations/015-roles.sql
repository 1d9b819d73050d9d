-- The service that this schema belongs to: one row, written by the first service that boots. Another service is refused.
CREATE TABLE messaging.service (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  name text NOT NULL
);

-- An instance of version 1 fills in none of these: it takes part in everything.
ALTER TABLE messaging.member
  -- Takes partitions.
  ADD COLUMN intake boolean NOT NULL DEFAULT true,
  -- Publishes the outbox.
  ADD COLUMN relay boolean NOT NULL DEFAULT true,
  -- For how long the broker had not answered this instance at its last heartbeat.
  ADD COLUMN broker_silence_ms integer NOT NULL DEFAULT 0,
  -- Names the set of event types that it handles. Two sets are normal during a rolling deploy only.
  ADD COLUMN handlers text NOT NULL DEFAULT '',
  -- Its lease. An expiry further away was written before the database's clock was set back.
  ADD COLUMN lease_ms integer NOT NULL DEFAULT 60000;
