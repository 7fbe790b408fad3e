import fs, { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { BodySpool } from '../../src/server/body-spool.ts';
import { InputMemory } from '../../src/server/input-memory.ts';
import { defaultLimits } from '../../src/server/limit-options.ts';
import { heapAfterCollection } from '../protocol/memory.ts';
import { serving } from '../support/serve.ts';
import { begin, GET, params, record, request, STDIN } from '../support/wire.ts';

const newSpool = (limits = {}, memory = new InputMemory(Number.POSITIVE_INFINITY)) =>
  new BodySpool({ ...defaultLimits, ...limits }, memory);

/** Everything that is left in the spool. */
function drain(spool: BodySpool): Buffer {
  const pieces: Buffer[] = [];
  for (let piece = spool.shift(); piece; piece = spool.shift()) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

const bytes = (length: number, seed: number) =>
  Buffer.from(Array.from({ length }, (_, i) => (i * 31 + seed) & 255));

test.each([0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 3_000_000])(
  'gives %i bytes back in order',
  (length) => {
    const spool = newSpool();
    const body = bytes(length, 3);
    for (let at = 0; at < length; at += 60_000) spool.push(body.subarray(at, at + 60_000));
    expect(spool.length).toBe(length);
    expect(drain(spool).equals(body)).toBe(true);
    expect(spool.length).toBe(0);
  },
);

test('keeps the order when pushes and shifts alternate across the limit', () => {
  const spool = newSpool();
  const body = bytes(4_000_000, 7);
  const out: Buffer[] = [];
  for (let at = 0; at < body.length; at += 50_000) {
    spool.push(body.subarray(at, at + 50_000));
    if (at % 150_000 === 0) out.push(Buffer.from(spool.shift() as Buffer));
  }
  out.push(drain(spool));
  expect(Buffer.concat(out).equals(body)).toBe(true);
});

test('leaves no file with a name, and none at all after close()', () => {
  const names = () => readdirSync(tmpdir()).filter((name) => name.startsWith('fcgi-body-'));
  const before = names();
  const spool = newSpool();
  for (let i = 0; i < 10; i++) spool.push(Buffer.alloc(60_000));
  expect(names()).toEqual(before);
  spool.close();
  expect([spool.length, spool.shift()]).toEqual([0, undefined]);
  spool.push(Buffer.from('again'));
  expect(drain(spool).toString()).toBe('again');
});

test('a body that cannot be spooled fails its request with 503, and no other', async () => {
  try {
    await serving(
      (req, res) => {
        if (req.url === '/other') res.end('unharmed');
      },
      async ({ connect, errors }) => {
        const peer = await connect();
        jest.spyOn(fs, 'mkdtempSync').mockImplementation(() => {
          throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        });
        const variables = { ...GET, REQUEST_METHOD: 'POST', REQUEST_URI: '/slow' };
        peer.send(begin(1), params(1, variables), begin(2));
        for (let i = 0; i < 20; i++) peer.send(record(STDIN, 1, Buffer.alloc(60_000)));
        expect((await peer.answer(1)).status).toBe('503 Service Unavailable');
        expect(
          errors.map(({ code, cause }) => [code, (cause as NodeJS.ErrnoException).code]),
        ).toEqual([['ERR_FCGI_BODY_SPOOL', 'ENOSPC']]);
        const rest = request({ id: 2, variables: { REQUEST_URI: '/other' } }).subarray(
          begin(2).length,
        );
        expect((await peer.exchange(rest, 2)).body.toString()).toBe('unharmed');
      },
    );
  } finally {
    jest.restoreAllMocks();
  }
});

test('short pieces take no more memory than their bytes, and leave their chunks to be collected', () => {
  const before = heapAfterCollection();
  const single = newSpool();
  const chunk = bytes(200_000, 7);
  for (let at = 0; at < chunk.length; at++) single.push(chunk.subarray(at, at + 1));
  const parts = newSpool();
  for (let i = 0; i < 40; i++) parts.push(Buffer.alloc(1_000_000, i).subarray(0, 6000));
  expect(heapAfterCollection() - before).toBeLessThan(1024 * 1024);
  expect(drain(single).equals(chunk)).toBe(true);
  expect(drain(parts)).toHaveLength(240_000);
});

test.each([1, 100, 4095, 4096, 16_384])(
  'keeps the order of pieces of %i bytes and longer ones between them',
  (size) => {
    const spool = newSpool();
    const body = bytes(200_000, 11);
    for (let at = 0, i = 0; at < body.length; i++) {
      const length = i % 7 === 6 ? 5000 : size;
      spool.push(body.subarray(at, at + length));
      at += length;
    }
    expect(spool.length).toBe(body.length);
    const half: Buffer[] = [];
    while (spool.length > 100_000) half.push(Buffer.from(spool.shift() as Buffer));
    spool.push(Buffer.from('more'));
    expect(Buffer.concat([...half, drain(spool)])).toEqual(
      Buffer.concat([body, Buffer.from('more')]),
    );
  },
);

test('uses its file as a ring: what was read makes room for as much', () => {
  const spool = newSpool({ maxBufferedBody: 0, maxSpooledBody: 1000 });
  const body = bytes(10_007, 5);
  const out: Buffer[] = [];
  spool.push(body.subarray(0, 500));
  for (let at = 500; at < body.length; at += 500) {
    spool.push(body.subarray(at, at + 500));
    const piece = spool.shift() as Buffer;
    out.push(piece);
    if (spool.length > 500) out.push(spool.shift() as Buffer);
  }
  out.push(drain(spool));
  expect(Buffer.concat(out).equals(body)).toBe(true);
});

test.each([
  [1000, undefined],
  [1001, 'ERR_FCGI_BODY_SPOOL'],
])('takes %i bytes into a file of at most 1000', (length, code) => {
  const spool = newSpool({ maxBufferedBody: 0, maxSpooledBody: 1000 });
  const push = () => spool.push(bytes(length, 1));
  if (code) expect(push).toThrow(expect.objectContaining({ code, limit: 1000 }));
  else expect(push).not.toThrow();
  expect(drain(spool)).toHaveLength(code ? 0 : length);
});

test('gives back what it took of the memory of its connection', () => {
  const memory = new InputMemory(1000);
  const [one, other] = [newSpool({}, memory), newSpool({}, memory)];
  one.push(bytes(600, 1));
  other.push(bytes(401, 2));
  expect(memory.taken).toBe(600);
  expect(drain(one)).toEqual(bytes(600, 1));
  expect(memory.taken).toBe(0);
  expect(drain(other)).toEqual(bytes(401, 2));
  one.push(bytes(1000, 3));
  expect(memory.taken).toBe(1000);
  one.close();
  expect(memory.taken).toBe(0);
});
