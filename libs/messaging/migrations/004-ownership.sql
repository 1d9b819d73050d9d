-- Instances of this service that are alive. One row each, so that a heartbeat never waits for a batch.
CREATE TABLE messaging.member (
  instance text PRIMARY KEY,
  -- False while it is draining: it keeps what it holds but is given nothing new.
  accepts boolean NOT NULL,
  expires_at timestamptz NOT NULL
);

-- Who may commit effects for a partition ('partition-07') or publish the outbox ('relay').
CREATE TABLE messaging.ownership (
  resource text PRIMARY KEY,
  owner text,
  -- Grows at each change of owner. An effect transaction that carries an older one fails.
  epoch bigint NOT NULL DEFAULT 0
);
