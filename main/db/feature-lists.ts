import type { Reader, Writer } from './connection.ts';

export interface FeatureList {
  readonly name: string;
  readonly features: number;
}

/** The lists of a dictionary by name, with how many features each has. */
export function listFeatureLists(db: Reader, dictionary: number): FeatureList[] {
  return db.all<FeatureList>(
    `SELECT name, count(feature) AS features
     FROM feature_lists LEFT JOIN listed_features ON list = id
     WHERE dictionary = ? GROUP BY id ORDER BY name COLLATE NOCASE`,
    [dictionary],
  );
}

/** Names of the lists that a feature is on. */
export function listsOfFeature(db: Reader, dictionary: number, feature: number): string[] {
  return db
    .all<{ name: string }>(
      `SELECT name FROM feature_lists JOIN listed_features ON list = id
       WHERE dictionary = ? AND feature = ? ORDER BY name COLLATE NOCASE`,
      [dictionary, feature],
    )
    .map(({ name }) => name);
}

/** Puts features on a list, which is made where it is new, or takes them off; an empty list goes. */
export function changeList(
  db: Writer,
  dictionary: number,
  name: string,
  { add = [], remove = [] }: { add?: readonly number[]; remove?: readonly number[] },
): void {
  db.transaction(() => {
    if (add.length > 0)
      db.run('INSERT OR IGNORE INTO feature_lists (dictionary, name) VALUES (?, ?)', [
        dictionary,
        name,
      ]);
    const list = db.get<{ id: number }>(
      'SELECT id FROM feature_lists WHERE dictionary = ? AND name = ?',
      [dictionary, name],
    );
    if (!list) return;
    for (const feature of add)
      db.run('INSERT OR IGNORE INTO listed_features (list, feature) VALUES (?, ?)', [
        list.id,
        feature,
      ]);
    for (const feature of remove)
      db.run('DELETE FROM listed_features WHERE list = ? AND feature = ?', [list.id, feature]);
    db.run(
      `DELETE FROM feature_lists WHERE id = ? AND NOT EXISTS
         (SELECT 1 FROM listed_features WHERE list = ?)`,
      [list.id, list.id],
    );
  });
}
