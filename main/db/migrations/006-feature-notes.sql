-- The features job that collected what is shown of a dictionary; null for those of its own training.
ALTER TABLE dictionaries ADD COLUMN features_job TEXT REFERENCES jobs (id);

-- What people make of features: each entry says text and rating as they were from then on.
ALTER TABLE labels ADD COLUMN rating INTEGER CHECK (rating BETWEEN 1 AND 5);
ALTER TABLE features ADD COLUMN rating INTEGER;

-- The newest label of each feature, word by word; rowid = dictionary << 32 | feature.
CREATE VIRTUAL TABLE label_words USING fts5 (text, prefix = '2 3', tokenize = 'unicode61');
INSERT INTO label_words (rowid, text)
  SELECT (dictionary << 32) | feature, label FROM features WHERE label IS NOT NULL;

CREATE TABLE feature_lists (
  id INTEGER PRIMARY KEY,
  dictionary INTEGER NOT NULL REFERENCES dictionaries (key),
  name TEXT NOT NULL,
  UNIQUE (dictionary, name)
) STRICT;
CREATE TABLE listed_features (
  list INTEGER NOT NULL REFERENCES feature_lists (id),
  feature INTEGER NOT NULL,
  PRIMARY KEY (list, feature)
) STRICT, WITHOUT ROWID;
