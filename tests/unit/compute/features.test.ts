import { describe, expect, it } from 'vitest';
import { ActivationCollector } from '../../../main/compute/features/activation-store.ts';
import { bandOf } from '../../../main/compute/features/draw-examples.ts';
import { StatisticsPass } from '../../../main/compute/features/feature-statistics.ts';
import { labelAuc, labelAucByHalf } from '../../../main/compute/features/label-auc.ts';
import { tokenAuc } from '../../../main/compute/features/token-auc.ts';
import { RandomStream } from '../../../main/compute/random.ts';

/** A random dense code matrix [tokens, latents] and its feature-major form, fed in two batches. */
function randomActivations(tokens: number, latents: number, density: number) {
  const random = new RandomStream(11, 1);
  const dense = Float32Array.from({ length: tokens * latents }, () =>
    random.uniform() < density ? Math.ceil(random.uniform() * 8) / 4 : 0,
  );
  const collector = new ActivationCollector(latents);
  const half = Math.floor(tokens / 2);
  for (const [from, to] of [
    [0, half],
    [half, tokens],
  ] as const) {
    const pointers = [0];
    const indices: number[] = [];
    const values: number[] = [];
    for (let token = from; token < to; token++) {
      for (let j = 0; j < latents; j++)
        if (dense[token * latents + j]) {
          indices.push(j);
          values.push(dense[token * latents + j]!);
        }
      pointers.push(indices.length);
    }
    collector.add(Int32Array.from(pointers), Int32Array.from(indices), values);
  }
  return { dense, activations: collector.finish() };
}

const { dense, activations } = randomActivations(60, 9, 0.3);
const column = (feature: number) => Array.from({ length: 60 }, (_, t) => dense[t * 9 + feature]!);

describe('the activation store', () => {
  it('holds exactly the active entries of each feature, in token order', () => {
    for (let feature = 0; feature < 9; feature++) {
      const expected = column(feature).flatMap((value, token) => (value ? [[token, value]] : []));
      const { pointers, token, value } = activations;
      const found = [];
      for (let i = pointers[feature]!; i < pointers[feature + 1]!; i++)
        found.push([token[i], value[i]]);
      expect(found).toEqual(expected);
    }
  });
});

describe('feature statistics', () => {
  const ids = Int32Array.from({ length: 60 }, (_, token) => (token * 7) % 5);
  const pass = new StatisticsPass({
    latents: 9,
    ids,
    vocabulary: 5,
    random: 4,
    nearMisses: 3,
    length: 12,
    bins: 8,
    positionBins: 4,
    top: 3,
    bands: 5,
    perBand: 2,
    seed: 1,
  });
  // In two ranges, as a store larger than memory gives them.
  const rangeOf = (from: number, to: number) => {
    const [start, end] = [activations.pointers[from]!, activations.pointers[to]!];
    return {
      latents: to - from,
      tokens: 60,
      pointers: activations.pointers.slice(from, to + 1).map((at) => at - start),
      token: activations.token.slice(start, end),
      value: activations.value.slice(start, end),
    };
  };
  pass.add(0, rangeOf(0, 4));
  pass.add(4, rangeOf(4, 9));
  const { statistics } = pass;

  it('count, add up and take the largest of what is active', () => {
    for (let feature = 0; feature < 9; feature++) {
      const active = column(feature).filter((value) => value > 0);
      expect(statistics.count[feature]).toBe(active.length);
      expect(statistics.sum[feature]).toBeCloseTo(
        active.reduce((a, b) => a + b, 0),
        4,
      );
      expect(statistics.sumSquares[feature]).toBeCloseTo(
        active.reduce((a, b) => a + b * b, 0),
        4,
      );
      expect(statistics.max[feature]).toBe(Math.max(0, ...active));
    }
  });

  it('give histograms whose bins sum to the count', () => {
    for (let feature = 0; feature < 9; feature++) {
      const bins = statistics.histogram.subarray(feature * 8, feature * 8 + 8);
      expect(bins.reduce((a, b) => a + b, 0)).toBe(statistics.count[feature]);
    }
  });

  it('give the density at each part of the sequence', () => {
    for (let part = 0; part < 4; part++) {
      const inPart = column(0).filter((_, token) => Math.floor((token % 12) / 3) === part);
      const expected = inPart.filter((value) => value > 0).length / inPart.length;
      expect(statistics.densityByPosition[part]).toBeCloseTo(expected, 6);
    }
  });

  it('rank the strongest activation of each sequence, one for each', () => {
    for (let feature = 0; feature < 9; feature++) {
      const best = Array.from({ length: 5 }, (_, s) =>
        Math.max(...column(feature).slice(s * 12, s * 12 + 12)),
      )
        .filter((value) => value > 0)
        .sort((a, b) => b - a)
        .slice(0, 3);
      const found = [...statistics.topValue.subarray(feature * 3, feature * 3 + best.length)];
      expect(found).toEqual(best);
      const sequences = best.map((_, rank) => statistics.top[2 * (feature * 3 + rank)]);
      expect(new Set(sequences).size).toBe(best.length);
    }
  });

  it('draw from each band only activations that lie in it', () => {
    for (let feature = 0; feature < 9; feature++)
      for (let band = 0; band < 5; band++)
        for (let i = 0; i < 2; i++) {
          const at = (feature * 5 + band) * 2 + i;
          const sequence = statistics.banded[2 * at]!;
          if (sequence < 0) continue;
          const value = dense[(sequence * 12 + statistics.banded[2 * at + 1]!) * 9 + feature]!;
          expect(value).toBe(statistics.bandedValue[at]);
          expect(bandOf(value, statistics.max[feature]!, 5)).toBe(band);
        }
  });

  it('draw random positives from all activations, without repeats', () => {
    for (let feature = 0; feature < 9; feature++) {
      const drawn = Array.from({ length: 4 }, (_, i) => {
        const at = 2 * (feature * 4 + i);
        return statistics.random[at]! * 12 + statistics.random[at + 1]!;
      }).filter((token) => token >= 0);
      const wanted = Math.min(4, statistics.count[feature]!);
      expect(new Set(drawn).size).toBe(wanted);
      for (const token of drawn) expect(dense[token * 9 + feature]).toBeGreaterThan(0);
    }
  });

  it('draw near misses where the token is that of the top examples and the feature silent', () => {
    for (let feature = 0; feature < 9; feature++) {
      const tokenAt = (places: Int32Array, at: number) =>
        places[2 * at]! * 12 + places[2 * at + 1]!;
      const topIds = [0, 1, 2].map((rank) => ids[tokenAt(statistics.top, feature * 3 + rank)]);
      const times = (id: number) => topIds.filter((other) => other === id).length;
      const most = Math.max(...topIds.map((id) => times(id!)));
      const drawn = [0, 1, 2]
        .map((rank) => tokenAt(statistics.nearMiss, feature * 3 + rank))
        .filter((token) => token >= 0);
      const shared = ids[drawn[0]!]!;
      expect(times(shared)).toBe(most);
      const silent = [...ids.keys()].filter(
        (token) => ids[token] === shared && dense[token * 9 + feature] === 0,
      );
      expect(statistics.nearMissCount[feature]).toBe(silent.length);
      expect(new Set(drawn).size).toBe(Math.min(3, silent.length));
      for (const token of drawn) expect(silent).toContain(token);
    }
  });

  it('mark what is absent: a dead feature has no examples', () => {
    const none = new StatisticsPass({
      latents: 1,
      ids: new Int32Array(12),
      vocabulary: 1,
      random: 1,
      nearMisses: 1,
      length: 12,
      bins: 2,
      positionBins: 2,
      top: 2,
      bands: 2,
      perBand: 1,
      seed: 1,
    }).statistics;
    expect([...none.top]).toEqual([-1, -1, -1, -1]);
    expect(none.max[0]).toBe(0);
  });
});

