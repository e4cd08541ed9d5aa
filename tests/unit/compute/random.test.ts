import { describe, expect, it } from 'vitest';
import { philox, RandomStream } from '../../../main/compute/random.ts';

describe('Philox4x32-10', () => {
  // Known answers of the reference implementation (Random123, kat_vectors).
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)('gives the known answer for counter %j', (counter, key, expected) => {
    const out = new Uint32Array(4);
    philox(counter, key, out);
    expect([...out]).toEqual([...expected]);
  });
});

describe('a random stream', () => {
  it('repeats for equal seed, stream and substream', () => {
    const draw = () => Array.from(new RandomStream(7, 2, 3).normals(5));
    expect(draw()).toEqual(draw());
  });

  it.each([
    ['seed', new RandomStream(8, 2, 3)],
    ['stream', new RandomStream(7, 1, 3)],
    ['substream', new RandomStream(7, 2, 4)],
  ])('changes with its %s', (_name, other) => {
    expect(other.word()).not.toBe(new RandomStream(7, 2, 3).word());
  });

  it('draws normals of mean 0, variance 1 and kurtosis 3', () => {
    const values = new RandomStream(1, 1).normals(200_000);
    const moment = (p: number) => values.reduce((sum, x) => sum + x ** p, 0) / values.length;
    expect(moment(1)).toBeCloseTo(0, 2);
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.1);
  });

  it('draws whole numbers below a bound without bias', () => {
    const stream = new RandomStream(1, 1);
    const counts = new Float64Array(7);
    for (let i = 0; i < 70_000; i++) counts[stream.below(7)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it('permutes: every number once, and not in order', () => {
    const order = [...new RandomStream(5, 5).permutation(100)];
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
  });
});
