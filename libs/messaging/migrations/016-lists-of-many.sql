-- Serve the lists of dead letters of a stream, however many there are of others.
CREATE INDEX parked_dead_stream ON messaging.parked (stream, id) WHERE state = 'dead';
CREATE INDEX parked_dead_consumer_stream ON messaging.parked (consumer, stream, id) WHERE state = 'dead';
-- Serves the count of messages that wait behind dead letters, beside any number of keys that wait for other things.
CREATE INDEX blocked_key_blocked ON messaging.blocked_key (consumer, key) WHERE state = 'blocked';
-- Serves the list of refused events, the oldest first.
CREATE INDEX outbox_refused_oldest ON messaging.outbox (id) WHERE state = 'refused';
