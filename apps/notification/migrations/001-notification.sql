-- The address is in order.created only; later facts of the order are told to the same one.
CREATE TABLE recipient (
  order_id uuid PRIMARY KEY,
  user_id text NOT NULL,
  email text NOT NULL
);

-- One row for each fact that a user is told about.
--   requested -> sending (claimed by one delivery until claimed_until) -> accepted (by the mail server) -> sent (and published)
CREATE TABLE notification (
  notification_id uuid PRIMARY KEY,
  position bigint GENERATED ALWAYS AS IDENTITY,
  order_id uuid NOT NULL,
  user_id text NOT NULL,
  fact text NOT NULL CHECK (fact IN ('created', 'paid', 'shipped', 'cancelled')),
  subject text NOT NULL,
  state text NOT NULL DEFAULT 'requested' CHECK (state IN ('requested', 'sending', 'accepted', 'sent')),
  claim uuid,
  claimed_until timestamptz,
  smtp_message_id text,
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_at timestamptz,
  CONSTRAINT notification_one_for_each_fact UNIQUE (order_id, fact),
  CHECK (state <> 'sending' OR (claim IS NOT NULL AND claimed_until IS NOT NULL)),
  CHECK (state NOT IN ('accepted', 'sent') OR smtp_message_id IS NOT NULL)
);

-- Serves the pages of GET /notifications; an order's are served by notification_one_for_each_fact.
CREATE INDEX notification_by_user ON notification (user_id, position DESC);
