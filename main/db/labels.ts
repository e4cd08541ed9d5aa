import type { Reader, Writer } from './connection.ts';

export interface StoredLabel {
  readonly text: string;
  /** 1 to 5; null where nobody rated it. */
  readonly rating: number | null;
  readonly author: string;
  readonly time: number;
}

/** The labels of a feature that were not taken back, newest first. */
export function listLabels(db: Reader, dictionary: number, feature: number): StoredLabel[] {
  return db.all<StoredLabel>(
    `SELECT text, rating, author, time FROM labels
     WHERE dictionary = ? AND feature = ? AND undone_at IS NULL ORDER BY id DESC`,
    [dictionary, feature],
  );
}

/** What an entry changes; the rest stays as it is. */
export interface LabelChange {
  readonly text?: string;
  readonly rating?: number | null;
  readonly author: string;
  readonly time: number;
}

/** Gives a feature a label, a rating or both; the empty text clears a label. Each can be taken back. */
export function addLabel(
  db: Writer,
  dictionary: number,
  feature: number,
  change: LabelChange,
): StoredLabel[] {
  return db.transaction(() => {
    const newest = listLabels(db, dictionary, feature)[0];
    const { text = newest?.text ?? '', rating = newest?.rating ?? null, author, time } = change;
    db.run(
      `INSERT INTO labels (dictionary, feature, text, rating, author, time)
       VALUES (?, ?, ?, ?, ?, ?)`,
      [dictionary, feature, text, rating, author, time],
    );
    return showNewest(db, dictionary, feature);
  });
}

export function undoLabel(
  db: Writer,
  dictionary: number,
  feature: number,
  now: number,
): StoredLabel[] {
  return db.transaction(() => {
    db.run(
      `UPDATE labels SET undone_at = ? WHERE id =
         (SELECT max(id) FROM labels WHERE dictionary = ? AND feature = ? AND undone_at IS NULL)`,
      [now, dictionary, feature],
    );
    return showNewest(db, dictionary, feature);
  });
}

/** Labels and ratings of a dictionary, on rows that were written anew. */
export function restoreLabels(db: Writer, dictionary: number): void {
  const rows = db.all<{ feature: number }>(
    'SELECT DISTINCT feature FROM labels WHERE dictionary = ? AND undone_at IS NULL',
    [dictionary],
  );
  for (const { feature } of rows) showNewest(db, dictionary, feature);
}

/** Copies the newest label and rating to the row that is sorted and the words that are searched. */
function showNewest(db: Writer, dictionary: number, feature: number): StoredLabel[] {
  const labels = listLabels(db, dictionary, feature);
  const { text = '', rating = null } = labels[0] ?? {};
  db.run('UPDATE features SET label = ?, rating = ? WHERE dictionary = ? AND feature = ?', [
    text === '' ? null : text,
    rating,
    dictionary,
    feature,
  ]);
  db.run('DELETE FROM label_words WHERE rowid = (? << 32) | ?', [dictionary, feature]);
  if (text !== '')
    db.run('INSERT INTO label_words (rowid, text) VALUES ((? << 32) | ?, ?)', [
      dictionary,
      feature,
      text,
    ]);
  return labels;
}
