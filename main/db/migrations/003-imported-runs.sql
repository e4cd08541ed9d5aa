-- What is known of a run that another tool did, as JSON: what its x counts, and its config. Null for
-- runs of Assay, whose job's spec says it.
ALTER TABLE runs ADD COLUMN imported TEXT;
