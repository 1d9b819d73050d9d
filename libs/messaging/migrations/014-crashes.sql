ALTER TABLE messaging.ownership
  -- How many owners in a row have ended in the middle of something. The first one is taken for an accident.
  ADD COLUMN crashes integer NOT NULL DEFAULT 0,
  -- An owner that ends after a long time begins a new row.
  ADD COLUMN taken_at timestamptz NOT NULL DEFAULT clock_timestamp();
