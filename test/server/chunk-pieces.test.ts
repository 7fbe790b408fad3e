import type { IncomingMessage } from 'node:http';
import { ChunkPieces } from '../../src/server/chunk-pieces.ts';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import { ABORT_REQUEST, begin, GET, params, record, STDIN } from '../support/wire.ts';

/** A request that says how long its body will be, and sends nothing of it. */
const announced = (length: number) =>
  Buffer.concat([
    begin(),
    params(1, { ...GET, REQUEST_METHOD: 'POST', CONTENT_LENGTH: String(length) }),
  ]);

const pieces = (...texts: string[]) => Buffer.concat(texts.map((text) => record(STDIN, 1, text)));

/** Notes what a request gets of its body, and how that ends. */
function noting() {
  const started = new Deferred<IncomingMessage>();
  const ended = new Deferred<string[]>();
  const seen: string[] = [];
  const listener = (req: IncomingMessage) => {
    req.on('data', (piece) => seen.push(String(piece)));
    req.on('end', () => seen.push('end'));
    req.on('aborted', () => seen.push('aborted'));
    req.on('error', () => {});
    req.on('close', () => ended.resolve(seen));
    started.resolve(req);
  };
  return { listener, started, ended };
}

test('records that come in one chunk are one piece of the body', async () => {
  const { listener, started, ended } = noting();
  await serving(
    (req, res) => {
      listener(req);
      req.on('end', () => res.end());
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.send(announced(9));
      const req = await started.wait('the listener');
      peer.send(pieces('abc', 'de', 'f'));
      await new Promise((resolve) => req.once('data', resolve));
      peer.send(pieces('gh', 'i', ''));
      expect(await ended.wait('the end')).toEqual(['abcdef', 'ghi', 'end']);
    },
  );
});

test('so are those that come in the chunk which begins their request', async () => {
  const { listener, ended } = noting();
  await serving(
    (req, res) => {
      listener(req);
      req.on('end', () => res.end());
    },
    async ({ connect }) => {
      await (await connect()).exchange(Buffer.concat([announced(5), pieces('ab', 'cd', 'e', '')]));
      expect(await ended.wait('the end')).toEqual(['abcde', 'end']);
    },
  );
});

test.each([
  ['an abort', record(ABORT_REQUEST, 1)],
  ['more than was announced', pieces('too much')],
  ['what breaks the connection', Buffer.from('\x02nonsense')],
])("what came before %s in its chunk is the application's", async (_what, fault) => {
  const { listener, started, ended } = noting();
  await serving(listener, async ({ connect, server }) => {
    server.on('clientError', () => {});
    const peer = await connect();
    peer.send(announced(9));
    await started.wait('the listener');
    peer.send(pieces('abc', 'de'), fault);
    expect(await ended.wait('the end')).toEqual(['abcde', 'aborted']);
  });
});

test('pieces are copied, and are dropped once they were taken', () => {
  const chunk = Buffer.from('0123456789');
  const gathered = new ChunkPieces();
  gathered.add(chunk, 1, 3);
  gathered.add(chunk, 5, 8);
  const taken = gathered.take();
  chunk.fill('x');
  expect(String(taken)).toBe('12567');
  expect(gathered.take()).toBeUndefined();
});

test.each([4096, 20_000, 40_000])('%i bytes have memory of their own', (length) => {
  const chunk = Buffer.alloc(length + 2, 'x');
  const all = new ChunkPieces();
  all.add(chunk, 1, length + 1);
  const bytes = all.take();
  expect(bytes).toEqual(Buffer.alloc(length, 'x'));
  expect(bytes?.buffer.byteLength).toBe(length);
});
