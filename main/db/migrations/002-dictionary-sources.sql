-- Where the dictionaries came from that were not trained here.
CREATE TABLE dictionary_sources (
  dictionary INTEGER PRIMARY KEY REFERENCES dictionaries (key),
  format TEXT NOT NULL,
  path TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  imported_at INTEGER NOT NULL,
  -- The whole of it, as the contract has it: conversions, warnings, the configuration as it was.
  detail TEXT NOT NULL
) STRICT;
