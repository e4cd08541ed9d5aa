-- One row that describes the project itself.
CREATE TABLE project (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- Tells databases apart, so that a backup of another project is not mistaken for ours.
  uid TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  notes TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  spec TEXT NOT NULL,
  state TEXT NOT NULL,
  -- 0 until the first launch.
  attempt INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  -- Milliseconds of work, pauses excluded, up to the last change of state.
  worked INTEGER NOT NULL DEFAULT 0,
  -- Place in the queue; smaller goes first.
  queued_at INTEGER NOT NULL,
  progress TEXT,
  error TEXT,
  checkpoint_step INTEGER,
  -- The worker's process. A pid alone is reused by the system; with its start time it is not.
  pid INTEGER,
  process_started TEXT,
  -- Results of this attempt are in the database.
  imported_attempt INTEGER
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state);

CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  job TEXT NOT NULL REFERENCES jobs (id),
  -- Order of the seeds in the spec.
  position INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  name TEXT NOT NULL,
  hook TEXT NOT NULL,
  model TEXT NOT NULL,
  -- Equal for replicates: the hash of the spec without its seeds.
  group_key TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seconds REAL,
  engine TEXT,
  label TEXT NOT NULL DEFAULT '',
  notes TEXT NOT NULL DEFAULT '',
  UNIQUE (job, position)
) STRICT;
CREATE INDEX runs_by_group ON runs (group_key);

CREATE TABLE metrics (
  run TEXT NOT NULL REFERENCES runs (id),
  name TEXT NOT NULL,
  value REAL,
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  run TEXT NOT NULL REFERENCES runs (id),
  name TEXT NOT NULL,
  UNIQUE (run, name)
) STRICT;

-- Every logged point of every curve; x counts training tokens.
CREATE TABLE points (
  series INTEGER NOT NULL REFERENCES series (id),
  x REAL NOT NULL,
  value REAL,
  PRIMARY KEY (series, x)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifacts (
  job TEXT NOT NULL REFERENCES jobs (id),
  -- Null for what the runs of a job share.
  run TEXT REFERENCES runs (id),
  kind TEXT NOT NULL,
  -- Inside the job's folder, with forward slashes.
  path TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY (job, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE dictionaries (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  run TEXT REFERENCES runs (id),
  name TEXT NOT NULL,
  seed INTEGER,
  hook TEXT NOT NULL,
  model TEXT NOT NULL,
  architecture TEXT NOT NULL,
  d_in INTEGER NOT NULL,
  latents INTEGER NOT NULL,
  -- Tokens over which the features were counted; 0 where they were not.
  tokens INTEGER NOT NULL,
  context INTEGER NOT NULL,
  alive INTEGER,
  properties TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- The sortable columns only; what one feature's page shows lies in the run's features.safetensors,
-- from which it is read by ranges. Clustered by dictionary and without further indexes: sorting the
-- 100,000 rows of one dictionary by any column takes 4 ms for its first page and 60 ms for its last,
-- and an index makes the last page slower and the import several times so.
CREATE TABLE features (
  dictionary INTEGER NOT NULL REFERENCES dictionaries (key),
  feature INTEGER NOT NULL,
  count INTEGER NOT NULL,
  density REAL NOT NULL,
  density_low REAL NOT NULL,
  density_high REAL NOT NULL,
  mean REAL,
  max REAL,
  stability REAL,
  property TEXT,
  auc REAL,
  -- The newest label that was not taken back, also in the table labels.
  label TEXT,
  PRIMARY KEY (dictionary, feature)
) STRICT, WITHOUT ROWID;

CREATE TABLE labels (
  id INTEGER PRIMARY KEY,
  dictionary INTEGER NOT NULL REFERENCES dictionaries (key),
  feature INTEGER NOT NULL,
  text TEXT NOT NULL,
  author TEXT NOT NULL,
  time INTEGER NOT NULL,
  -- When it was taken back; null while it holds.
  undone_at INTEGER
) STRICT;
CREATE INDEX labels_by_feature ON labels (dictionary, feature, id);

CREATE TABLE fits (
  id TEXT PRIMARY KEY,
  -- The job that made it, where one did.
  job TEXT REFERENCES jobs (id),
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  table_path TEXT NOT NULL,
  formula TEXT NOT NULL,
  family TEXT NOT NULL,
  n INTEGER NOT NULL,
  r2 REAL,
  warnings INTEGER NOT NULL,
  detail TEXT NOT NULL
) STRICT;

CREATE TABLE reports (
  id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- Relative to the project folder, with forward slashes.
  path TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL
) STRICT;
