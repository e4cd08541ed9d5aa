import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Allocator, type Block } from '../../../../main/compute/engines/wasm/allocator.ts';
import { AppError, hasCode } from '../../../../shared/errors.ts';

const limit = 64 << 20;

function fresh(grow: (bytes: number) => void = () => undefined): Allocator {
  return new Allocator(1024, limit, grow);
}

/** A request for bytes, or the release of one of the blocks in use. */
const action = fc.oneof(
  fc.record({ bytes: fc.integer({ min: 0, max: 200_000 }) }),
  fc.record({ release: fc.nat() }),
);

function replay(allocator: Allocator, actions: ({ bytes: number } | { release: number })[]) {
  const blocks: Block[] = [];
  for (const each of actions)
    if ('bytes' in each) blocks.push(allocator.allocate(each.bytes));
    else if (blocks.length > 0)
      allocator.release(blocks.splice(each.release % blocks.length, 1)[0]!);
  return blocks;
}

describe('the allocator', () => {
  test('gives aligned blocks that are large enough and never overlap', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const blocks = replay(fresh(), actions).sort((a, b) => a.address - b.address);
        blocks.forEach((block, i) => {
          expect(block.address % 64).toBe(0);
          expect(block.address).toBeGreaterThanOrEqual(1024);
          const next = blocks[i + 1];
          if (next) expect(block.address + block.size).toBeLessThanOrEqual(next.address);
        });
      }),
    );
  });

  test('accounts for every byte between its start and its end', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const allocator = fresh();
        const blocks = replay(allocator, actions);
        const { used, free, end } = allocator.state;
        expect(used).toBe(blocks.reduce((sum, block) => sum + block.size, 0));
        expect(used + free).toBe(end - 1024);
      }),
    );
  });

  test('merges back into one piece when everything is released, in any order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 60 }),
        fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
        (sizes, order) => {
          const allocator = fresh();
          const blocks = sizes.map((bytes) => allocator.allocate(bytes));
          for (const pick of order.slice(0, sizes.length))
            allocator.release(blocks.splice(pick % blocks.length, 1)[0]!);
          const { used, free, largestFree } = allocator.state;
          expect(used).toBe(0);
          expect(largestFree).toBe(free);
        },
      ),
    );
  });

  test('a loop that asks for the same sizes again and again stops growing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 20 }),
        (sizes) => {
          const allocator = fresh();
          const step = () => {
            const blocks = sizes.map((bytes) => allocator.allocate(bytes));
            // What was asked for first is released first, so that holes open between the others.
            for (const block of blocks) allocator.release(block);
          };
          step();
          const { end } = allocator.state;
          for (let i = 0; i < 50; i += 1) step();
          expect(allocator.state.end).toBe(end);
        },
      ),
    );
  });

  test('blocks keep their numbers while others come and go', () => {
    const allocator = fresh();
    const kept = allocator.allocate(100);
    const { address, size } = kept;
    for (let i = 0; i < 100; i += 1) allocator.release(allocator.allocate(i * 64));
    expect(kept).toMatchObject({ address, size });
  });

  test('what does not fit is out of memory, in numbers, and leaves the rest usable', () => {
    const allocator = fresh();
    const first = allocator.allocate(40 << 20);
    let caught: unknown;
    try {
      allocator.allocate(30 << 20);
    } catch (error) {
      caught = error;
    }
    expect(hasCode(caught, 'out-of-memory')).toBe(true);
    expect((caught as AppError).details).toMatchObject({
      bytes: 30 << 20,
      used: 40 << 20,
      limit,
    });
    expect(String(caught)).toContain('30.0 MiB more, but 40.0 MiB of at most 64.0 MiB');
    allocator.release(first);
    expect(allocator.allocate(60 << 20).size).toBe(60 << 20);
  });

  test('a memory that refuses to grow is out of memory too', () => {
    const allocator = fresh(() => {
      throw new RangeError('no more pages');
    });
    expect(() => allocator.allocate(64)).toThrow(AppError);
  });

  test('a block that is released twice is a bug, and says so', () => {
    const allocator = fresh();
    const block = allocator.allocate(64);
    allocator.release(block);
    expect(() => allocator.release(block)).toThrow('released twice');
  });
});
