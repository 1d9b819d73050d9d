-- One row for each order that this service has heard of. It is written before the provider is asked ('charging'), so
-- that whoever looks at the order next knows that a charge may exist, even if the process that asked is gone.
CREATE TABLE payment (
  order_id uuid PRIMARY KEY,
  user_id text NOT NULL,
  status text NOT NULL CHECK (
    status IN ('charging', 'cancelling', 'captured', 'refunding', 'refunded', 'declined', 'cancelled')
  ),
  -- Integer minor units. An order that was cancelled before it was reserved never had an amount here.
  amount bigint CHECK (amount >= 0),
  currency text CHECK (currency ~ '^[A-Z]{3}$'),
  -- What the provider knows the means of payment by; worth nothing to anyone else. Never logged, never shown.
  payment_token text,
  -- The provider's charge.
  payment_id text UNIQUE,
  decline_code text,
  -- Grows with each change; a writer who read an older one has lost the race and starts again.
  version integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT payment_request_known CHECK (
    status = 'cancelled' OR (amount IS NOT NULL AND currency IS NOT NULL AND payment_token IS NOT NULL)
  ),
  CONSTRAINT payment_charge_known CHECK (
    (status IN ('captured', 'refunding', 'refunded')) = (payment_id IS NOT NULL)
  ),
  CONSTRAINT payment_decline_explained CHECK ((status = 'declined') = (decline_code IS NOT NULL))
);
