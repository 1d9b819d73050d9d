-- Every unit ever received is on hand, reserved or shipped. The database refuses whatever would break that.
CREATE TABLE stock (
  sku text PRIMARY KEY CHECK (sku ~ '^[A-Za-z0-9_-]{1,64}$'),
  on_hand bigint NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
  reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  shipped bigint NOT NULL DEFAULT 0 CHECK (shipped >= 0),
  received bigint NOT NULL DEFAULT 0,
  CHECK (on_hand + reserved + shipped = received)
);

-- A delivery from a supplier. Its id makes PUT /stock/:sku/receipts idempotent.
CREATE TABLE receipt (
  receipt_id uuid PRIMARY KEY,
  sku text NOT NULL REFERENCES stock (sku),
  quantity bigint NOT NULL CHECK (quantity > 0),
  received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
