import { UMAP } from 'umap-js';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../../../../main/compute/engines/open-engine.ts';
import { nearestRows } from '../../../../main/compute/features/directions.ts';
import { directionMap } from '../../../../main/compute/maps/direction-map.ts';
import { mapLayout } from '../../../../main/compute/maps/map-layout.ts';
import { neighbourGraph } from '../../../../main/compute/maps/neighbour-graph.ts';
import { drive, finish } from '../../../../main/compute/steps.ts';
import { Random } from '../../../support/random.ts';

const engine = await openEngine('reference');
const [groups, each, width, k] = [4, 30, 12, 8];
const points = groups * each;

/** Unit directions around a few well-separated ones. */
function clusteredDirections() {
  const random = new Random(3);
  const normal = () => random.uniform() + random.uniform() + random.uniform() - 1.5;
  const values = Float32Array.from({ length: points * width }, (_, at) => {
    const [point, column] = [Math.floor(at / width), at % width];
    return (column === point % groups ? 2 : 0) + 0.3 * normal();
  });
  const raw = engine.floats(values, [points, width]);
  return engine.normaliseRows(raw).y;
}

interface Inside {
  readonly graph: { getAll(): { row: number; col: number; value: number }[] };
}

describe('the neighbourhood graph', () => {
  it('has the edges and weights that umap-js gives the same neighbours', () => {
    const found = nearestRows(engine, clusteredDirections(), k - 1);
    const rows = (
      values: (rank: number, point: number) => number,
      own: (point: number) => number,
    ) =>
      Array.from({ length: points }, (_, point) => [
        own(point),
        ...Array.from({ length: k - 1 }, (_, rank) => values(rank, point)),
      ]);
    const rival = new UMAP({ nNeighbors: k });
    rival.setPrecomputedKNN(
      rows(
        (rank, point) => found.index[point * (k - 1) + rank]!,
        (point) => point,
      ),
      rows(
        (rank, point) => Math.max(0, 1 - found.cosine[point * (k - 1) + rank]!),
        () => 0,
      ),
    );
    rival.initializeFit(Array.from({ length: points }, () => [0]));
    const theirs = new Map(
      (rival as unknown as Inside).graph
        .getAll()
        .filter(({ row, col, value }) => row < col && value > 0)
        .map(({ row, col, value }) => [`${row} ${col}`, value]),
    );
    const { from, to, weight } = neighbourGraph(found);
    const ours = new Map([...weight].map((value, edge) => [`${from[edge]} ${to[edge]}`, value]));
    // umap-js drops the weakest edges, which no epoch would reach.
    for (const [edge, value] of theirs) expect(ours.get(edge)).toBeCloseTo(value, 6);
    for (const [edge, value] of ours)
      if (!theirs.has(edge)) expect(value, edge).toBeLessThan(1 / 400);
  });
});

describe('a map of directions', () => {
  it('keeps near in the plane what is near in direction', () => {
    const position = finish(
      directionMap(engine, clusteredDirections(), { neighbours: k, seed: 1 }),
    );
    const distance = (i: number, j: number) =>
      Math.hypot(position[2 * i]! - position[2 * j]!, position[2 * i + 1]! - position[2 * j + 1]!);
    for (let point = 0; point < points; point++) {
      const others = Array.from({ length: points }, (_, other) => other).filter((o) => o !== point);
      const near = others.toSorted((a, b) => distance(point, a) - distance(point, b)).slice(0, k);
      expect(near.every((other) => other % groups === point % groups)).toBe(true);
    }
  });

  it('is the same for the same seed, and another for another', () => {
    const map = (seed: number) =>
      finish(directionMap(engine, clusteredDirections(), { neighbours: k, seed }));
    const first = map(5);
    expect(map(5)).toEqual(first);
    expect(map(6)).not.toEqual(first);
  });

  it('stops when it is told to', async () => {
    const graph = neighbourGraph(nearestRows(engine, clusteredDirections(), k - 1));
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    const layout = mapLayout(graph, new Float32Array(2 * points), { seed: 1 });
    await expect(drive(layout, abort.signal)).rejects.toThrow('enough');
  });
});
