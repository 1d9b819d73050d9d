-- The catalogue: what may be ordered, and at which price. Prices are minor units (cents).
CREATE TABLE product (
  sku text PRIMARY KEY CHECK (sku ~ '^[A-Za-z0-9_-]{1,64}$'),
  name text NOT NULL,
  unit_price bigint NOT NULL CHECK (unit_price > 0),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$')
);

INSERT INTO product (sku, name, unit_price, currency) VALUES
  ('KETTLE', 'Kettle, 1.7 l', 4900, 'EUR'),
  ('TEAPOT', 'Teapot, stoneware', 3450, 'EUR'),
  ('MUG', 'Mug, 300 ml', 1250, 'EUR'),
  ('TEA-TIN', 'Tea tin, 250 g', 1890, 'EUR'),
  ('STRAINER', 'Tea strainer', 790, 'EUR'),
  ('TRAY', 'Serving tray', 2600, 'EUR'),
  ('SPOON', 'Tea spoon', 350, 'EUR'),
  ('COASTER', 'Coaster, cork', 275, 'EUR'),
  ('SUGAR-BOWL', 'Sugar bowl', 1600, 'EUR'),
  ('LAST-ONE', 'Antique samovar, the last one', 99900, 'EUR');
