-- How far each stream of this service has been read for events that no contract knows.
CREATE TABLE messaging.unrouted_cursor (
  stream text PRIMARY KEY,
  -- The last message that was looked at. When it was stored tells whether the stream is still the same one.
  sequence bigint NOT NULL,
  stored_at timestamptz NOT NULL
);
