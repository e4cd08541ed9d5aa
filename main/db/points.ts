import type { Series } from '../../shared/contract/runs.ts';
import type { Reader, Writer } from './connection.ts';

/** Values of several curves at one x. */
export interface Point {
  readonly x: number;
  readonly values: Readonly<Record<string, number | null>>;
}

/** Adds points; one that is there already, as after a resume from a checkpoint, is replaced. */
export function addPoints(db: Writer, run: string, points: Iterable<Point>): void {
  const ids = new Map(seriesOf(db, run).map(({ id, name }) => [name, id]));
  db.transaction(() => {
    for (const { x, values } of points)
      for (const [name, value] of Object.entries(values)) {
        let id = ids.get(name);
        if (id === undefined) ids.set(name, (id = addSeries(db, run, name)));
        db.run('INSERT OR REPLACE INTO points (series, x, value) VALUES (?, ?, ?)', [id, x, value]);
      }
  });
}

/** Puts the points of a finished run in place of those that came in while it ran. */
export function replacePoints(db: Writer, run: string, points: Iterable<Point>): void {
  db.transaction(() => {
    db.run('DELETE FROM points WHERE series IN (SELECT id FROM series WHERE run = ?)', [run]);
    db.run('DELETE FROM series WHERE run = ?', [run]);
    addPoints(db, run, points);
  });
}

export interface Window {
  /** Null for all curves. */
  readonly names: readonly string[] | null;
  readonly buckets: number;
  readonly from: number | null;
  readonly to: number | null;
}

/** The curves of a run inside a window of x, each thinned to at most `buckets` ranges of equal width. */
export function readSeries(db: Reader, run: string, window: Window): Series[] {
  const wanted = window.names && new Set(window.names);
  return seriesOf(db, run)
    .filter(({ name }) => !wanted || wanted.has(name))
    .map(({ id, name }) => ({ name, ...readCurve(db, id, window) }));
}

interface Bucket {
  readonly x: number;
  readonly low: number | null;
  readonly high: number | null;
}

function readCurve(db: Reader, series: number, window: Window): Omit<Series, 'name'> {
  const from = window.from ?? -Number.MAX_VALUE;
  const to = window.to ?? Number.MAX_VALUE;
  const inside = 'FROM points WHERE series = ? AND x BETWEEN ? AND ?';
  const extent = db.get<{ total: number; first: number | null; last: number | null }>(
    `SELECT count(*) AS total, min(x) AS first, max(x) AS last ${inside}`,
    [series, from, to],
  )!;
  const { total, first, last } = extent;
  const buckets =
    total <= window.buckets || first === null || last === null
      ? db.all<Bucket>(`SELECT x, value AS low, value AS high ${inside} ORDER BY x`, [
          series,
          from,
          to,
        ])
      : db.all<Bucket>(
          `SELECT min(x) AS x, min(value) AS low, max(value) AS high ${inside}
           GROUP BY min(CAST((x - ?) / ? AS INTEGER), ?) ORDER BY x`,
          [series, from, to, first, (last - first) / window.buckets, window.buckets - 1],
        );
  return {
    total,
    drawn: buckets.length,
    last,
    x: buckets.map(({ x }) => x),
    low: buckets.map(({ low }) => low),
    high: buckets.map(({ high }) => high),
  };
}

function seriesOf(db: Reader, run: string): { id: number; name: string }[] {
  return db.all('SELECT id, name FROM series WHERE run = ? ORDER BY id', [run]);
}

function addSeries(db: Writer, run: string, name: string): number {
  db.run('INSERT INTO series (run, name) VALUES (?, ?)', [run, name]);
  return db.get<{ id: number }>('SELECT id FROM series WHERE run = ? AND name = ?', [run, name])!
    .id;
}
