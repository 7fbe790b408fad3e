import fc from 'fast-check';
import { InputMemory } from '../../src/server/input-memory.ts';
import { ParamsBlock } from '../../src/server/params-block.ts';
import type { Server } from '../../src/server/server.ts';

const maxParamsSize = 1000;

/** Takes so many bytes from the midst of a chunk. */
const push = (block: ParamsBlock, size: number, byte = 0) =>
  block.push(Buffer.alloc(size + 20, byte), 9, 9 + size);

/** Takes what was gathered, as a request does whose PARAMS end. */
function take(block: ParamsBlock): Buffer {
  const all = Buffer.from(block.block.subarray(block.start, block.end));
  block.drop();
  return all;
}

const server = {
  settings: { maxParamsSize, maxHalfOpenRequests: 10, maxBufferedInput: 1_000_000 },
  halfOpenRequests: 0,
} as unknown as Server;

test.each([
  ['byte by byte', Array.from({ length: maxParamsSize }, () => 1)],
  ['all but a byte, and that', [maxParamsSize - 1, 1]],
  ['in halves', [500, 500]],
  ['a little more each time', [1, 2, 3, 300, 301, 393]],
])('PARAMS of maxParamsSize that come %s never take more memory than that', (_name, sizes) => {
  const memory = new InputMemory(1_000_000);
  const block = new ParamsBlock(server, memory);
  for (const [i, size] of sizes.entries()) {
    expect(push(block, size, i)).toBeUndefined();
    expect(block.keep()).toBeUndefined();
    expect(memory.taken).toBeLessThanOrEqual(maxParamsSize);
  }
  expect(push(block, 1)).toMatchObject({ code: 'ERR_FCGI_PARAMS_SIZE' });
  const all = Buffer.concat(sizes.map((size, i) => Buffer.alloc(size, i)));
  expect(take(block).equals(all)).toBe(true);
  expect(memory.taken).toBe(0);
});

test('PARAMS under a limit of less than the first block take no more than the limit', () => {
  const memory = new InputMemory(1_000_000);
  const small = { ...server, settings: { ...server.settings, maxParamsSize: 100 } } as Server;
  const block = new ParamsBlock(small, memory);
  push(block, 10);
  expect(block.keep()).toBeUndefined();
  expect(memory.taken).toBeLessThanOrEqual(100);
});

// fast-check prints the seed and the smallest counter-example of a property that fails.
test('whatever comes for however many requests, they never hold more than the limits', () => {
  const maxBufferedInput = 3000;
  const maxHalfOpenRequests = 4;
  const step = fc.record({
    at: fc.nat(9),
    what: fc.constantFrom('push', 'push', 'push', 'open', 'drop', 'take'),
    size: fc.oneof(fc.nat(20), fc.nat(1200)),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const memory = new InputMemory(maxBufferedInput);
      const one = {
        settings: { maxParamsSize, maxHalfOpenRequests, maxBufferedInput },
        halfOpenRequests: 0,
      } as unknown as Server;
      const blocks = Array.from({ length: 10 }, () => new ParamsBlock(one, memory));
      const opened = new Set<ParamsBlock>();
      for (const { at, what, size } of steps) {
        const block = blocks[at] as ParamsBlock;
        if (what === 'push') {
          const failed = push(block, size) ?? block.keep();
          if (failed) {
            expect(['ERR_FCGI_PARAMS_SIZE', 'ERR_FCGI_BUFFERED_INPUT']).toContain(failed.code);
          }
        } else if (what === 'open') {
          if (!opened.has(block) && block.open()) opened.add(block);
        } else {
          if (what === 'drop') block.drop();
          else expect(take(block).length).toBeLessThanOrEqual(maxParamsSize);
          opened.delete(block);
          blocks[at] = new ParamsBlock(one, memory);
        }
        expect(memory.taken).toBeLessThanOrEqual(maxBufferedInput);
        expect(one.halfOpenRequests).toBe(opened.size);
        expect(opened.size).toBeLessThanOrEqual(maxHalfOpenRequests);
      }
      for (const block of blocks) block.drop();
      expect([memory.taken, one.halfOpenRequests]).toEqual([0, 0]);
    }),
    { numRuns: 500 },
  );
});
