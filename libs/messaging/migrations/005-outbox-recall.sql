-- Serves the question whether the broker still has what it acknowledged: the newest first, and a search only if that is gone.
CREATE INDEX outbox_published_seq ON messaging.outbox (stream, published_seq) WHERE published_at IS NOT NULL;
