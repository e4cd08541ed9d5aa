import type { Reader, Writer } from './connection.ts';

export interface StoredLabel {
  readonly text: string;
  readonly author: string;
  readonly time: number;
}

/** The labels of a feature that were not taken back, newest first. */
export function listLabels(db: Reader, dictionary: number, feature: number): StoredLabel[] {
  return db.all<StoredLabel>(
    `SELECT text, author, time FROM labels
     WHERE dictionary = ? AND feature = ? AND undone_at IS NULL ORDER BY id DESC`,
    [dictionary, feature],
  );
}

/** Gives a feature a label; the empty text clears it. Both can be taken back. */
export function addLabel(
  db: Writer,
  dictionary: number,
  feature: number,
  label: StoredLabel,
): StoredLabel[] {
  return db.transaction(() => {
    db.run('INSERT INTO labels (dictionary, feature, text, author, time) VALUES (?, ?, ?, ?, ?)', [
      dictionary,
      feature,
      label.text,
      label.author,
      label.time,
    ]);
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

/** Copies the newest label to the row that is searched and sorted. */
function showNewest(db: Writer, dictionary: number, feature: number): StoredLabel[] {
  const labels = listLabels(db, dictionary, feature);
  const text = labels[0]?.text ?? '';
  db.run('UPDATE features SET label = ? WHERE dictionary = ? AND feature = ?', [
    text === '' ? null : text,
    dictionary,
    feature,
  ]);
  return labels;
}
