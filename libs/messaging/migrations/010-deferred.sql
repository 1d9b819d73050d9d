-- breaks: older builds
-- messaging.parked holds everything that waits: what is deferred for a retry or for a dependency, dead letters, and what
-- came later for their keys. messaging.blocked_key has one row for each key of ordered handling with such messages.

ALTER TABLE messaging.blocked_key
  -- Messages of the key in messaging.parked, so that nobody has to count them.
  ADD COLUMN messages integer NOT NULL DEFAULT 0,
  -- What its oldest message waits for, beside its time; empty when it is only the time.
  ADD COLUMN dependency text NOT NULL DEFAULT '';

ALTER TABLE messaging.parked
  -- Of a deferred message of a queue group, which waits for itself only: who handles it, when, and what it waits for.
  ADD COLUMN partition integer,
  ADD COLUMN next_at timestamptz,
  ADD COLUMN dependency text NOT NULL DEFAULT '';

-- Redriven messages of queue groups used to block their key.
UPDATE messaging.parked SET blocks = false, partition = key.partition, next_at = key.next_at
FROM messaging.blocked_key AS key
WHERE key.consumer = parked.consumer AND key.key = parked.key AND parked.consumer <> 'ordered'
  AND parked.state = 'waiting' AND parked.blocks;
DELETE FROM messaging.blocked_key WHERE consumer <> 'ordered';

UPDATE messaging.blocked_key AS key SET messages = parked.messages
FROM (SELECT consumer, key, count(*)::int AS messages FROM messaging.parked WHERE blocks GROUP BY consumer, key) AS parked
WHERE parked.consumer = key.consumer AND parked.key = key.key;

-- Serve the owner of the partition: what is due, without reading over what waits for a dependency that is down.
DROP INDEX messaging.blocked_key_draining;
CREATE INDEX blocked_key_due ON messaging.blocked_key (partition, consumer, dependency, next_at) WHERE state = 'draining';
CREATE INDEX parked_due ON messaging.parked (partition, consumer, dependency, next_at) WHERE next_at IS NOT NULL;

-- Serve the operators' lists.
CREATE INDEX blocked_key_list ON messaging.blocked_key (key, consumer);
CREATE INDEX parked_dead_key ON messaging.parked (key, id) WHERE state = 'dead';
CREATE INDEX parked_dead_consumer ON messaging.parked (consumer, id) WHERE state = 'dead';
