-- Comparisons of evaluation conditions. `detail` is what the contract shows of one.
CREATE TABLE evaluations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  conditions TEXT NOT NULL,
  logs INTEGER NOT NULL,
  -- Items of the condition that has most.
  items INTEGER NOT NULL,
  warnings INTEGER NOT NULL,
  detail TEXT NOT NULL
) STRICT;

-- The items on which two conditions differ.
CREATE TABLE evaluation_items (
  evaluation TEXT NOT NULL REFERENCES evaluations (id),
  position INTEGER NOT NULL,
  -- Scores by condition, as a list; null where a condition lacks the item.
  scores TEXT NOT NULL,
  item TEXT NOT NULL,
  PRIMARY KEY (evaluation, position)
) STRICT, WITHOUT ROWID;
