import type { IncomingMessage, ServerResponse } from 'node:http';
import { serving } from '../support/serve.ts';
import type { WebServer } from '../support/web-server.ts';
import { begin, GET, GET_VALUES, PARAMS, pairs, params, record, request } from '../support/wire.ts';

/* How many of a kind there may be, on both sides of each boundary. */

const OVERLOADED = 2;

const answer = (_req: IncomingMessage, res: ServerResponse) => {
  res.end('answered');
};

const variables = (count: number): [string, string][] => {
  const more = Array.from({ length: count - Object.keys(GET).length }, (_, i) => [`V${i}`, '']);
  return [...Object.entries(GET), ...(more as [string, string][])];
};

const headers = (count: number): [string, string][] => {
  const more = Array.from({ length: count - 1 }, (_, i) => [`HTTP_X${i}`, '']);
  return [...Object.entries(GET), ...(more as [string, string][])];
};

const whole = (entries: readonly [string, string][], id = 1) =>
  Buffer.concat([begin(id), params(id, entries), record(5, id)]);

/** Waits until all that was sent has been read. */
async function read(peer: WebServer): Promise<void> {
  const before = peer.records.filter(({ requestId }) => requestId === 0).length;
  peer.send(record(GET_VALUES, 0));
  await peer.until(
    'FCGI_GET_VALUES_RESULT',
    () => peer.records.filter(({ requestId }) => requestId === 0).length > before,
  );
}

test.each([
  ['maxParams', { maxParams: 20 }, whole(variables(20)), whole(variables(21)), 20],
  ['maxParams by default', {}, whole(variables(4000)), whole(variables(4001)), 4000],
  ['maxHeadersCount', { maxHeadersCount: 7 }, whole(headers(7)), whole(headers(8)), 7],
  ['maxHeadersCount by default', {}, whole(headers(2000)), whole(headers(2001)), 2000],
])('%s: answers as many, and 431 to one more', async (name, options, most, oneMore, limit) => {
  const code = name.startsWith('maxParams') ? 'ERR_FCGI_PARAMS_COUNT' : 'ERR_FCGI_HEADERS_COUNT';
  await serving(
    answer,
    async ({ connect, errors }) => {
      const peer = await connect();
      expect((await peer.exchange(most)).status).toBe('200 OK');
      expect(errors).toEqual([]);
      expect((await peer.exchange(oneMore)).status).toBe('431 Request Header Fields Too Large');
      expect(errors).toMatchObject([{ name: 'FcgiError', code, limit, requestId: 1 }]);
      expect((await peer.exchange(request())).status).toBe('200 OK');
    },
    options,
  );
});

test('maxHeadersCount can be changed while the server runs, and 0 means no limit', async () => {
  await serving(
    answer,
    async ({ connect, server }) => {
      const peer = await connect();
      server.maxHeadersCount = 1;
      expect((await peer.exchange(whole(headers(2)))).status).toMatch(/^431 /);
      server.maxHeadersCount = 0;
      expect((await peer.exchange(whole(headers(3000)))).status).toBe('200 OK');
    },
    { maxHeadersCount: 5 },
  );
});

test('maxConcurrentRequestsPerConnection: one more is answered FCGI_OVERLOADED, on that connection', async () => {
  const waiting: ServerResponse[] = [];
  await serving(
    (_req, res) => {
      waiting.push(res);
    },
    async ({ connect, server }) => {
      const dropped: unknown[] = [];
      server.on('dropRequest', (socket) => dropped.push(socket));
      const [peer, other] = [await connect(), await connect()];
      peer.send(request({ id: 1 }), request({ id: 2 }), request({ id: 3 }));
      expect((await peer.answer(3)).protocolStatus).toBe(OVERLOADED);
      expect(dropped).toHaveLength(1);
      other.send(request());
      await read(other);
      expect(waiting).toHaveLength(3);
      for (const res of waiting.splice(0)) res.end();
      expect((await peer.answer(2)).protocolStatus).toBe(0);
      expect((await other.answer(1)).protocolStatus).toBe(0);
      peer.send(request({ id: 4 }));
      await read(peer);
      expect(waiting).toHaveLength(1);
    },
    { maxConcurrentRequestsPerConnection: 2 },
  );
});

test('maxConcurrentRequests: one more is answered FCGI_OVERLOADED, on any connection', async () => {
  const waiting: ServerResponse[] = [];
  await serving(
    (_req, res) => {
      waiting.push(res);
    },
    async ({ connect }) => {
      const [peer, other] = [await connect(), await connect()];
      peer.send(request());
      other.send(request());
      await read(peer);
      await read(other);
      expect(waiting).toHaveLength(2);
      expect((await other.exchange(request({ id: 2 }), 2)).protocolStatus).toBe(OVERLOADED);
      waiting.pop()?.end();
      other.send(request({ id: 3 }));
      await read(other);
      expect(waiting).toHaveLength(2);
    },
    { maxConcurrentRequests: 2 },
  );
});

describe('maxHalfOpenRequests', () => {
  const half = (id: number) => Buffer.concat([begin(id), record(PARAMS, id, pairs(GET))]);

  test('one more is answered FCGI_OVERLOADED, on any connection', async () => {
    await serving(
      answer,
      async ({ connect, server }) => {
        const dropped: unknown[] = [];
        server.on('dropRequest', (socket) => dropped.push(socket));
        const [peer, other] = [await connect(), await connect()];
        peer.send(half(1), half(2));
        await read(peer);
        expect((await other.exchange(half(1))).protocolStatus).toBe(OVERLOADED);
        expect(dropped).toHaveLength(1);
        expect((await peer.exchange(record(PARAMS, 1))).status).toBe('200 OK');
        expect((await other.exchange(Buffer.concat([half(2), record(PARAMS, 2)]), 2)).status).toBe(
          '200 OK',
        );
      },
      { maxHalfOpenRequests: 2 },
    );
  });

  test('requests that come whole are served, however many are half open', async () => {
    await serving(
      answer,
      async ({ connect }) => {
        const [peer, other] = [await connect(), await connect()];
        peer.send(half(1), half(2));
        await read(peer);
        for (let i = 0; i < 5; i++) {
          expect((await other.exchange(request())).body.toString()).toBe('answered');
        }
      },
      { maxHalfOpenRequests: 2 },
    );
  });

  test.each<[string, (peer: WebServer) => Promise<unknown> | undefined]>([
    ['their PARAMS have ended', (peer) => peer.exchange(record(PARAMS, 1))],
    ['they are aborted', (peer) => peer.exchange(record(2, 1))],
    ['they are refused', (peer) => peer.exchange(record(PARAMS, 1, Buffer.alloc(5000)))],
    [
      'their PARAMS are malformed',
      (peer) => peer.send(record(PARAMS, 1, 'x'), record(PARAMS, 1)).closed(),
    ],
    ['their connection is closed', (peer) => void peer.close()],
  ])('counts them no more when %s', async (_name, end) => {
    await serving(
      answer,
      async ({ connect, server }) => {
        for (let i = 0; i < 4; i++) {
          const peer = await connect();
          peer.send(half(1));
          await read(peer);
          await end(peer);
          peer.close();
        }
        const last = await connect();
        await last.exchange(request());
        expect(server.halfOpenRequests).toBe(0);
      },
      { maxHalfOpenRequests: 1, maxParamsSize: 4096 },
    );
  });
});
