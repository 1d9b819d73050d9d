-- breaks: older builds
-- Only a reservation has to know what is on hand, so only it locks rows of stock_balance. Shipping and giving back are
-- written down here and wait for nobody; the next reservation of the SKU, which holds its row, adds them to the balance.
ALTER TABLE stock RENAME TO stock_balance;

CREATE TABLE stock_movement (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sku text NOT NULL,
  on_hand bigint NOT NULL,
  reserved bigint NOT NULL,
  shipped bigint NOT NULL,
  -- Nothing is created or destroyed on the way.
  CHECK (on_hand + reserved + shipped = 0)
);

-- Serves the adding-up of one SKU, and the view below.
CREATE INDEX stock_movement_sku ON stock_movement (sku);

-- What is where: the balance and what has moved since.
CREATE VIEW stock AS
SELECT balance.sku,
  (balance.on_hand + coalesce(moved.on_hand, 0))::bigint AS on_hand,
  (balance.reserved + coalesce(moved.reserved, 0))::bigint AS reserved,
  (balance.shipped + coalesce(moved.shipped, 0))::bigint AS shipped,
  balance.received
FROM stock_balance AS balance
CROSS JOIN LATERAL (
  SELECT sum(on_hand) AS on_hand, sum(reserved) AS reserved, sum(shipped) AS shipped
  FROM stock_movement WHERE stock_movement.sku = balance.sku
) AS moved;
