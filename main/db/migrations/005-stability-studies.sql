-- Refits that say what the coefficients of a regression can bear.
CREATE TABLE stability_studies (
  id TEXT PRIMARY KEY,
  job TEXT REFERENCES jobs (id),
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  table_path TEXT NOT NULL,
  formula TEXT NOT NULL,
  -- Null where the spec was not that of a template.
  template TEXT,
  n INTEGER NOT NULL,
  refits INTEGER NOT NULL,
  warnings INTEGER NOT NULL,
  detail TEXT NOT NULL
) STRICT;
