import { RecordWriter } from '../../src/protocol/index.ts';
import { returnSlab, type Slab, takeSlab } from '../../src/protocol/slab.ts';

const KIB = 1024;

/** Borrows until the slab comes from fresh memory, so that no test sees what another one left. */
function freshSlab(): Slab {
  for (;;) {
    const slab = takeSlab(1);
    if (slab.at === 0) return slab;
  }
}

test.each([0, 1, 4 * KIB, 64 * KIB, 64 * KIB + 1, 1024 * KIB])(
  'lends a slab with %d bytes free',
  (room) => {
    const slab = takeSlab(room);
    expect(slab.buffer.length - slab.at).toBeGreaterThanOrEqual(room);
  },
);

test('lends a slab to one borrower at a time', () => {
  const slabs = Array.from({ length: 10 }, () => takeSlab(100));
  expect(new Set(slabs.map(({ buffer }) => buffer.buffer)).size).toBe(10);
  for (const slab of slabs) returnSlab(slab);
  const again = Array.from({ length: 10 }, () => takeSlab(100));
  expect(new Set(again.map(({ buffer }) => buffer.buffer)).size).toBe(10);
});

test('lends the rest of a returned slab, from where the last borrower stopped', () => {
  const slab = freshSlab();
  slab.at = 1000;
  returnSlab(slab);
  const next = takeSlab(100);
  expect(next.buffer).toBe(slab.buffer);
  expect(next.at).toBe(1000);
});

test('does not lend a slab again that is nearly full', () => {
  const slab = freshSlab();
  slab.at = slab.buffer.length - 100;
  returnSlab(slab);
  expect(takeSlab(1).buffer).not.toBe(slab.buffer);
});

test('keeps no more than a few slabs for borrowers to come', () => {
  const slabs = Array.from({ length: 20 }, freshSlab);
  for (const slab of slabs) returnSlab(slab);
  const again = new Set(Array.from({ length: 20 }, () => takeSlab(1).buffer));
  expect(slabs.filter(({ buffer }) => again.has(buffer)).length).toBeLessThanOrEqual(4);
});

test('shares no memory with the pool that others slice from', () => {
  const slab = freshSlab();
  expect(slab.buffer.byteOffset).toBe(0);
  expect(slab.buffer.buffer.byteLength).toBe(slab.buffer.length);
});

test.each([1, 5, 10, 11, 13, 14, 16])(
  'writers that send %d KiB at a time use up about what they send',
  (kib) => {
    const content = Buffer.alloc(kib * KIB);
    const memory = new Set<unknown>();
    const turns = 400;
    for (let i = 0; i < turns; i++) {
      const writer = new RecordWriter();
      writer.stream(6, 1, content);
      for (const { buffer } of writer.take()) memory.add(buffer);
    }
    // A slab is left with up to 16 KiB unused.
    expect(memory.size).toBeLessThanOrEqual(Math.ceil((turns * kib) / 48) + 4);
  },
);
