-- The first answer to each Idempotency-Key, kept in the transaction of the request that it answers.
-- json, not jsonb: a replay gives back the members in the order in which they were first sent.
CREATE TABLE http_idempotency (
  scope text NOT NULL,
  key text NOT NULL,
  body_hash text NOT NULL,
  status smallint NOT NULL,
  response json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (scope, key)
);

-- serves the removal of old answers
CREATE INDEX http_idempotency_created_at ON http_idempotency (created_at);