/** Share of the pairs of a token with the property and one without that are in the right order. */
function aucByPairs(values: readonly number[], label: ArrayLike<number>): number {
  let wins = 0;
  let pairs = 0;
  for (let i = 0; i < values.length; i++)
    for (let j = 0; j < values.length; j++)
      if (label[i] && !label[j]) {
        pairs++;
        wins += values[i]! > values[j]! ? 1 : values[i] === values[j] ? 0.5 : 0;
      }
  return wins / pairs;
}

describe('AUC against labels', () => {
  const random = new RandomStream(3, 1);
  const label = Uint8Array.from({ length: 60 }, () => (random.uniform() < 0.4 ? 1 : 0));

  it('equals the share of pairs in the right order, ties counting half', () => {
    const found = labelAuc(activations, [label]);
    for (let feature = 0; feature < 9; feature++)
      expect(found[feature]).toBeCloseTo(aucByPairs(column(feature), label), 6);
  });

  it('is scored on the sequences of even and of odd number apart', () => {
    const inverse = label.map((bit) => 1 - bit);
    const found = labelAucByHalf(activations, [label, inverse], 12);
    for (let feature = 0; feature < 9; feature++)
      for (const half of [0, 1]) {
        const isIn = (_: number, token: number) => Math.floor(token / 12) % 2 === half;
        const expected = aucByPairs(column(feature).filter(isIn), label.filter(isIn));
        expect(found[4 * feature + half]).toBeCloseTo(expected, 6);
        expect(found[4 * feature + 2 + half]).toBeCloseTo(1 - expected, 6);
      }
  });

  it('of the token alone is 1 for a property of the token and 0.5 for one of its surroundings', () => {
    const ids = Int32Array.from({ length: 4000 }, () => random.below(20));
    const ofToken = Uint8Array.from(ids, (id) => Number(id % 3 === 0));
    const ofPlace = Uint8Array.from(ids, (_, token) => Number(token % 10 < 4));
    const [token, place] = tokenAuc(ids, [ofToken, ofPlace], 10);
    expect(token).toBe(1);
    expect(Math.abs(place! - 0.5)).toBeLessThan(0.05);
  });

  it('is not a number for a property that every token has', () => {
    expect(labelAuc(activations, [new Uint8Array(60).fill(1)])[0]).toBeNaN();
  });
});
