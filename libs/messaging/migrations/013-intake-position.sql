-- How far the consumer of a partition was done with its stream: everything up to this sequence was handled, parked, or
-- is of other partitions. The broker's own floor stands still while a partition has no messages, and is lost with the
-- stream. Written twice a minute; it may be behind, never ahead.
CREATE TABLE messaging.intake_position (
  stream text NOT NULL,
  consumer text NOT NULL,
  -- When the stream was created: sequences of another one mean other messages.
  incarnation text NOT NULL,
  stream_seq bigint NOT NULL,
  PRIMARY KEY (stream, consumer)
);
