import { InputMemory } from '../../src/server/input-memory.ts';
import { ParamsBlock } from '../../src/server/params-block.ts';
import type { Server } from '../../src/server/server.ts';

const maxParamsSize = 1000;
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
    expect(block.push(Buffer.alloc(size, i))).toBeUndefined();
    expect(block.keep()).toBeUndefined();
    expect(memory.taken).toBeLessThanOrEqual(maxParamsSize);
  }
  expect(block.push(Buffer.alloc(1))).toMatchObject({ code: 'ERR_FCGI_PARAMS_SIZE' });
  const all = Buffer.concat(sizes.map((size, i) => Buffer.alloc(size, i)));
  expect(block.take().equals(all)).toBe(true);
  expect(memory.taken).toBe(0);
});

test('PARAMS under a limit of less than the first block take no more than the limit', () => {
  const memory = new InputMemory(1_000_000);
  const small = { ...server, settings: { ...server.settings, maxParamsSize: 100 } } as Server;
  const block = new ParamsBlock(small, memory);
  block.push(Buffer.alloc(10));
  expect(block.keep()).toBeUndefined();
  expect(memory.taken).toBeLessThanOrEqual(100);
});
