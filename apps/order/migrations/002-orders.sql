-- `order` is a reserved word, hence the plural.
CREATE TABLE orders (
  id uuid PRIMARY KEY,
  user_id text NOT NULL CHECK (user_id ~ '^[A-Za-z0-9_-]{1,64}$'),
  email text NOT NULL,
  status text NOT NULL CHECK (status IN ('created', 'reserved', 'paid', 'shipped', 'cancelled')),
  lines jsonb NOT NULL,
  total bigint NOT NULL CHECK (total >= 0),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  payment_token text NOT NULL,
  payment_id text,
  tracking_number text,
  cancel_reason text,
  -- The delayed order.payment-due, so that it can be taken back once it is not needed.
  payment_due_message_id text,
  -- Milliseconds, as in a JavaScript Date: a page's cursor must compare equal to the row that it came from.
  created_at timestamptz(3) NOT NULL,
  CHECK ((status = 'cancelled') = (cancel_reason IS NOT NULL)),
  CHECK (status NOT IN ('paid', 'shipped') OR payment_id IS NOT NULL),
  CHECK (status <> 'shipped' OR tracking_number IS NOT NULL)
);

-- GET /orders?userId=: newest first, next page by (created_at, id).
CREATE INDEX orders_by_user ON orders (user_id, created_at DESC, id DESC);

-- What happened to an order, written in the transaction that made it happen. The lock on the order's row puts the
-- numbers of one order in the order of commits.
CREATE TABLE order_fact (
  order_id uuid NOT NULL REFERENCES orders (id),
  number bigint GENERATED ALWAYS AS IDENTITY,
  fact text NOT NULL,
  detail jsonb NOT NULL,
  occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Serves GET /orders/:id/timeline.
  PRIMARY KEY (order_id, number)
);
