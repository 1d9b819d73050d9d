-- What operators decide about refused events, and about a database that is older than its streams.
ALTER TABLE messaging.intervention DROP CONSTRAINT intervention_action_check;
ALTER TABLE messaging.intervention ADD CONSTRAINT intervention_action_check
  CHECK (action IN ('redrive', 'discard', 'edit', 'retry-event', 'discard-event', 'accept-events'));
