-- Dictionaries that a job held against each other. What every feature came to lies in the job's folder.
CREATE TABLE comparisons (
  id TEXT PRIMARY KEY,
  job TEXT NOT NULL UNIQUE REFERENCES jobs (id),
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  minimum_count INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  tokens_file TEXT NOT NULL,
  -- JSON arrays: names of measures, and dictionaries in the order by whose places pairs name them.
  measures TEXT NOT NULL,
  dictionaries TEXT NOT NULL
) STRICT;

CREATE TABLE comparison_pairs (
  comparison TEXT NOT NULL REFERENCES comparisons (id),
  a INTEGER NOT NULL,
  b INTEGER NOT NULL,
  measure TEXT NOT NULL,
  -- What the matrix shows, and everything, as JSON: a matrix of a thousand pairs reads the first alone.
  figures TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (comparison, measure, a, b)
) STRICT;
