import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { heapAfterCollection } from '../protocol/memory.ts';
import { within } from '../support/deadline.ts';
import { serving } from '../support/serve.ts';
import type { WebServer } from '../support/web-server.ts';
import {
  begin,
  GET,
  GET_VALUES,
  PARAMS,
  pairs,
  params,
  record,
  request,
  STDIN,
} from '../support/wire.ts';

/* How many bytes may wait, on both sides of each boundary. */

const KIB = 1024;
const MIB = 1024 * KIB;

const answer = (_req: IncomingMessage, res: ServerResponse) => {
  res.end('answered');
};

/** Waits until all that was sent has been read. */
async function read(peer: WebServer): Promise<void> {
  const before = peer.records.filter(({ requestId }) => requestId === 0).length;
  peer.send(record(GET_VALUES, 0));
  await peer.until(
    'FCGI_GET_VALUES_RESULT',
    () => peer.records.filter(({ requestId }) => requestId === 0).length > before,
  );
}

describe('maxBufferedInput', () => {
  const limit = 4096;

  /** Begins a request whose PARAMS wait in so many bytes. */
  const half = (id: number, size: number) => [begin(id), record(PARAMS, id, Buffer.alloc(size))];

  test.each([
    [limit, undefined],
    [limit + 1, '503 Service Unavailable'],
  ])('%i bytes of PARAMS that wait, under a limit of 4096', async (bytes, status) => {
    await serving(
      answer,
      async ({ connect, errors }) => {
        const [peer, other] = [await connect(), await connect()];
        peer.send(...half(1, 2000));
        await read(peer);
        peer.send(...half(2, bytes - 2000));
        await read(peer);
        if (status) {
          expect((await peer.answer(2)).status).toBe(status);
          expect(errors).toMatchObject([{ code: 'ERR_FCGI_BUFFERED_INPUT', limit, requestId: 2 }]);
        } else {
          expect(peer.records.filter(({ requestId }) => requestId > 0)).toEqual([]);
        }
        other.send(...half(1, 2000));
        await read(other);
        expect(errors).toHaveLength(status ? 1 : 0);
        expect((await other.exchange(request({ id: 2 }), 2)).status).toBe('200 OK');
      },
      { maxBufferedInput: limit },
    );
  });

  test('a request ends when its PARAMS grow past what is left', async () => {
    await serving(
      answer,
      async ({ connect, errors }) => {
        const peer = await connect();
        peer.send(...half(1, 3000), begin(2));
        await read(peer);
        peer.send(record(PARAMS, 2, Buffer.alloc(1000)));
        await read(peer);
        expect(errors).toEqual([]);
        expect((await peer.exchange(record(PARAMS, 2, Buffer.alloc(1000)), 2)).status).toMatch(
          /^503/,
        );
        expect((await peer.exchange(record(2, 1))).protocolStatus).toBe(0);
        peer.send(...half(3, 4096));
        await read(peer);
        expect(errors).toHaveLength(1);
      },
      { maxBufferedInput: limit },
    );
  });

  test('bodies that are not read go to a file, and are whole when they are read', async () => {
    const waiting: IncomingMessage[] = [];
    await serving(
      (req, res) => {
        waiting.push(req);
        let length = 0;
        req.on('end', () => res.end(String(length)));
        req.pause().on('data', (piece: Buffer) => {
          length += piece.length;
        });
        req.pause();
      },
      async ({ connect, errors }) => {
        const peer = await connect();
        const size = 200_000;
        const post = { ...GET, REQUEST_METHOD: 'POST' };
        for (const id of [1, 2, 3]) peer.send(begin(id), params(id, post));
        await read(peer);
        const before = heapAfterCollection();
        for (const id of [1, 2, 3]) {
          for (let at = 0; at < size; at += 50_000)
            peer.send(record(STDIN, id, Buffer.alloc(50_000)));
          peer.send(record(STDIN, id));
        }
        await read(peer);
        expect(heapAfterCollection() - before).toBeLessThan(3 * (64 + 64) * KIB + 64 * KIB);
        for (const req of waiting) req.resume();
        for (const id of [1, 2, 3]) expect((await peer.answer(id)).body.toString()).toBe(`${size}`);
        expect(errors).toEqual([]);
      },
      { maxBufferedInput: limit, transport: 'unix' },
    );
  });
});

describe.each([
  [1000, '200 OK'],
  [1001, '503 Service Unavailable'],
])('a body of which %i bytes wait', (bytes, status) => {
  /** Sends the bytes to a request that does not read on a connection that must be read. */
  async function post(options: object): Promise<string | undefined> {
    const waiting: IncomingMessage[] = [];
    return serving(
      (req, res) => {
        if (req.method === 'GET') return void res.end();
        waiting.push(req);
        req.on('end', () => res.end());
      },
      async ({ connect, errors }) => {
        const peer = await connect();
        // The first byte fills the stream of `req`.
        peer.send(begin(2), params(2, { ...GET, REQUEST_METHOD: 'POST' }), record(STDIN, 2, 'x'));
        await read(peer);
        peer.send(record(STDIN, 2, Buffer.alloc(bytes)), record(STDIN, 2));
        await read(peer);
        if (errors.length > 0) expect(errors).toMatchObject([{ code: 'ERR_FCGI_BODY_SPOOL' }]);
        for (const req of waiting) req.resume();
        return (await peer.answer(2)).status;
      },
      { highWaterMark: 1, ...options },
    );
  }

  test(`is answered ${status} when 1000 fit in memory and none in its file`, async () => {
    expect(await post({ maxBufferedBody: 1000, maxSpooledBody: 0 })).toBe(status);
  });

  test(`is answered ${status} when 1000 fit in its file and none in memory`, async () => {
    expect(await post({ maxBufferedBody: 0, maxSpooledBody: 1000 })).toBe(status);
  });
});

