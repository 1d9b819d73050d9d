-- What is set aside for an order, or why nothing is. `closed`: the order was cancelled before anything was set aside.
CREATE TABLE reservation (
  order_id uuid PRIMARY KEY,
  user_id text NOT NULL CHECK (user_id ~ '^[A-Za-z0-9_-]{1,64}$'),
  status text NOT NULL CHECK (status IN ('reserved', 'rejected', 'released', 'closed', 'shipped')),
  -- [{ sku, quantity }], each SKU once; empty when nothing was ever set aside.
  lines jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
