-- Orders that are known to be cancelled, whatever this service still has to handle of them: order.cancelled itself may
-- wait behind an order.reserved that is retried or parked. An order in here is never charged.
CREATE TABLE cancelled_order (
  order_id uuid PRIMARY KEY,
  noted_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