test.each([
  [99, true],
  [100, false],
])('highWaterMark 100: with %i bytes that wait res.write() returns %p', async (length, more) => {
  await serving(
    (_req, res) => {
      // What a write of nothing but the head leaves, and the header of its record.
      res.flushHeaders();
      const waiting = (res.socket as Socket).writableLength;
      res.end(String(res.write('x'.repeat(length - waiting))));
    },
    async ({ connect }) => {
      const { body } = await (await connect()).exchange(request());
      expect(body.toString().replace(/^x*/, '')).toBe(String(more));
    },
    { highWaterMark: 100 },
  );
});

test('highWaterMark is that of req and res', async () => {
  await serving(
    (req, res) => {
      res.end(JSON.stringify([req.readableHighWaterMark, req.socket.readableHighWaterMark]));
    },
    async ({ connect }) => {
      const { body } = await (await connect()).exchange(request());
      expect(JSON.parse(body.toString())).toEqual([1234, 1234]);
    },
    { highWaterMark: 1234 },
  );
});

test.each([
  ['reads on', 4 * MIB, true],
  ['reads no further requests', 64 * KIB, false],
])(
  'maxBufferedOutput: %s with 1 MiB that waits under a limit of %i',
  async (_name, maxBufferedOutput, goesOn) => {
    const begun: string[] = [];
    await serving(
      (req, res) => {
        begun.push(req.url as string);
        res.end(Buffer.alloc(req.url === '/large' ? MIB : 1));
      },
      async ({ server, connect }) => {
        const connected = within('the connection', once(server, 'connection'));
        const peer = await connect();
        const [socket] = (await connected) as [Socket];
        peer.socket.pause();
        peer.send(request({ id: 1, variables: { REQUEST_URI: '/large' } }));
        await within(
          'the response',
          until(() => begun.length === 1),
        );
        peer.send(request({ id: 2 }));
        await within(
          'the second request',
          until(() => begun.length === 2),
        );
        peer.send(request({ id: 3 }));
        if (goesOn)
          await within(
            'the third request',
            until(() => begun.length === 3),
          );
        else
          await within(
            'a connection that is held back',
            until(() => socket.isPaused()),
          );
        expect(begun).toHaveLength(goesOn ? 3 : 2);
        peer.socket.resume();
        expect((await peer.answer(3)).body).toHaveLength(1);
        expect(begun).toHaveLength(3);
      },
      { maxBufferedOutput, transport: 'unix' },
    );
  },
);

/** Resolves once the condition holds, looked at on each turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test('half-open requests of many connections take no more than maxHalfOpenRequests × maxParamsSize', async () => {
  const maxHalfOpenRequests = 100;
  const maxParamsSize = 16 * KIB;
  await serving(
    answer,
    async ({ connect, server }) => {
      const peers = await Promise.all(Array.from({ length: 20 }, () => connect()));
      for (const peer of peers) await read(peer);
      const before = heapAfterCollection();
      const ids = Array.from({ length: 50 }, (_, i) => i + 1);
      for (const peer of peers) {
        for (const id of ids) peer.send(begin(id), record(PARAMS, id, Buffer.alloc(maxParamsSize)));
        await read(peer);
      }
      expect(server.halfOpenRequests).toBeLessThanOrEqual(maxHalfOpenRequests);
      // Code that V8 has compiled meanwhile counts too; what was sent has 16 MiB.
      const most = maxHalfOpenRequests * maxParamsSize + 2 * MIB;
      for (const peer of peers) peer.records.length = 0;
      expect(heapAfterCollection() - before).toBeLessThan(most);
      const other = await connect();
      expect((await other.exchange(request())).body.toString()).toBe('answered');
    },
    { maxHalfOpenRequests, maxParamsSize, transport: 'unix' },
  );
});

test('a slow sender takes the bytes that it sent and a few kilobytes, and holds nobody up', async () => {
  const count = 500;
  await serving(
    (req, res) => {
      let length = 0;
      req.on('data', (piece: Buffer) => {
        length += piece.length;
      });
      req.on('end', () => res.end(String(length)));
    },
    async ({ connect }) => {
      const peer = await connect();
      await read(peer);
      const before = heapAfterCollection();
      const post = { ...GET, REQUEST_METHOD: 'POST', CONTENT_LENGTH: '1000000000' };
      for (let id = 1; id <= count; id++) {
        peer.send(begin(id), params(id, post), record(STDIN, id, 'x'));
      }
      await read(peer);
      for (let id = 1; id <= count; id++) peer.send(record(STDIN, id, 'y'));
      await read(peer);
      expect((heapAfterCollection() - before) / count).toBeLessThan(16 * KIB);
      expect((await peer.exchange(request({ id: 600 }), 600)).body.toString()).toBe('0');
    },
    { transport: 'unix' },
  );
});

test('PARAMS that come byte by byte count as what they are', async () => {
  await serving(
    answer,
    async ({ connect }) => {
      const peer = await connect();
      const block = pairs(GET);
      peer.send(begin());
      for (const byte of block) peer.send(record(PARAMS, 1, Uint8Array.of(byte)));
      expect((await peer.exchange(record(PARAMS, 1))).body.toString()).toBe('answered');
    },
    { maxParamsSize: pairs(GET).length, maxParams: Object.keys(GET).length },
  );
});
