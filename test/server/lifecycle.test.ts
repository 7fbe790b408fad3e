import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from '../../src/index.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import { WebServer } from '../support/web-server.ts';
import { begin, request } from '../support/wire.ts';

test('close() stops accepting, closes idle connections and lets requests finish', async () => {
  const waiting = new Deferred<ServerResponse>();
  await serving(
    (req, res) => (req.url === '/' ? res.end() : waiting.resolve(res)),
    async ({ connect, server }) => {
      const [idle, busy] = [await connect(), await connect()];
      await idle.exchange(request());
      busy.send(request({ variables: { REQUEST_URI: '/slow' } }));
      const res = await waiting.wait('the request');
      const closed = new Promise((resolve) => server.close(resolve));
      await idle.closed();
      expect(server.listening).toBe(false);
      res.end('finished');
      expect((await busy.answer()).body.toString()).toBe('finished');
      await busy.closed();
      expect(await within('close', closed)).toBeUndefined();
    },
  );
});

test('close() lets a connection on which nothing has come yet send its first request', async () => {
  await serving(
    (_req, res) => res.end('served'),
    async ({ connect, server }) => {
      const accepted = once(server, 'connection');
      const peer = await connect();
      await within('the connection', accepted);
      const closed = new Promise((resolve) => server.close(resolve));
      expect((await peer.exchange(request())).body.toString()).toBe('served');
      await peer.closed();
      expect(await within('close', closed)).toBeUndefined();
    },
  );
});

test('close() does not wait for ever for a connection that sends nothing', async () => {
  await serving(
    (_req, res) => res.end(),
    async ({ connect, server }) => {
      const accepted = once(server, 'connection');
      const peer = await connect();
      await within('the connection', accepted);
      const closed = new Promise((resolve) => server.close(resolve));
      await peer.closed();
      expect(await within('close', closed)).toBeUndefined();
    },
  );
});

test('close() waits for a request that has begun but not arrived', async () => {
  await serving(
    (_req, res) => res.end('served'),
    async ({ connect, server }) => {
      const peer = await connect();
      const bytes = request();
      peer.send(request({ id: 2 }), bytes.subarray(0, 3));
      await peer.answer(2);
      server.close();
      peer.send(bytes.subarray(3));
      expect((await peer.answer(1)).body.toString()).toBe('served');
      await peer.closed();
    },
  );
});

test('closeAllConnections() cuts requests off', async () => {
  const waiting = new Deferred<ServerResponse>();
  await serving(
    (_req, res) => waiting.resolve(res),
    async ({ connect, server }) => {
      const peer = await connect();
      peer.send(request());
      const res = await waiting.wait('the request');
      const closed = once(res, 'close');
      server.closeAllConnections();
      await within('the disconnect', closed);
      await peer.closed();
    },
  );
});

test('listens again after close()', async () => {
  const server = createServer((_req, res) => res.end('again'));
  for (let round = 0; round < 2; round++) {
    server.listen(0, '127.0.0.1');
    await within('listening', once(server, 'listening'));
    const peer = await WebServer.connect(server);
    expect((await peer.exchange(request())).body.toString()).toBe('again');
    expect((await peer.exchange(request())).body.toString()).toBe('again');
    peer.close();
    await within('close', new Promise((resolve) => server.close(resolve)));
  }
});

test('is disposed of by await using', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await within('listening', once(server, 'listening'));
  await within('disposal', server[Symbol.asyncDispose]());
  expect(server.listening).toBe(false);
});

test.each<[string, (server: import('../../src/index.ts').Server, noted: () => void) => void]>([
  ['server.setTimeout()', (server, noted) => server.setTimeout(20, noted)],
  [
    'server.timeout',
    (server, noted) => {
      server.timeout = 20;
      server.on('timeout', noted);
    },
  ],
])('%s tells of a request that nothing happens to', async (_name, set) => {
  const noted = new Deferred<void>();
  const waiting = new Deferred<ServerResponse>();
  await serving(
    (_req, res) => waiting.resolve(res),
    async ({ connect, server }) => {
      set(server, () => noted.resolve());
      const peer = await connect();
      peer.send(request());
      await noted.wait('timeout');
      (await waiting.wait('the request')).end('still alive');
      expect((await peer.answer()).body.toString()).toBe('still alive');
    },
  );
});

test('a request that times out while nobody listens is ended', async () => {
  await serving(
    () => {},
    async ({ connect, server }) => {
      server.setTimeout(20);
      const peer = await connect();
      const answer = await peer.exchange(request());
      expect([answer.head, answer.appStatus]).toEqual([[], 1]);
    },
  );
});

test.each<[string, (res: ServerResponse, noted: () => void) => void]>([
  ['req.setTimeout()', (res, noted) => res.req.setTimeout(20, noted)],
  ['res.setTimeout()', (res, noted) => res.setTimeout(20, noted)],
])('%s calls back and leaves the request to its listener', async (name, set) => {
  const noted = new Deferred<void>();
  await serving(
    (_req, res) => {
      set(res, () => {
        noted.resolve();
        res.end('late');
      });
    },
    async ({ connect }) => {
      const peer = await connect();
      // `http` asks a request only while its body is still to come.
      const bytes = name.startsWith('req')
        ? request({ variables: { REQUEST_METHOD: 'POST' } }).subarray(0, -8)
        : request();
      peer.send(bytes);
      await noted.wait('timeout');
      expect((await peer.answer()).body.toString()).toBe('late');
    },
  );
});

test('a connection counts as idle only between records', async () => {
  await serving(
    (_req, res) => res.end(),
    async ({ connect, server }) => {
      const peer = await connect();
      peer.send(request({ id: 2 }), begin());
      await peer.answer(2);
      server.closeIdleConnections();
      const rest = request().subarray(begin().length);
      expect((await peer.exchange(rest)).status).toBe('200 OK');
      server.closeIdleConnections();
      await peer.closed();
    },
  );
});
