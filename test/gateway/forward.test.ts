import { once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createGateway, type Gateway, type GatewayOptions } from '../../src/gateway/index.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { answer, faking } from '../support/fake-application.ts';
import { fetchHead, listening, send } from '../support/http-client.ts';
import { record, STDERR, STDOUT } from '../support/wire.ts';

function fronting<Result>(
  listener: RequestListener,
  use: (gateway: Gateway) => Promise<Result>,
  options?: GatewayOptions,
): Promise<Result> {
  return listening(createGateway(listener, options), use);
}

const readBody = (res: Readable) => within('the body', text(res));

test('passes method, target, headers and the client address on', () =>
  fronting(
    (req, res) => {
      const { method, url, headers, httpVersion, socket } = req;
      res.end(JSON.stringify({ method, url, headers, httpVersion, from: socket.remoteAddress }));
    },
    async (gateway) => {
      const headers = { 'X-A': ['1', '2'], Cookie: 'a=1', X_Real_IP: '6.6.6.6', Proxy: 'evil' };
      const options = { method: 'DELETE', path: '/a%20b?c=%20', headers };
      const seen = JSON.parse(await readBody(await fetchHead(gateway, options)));
      expect(seen).toMatchObject({
        method: 'DELETE',
        url: '/a%20b?c=%20',
        httpVersion: '1.1',
        from: '127.0.0.1',
        headers: { 'x-a': '1, 2', cookie: 'a=1', host: expect.stringContaining('127.0.0.1') },
      });
      expect(Object.keys(seen.headers).sort()).toEqual(['cookie', 'host', 'x-a']);
    },
  ));

test('passes status, reason and headers back, each Set-Cookie of its own', () =>
  fronting(
    (_req, res) => {
      res.writeHead(418, 'Short and stout', { 'Set-Cookie': ['a=1', 'b=2'], 'X-A': '1' });
      res.end('tea');
    },
    async (gateway) => {
      const res = await fetchHead(gateway);
      expect(res).toMatchObject({ statusCode: 418, statusMessage: 'Short and stout' });
      expect(res.headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], 'x-a': '1' });
      expect(await readBody(res)).toBe('tea');
    },
  ));

test.each(['', 'hello'])(
  'passes the bytes of a header on as they are, before the body %j',
  (body) =>
    faking(
      (peer) => void peer.send(record(STDOUT, 1, 'X-A: \xe9\xc3\xa9\n\n'), answer(body)),
      ({ path }) =>
        listening(createGateway(path), async (gateway) => {
          const res = await fetchHead(gateway);
          expect(res.headers['x-a']).toBe('\xe9\xc3\xa9');
          expect(await readBody(res)).toBe(body);
        }),
    ),
);

test('drops hop-by-hop headers of the application', () => {
  const head =
    'Connection: x\nKeep-Alive: timeout=99\nTransfer-Encoding: gzip\nUpgrade: h2c\nX-A: 1\n';
  return faking(
    (peer) => void peer.send(answer(`${head}\nhello`)),
    ({ path }) =>
      listening(createGateway(path), async (gateway) => {
        const res = await fetchHead(gateway);
        expect(res.headers).toMatchObject({ 'transfer-encoding': 'chunked', 'x-a': '1' });
        expect(res.headers.connection).not.toBe('x');
        expect(res.headers['keep-alive']).not.toBe('timeout=99');
        expect(res.headers).not.toHaveProperty('upgrade');
        expect(await readBody(res)).toBe('hello');
      }),
  );
});

test.each([
  ['a length', { 'Content-Length': '5' }],
  ['no length', { 'Transfer-Encoding': 'chunked' }],
])('passes a body of %s on', (_, headers) =>
  fronting(
    (req, res) => void req.pipe(res),
    async (gateway) => {
      const res = await fetchHead(gateway, { method: 'POST', headers }, 'hello');
      expect(await readBody(res)).toBe('hello');
    },
  ),
);

test('streams both ways at once', () =>
  fronting(
    (req, res) => void req.pipe(res),
    async (gateway) => {
      const req = send(gateway, { method: 'POST' });
      req.write('one');
      const [res] = await within('the head', once(req, 'response'));
      for (const word of ['one', 'two', 'three']) {
        if (word !== 'one') req.write(word);
        const [chunk] = await within(word, once(res, 'data'));
        expect(String(chunk)).toBe(word);
      }
      req.end();
      await within('the end', once(res, 'end'));
    },
  ));

test('passes each event of an event stream on at once', async () => {
  const events = new PassThrough();
  await fronting(
    (_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
      events.on('data', (event) => res.write(event)).on('end', () => res.end());
    },
    async (gateway) => {
      const res = await fetchHead(gateway);
      expect(res.headers['content-type']).toBe('text/event-stream');
      for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
        events.write(event);
        const [chunk] = await within(event, once(res, 'data'));
        expect(String(chunk)).toBe(event);
      }
      events.end();
      await within('the end', once(res.resume(), 'end'));
    },
  );
});

test('passes 64 MiB through, both ways', () =>
  fronting(
    (req, res) => void req.pipe(res),
    async (gateway) => {
      const total = 64 * 1024 * 1024;
      const chunk = Buffer.alloc(64 * 1024, 'b');
      const body = Readable.from({
        async *[Symbol.asyncIterator]() {
          for (let sent = 0; sent < total; sent += chunk.length) yield chunk;
        },
      });
      const req = send(gateway, { method: 'POST' });
      body.pipe(req);
      const [res] = await within('the head', once(req, 'response'));
      let received = 0;
      for await (const part of res) received += part.length;
      expect(received).toBe(total);
    },
  ));

test.each([
  ['HEAD', 200],
  ['GET', 204],
  ['GET', 304],
])('answers %s with status %d without a body, on a connection that goes on', (method, status) =>
  fronting(
    (_req, res) => {
      res.writeHead(status, { 'X-A': '1' });
      res.end('text');
    },
    async (gateway) => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      try {
        for (let i = 0; i < 2; i++) {
          const res = await fetchHead(gateway, { method, agent });
          expect(res.statusCode).toBe(status);
          expect(res.headers['x-a']).toBe('1');
          expect(await readBody(res)).toBe('');
        }
      } finally {
        agent.destroy();
      }
    },
  ),
);

test('answers Expect: 100-continue as http does', () =>
  fronting(
    (req, res) => void req.pipe(res),
    async (gateway) => {
      const headers = { Expect: '100-continue', 'Content-Length': '5' };
      const req = send(gateway, { method: 'POST', headers });
      req.flushHeaders();
      await within('100 Continue', once(req, 'continue'));
      req.end('hello');
      const [res] = await within('the head', once(req, 'response'));
      expect(await readBody(res)).toBe('hello');
    },
  ));

test('treats an upgrade as a plain request', () =>
  fronting(
    (req, res) => void res.end(String(req.headers.upgrade)),
    async (gateway) => {
      const headers = { Connection: 'Upgrade', Upgrade: 'websocket' };
      const res = await fetchHead(gateway, { headers });
      expect([res.statusCode, await readBody(res)]).toEqual([200, 'undefined']);
    },
  ));

test('a client that goes away aborts the request, so that the application sees it', async () => {
  const begun = new Deferred<unknown>();
  const seen = new Deferred<unknown>();
  const errors: unknown[] = [];
  await fronting(
    (_req, res) => {
      res.on('close', seen.resolve);
      res.write('part');
      begun.resolve(undefined);
    },
    async (gateway) => {
      gateway.on('gatewayError', (error) => errors.push(error));
      const res = await fetchHead(gateway);
      await begun.wait('the request');
      res.destroy();
      await seen.wait('the disconnect');
    },
  );
  expect(errors).toEqual([]);
});

test('a client that goes away before the head aborts the request', async () => {
  const begun = new Deferred<unknown>();
  await faking(begun.resolve, ({ path, peers }) =>
    listening(createGateway(path), async (gateway) => {
      const req = send(gateway).end();
      await begun.wait('the request');
      req.destroy();
      await within('the disconnect', peers[0]?.closed ?? Promise.reject());
    }),
  );
});

test('a client that goes away within its body aborts the request', async () => {
  const seen = new Deferred<unknown>();
  await fronting(
    (req, res) => {
      res.on('close', seen.resolve);
      req.once('data', () => res.flushHeaders());
    },
    async (gateway) => {
      const req = send(gateway, { method: 'POST', headers: { 'Content-Length': '100' } });
      req.write('part');
      await within('the head', once(req, 'response'));
      req.destroy();
      await seen.wait('the disconnect');
    },
  );
});

test('a request body that the application leaves unread does not spoil the next request', () =>
  fronting(
    (_req, res) => void res.end('hello'),
    async (gateway) => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      try {
        for (let i = 0; i < 3; i++) {
          const body = Buffer.alloc(500_000);
          const res = await fetchHead(gateway, { method: 'POST', agent }, body);
          expect(await readBody(res)).toBe('hello');
        }
      } finally {
        agent.destroy();
      }
    },
  ));

test('sends FCGI_STDERR of the application to options.stderr', async () => {
  const stderr = new PassThrough();
  await faking(
    (peer) => void peer.send(record(STDERR, 1, 'oops\n'), answer('X: 1\n\n')),
    ({ path }) =>
      listening(createGateway(path, { stderr }), async (gateway) => {
        await readBody(await fetchHead(gateway));
      }),
  );
  expect(String(stderr.read())).toBe('oops\n');
});

test.each<[string, GatewayOptions['params']]>([
  ['an object', { SCRIPT_FILENAME: '/srv/a.php', REMOTE_PORT: undefined }],
  [
    'a function of the request',
    (req) => ({ SCRIPT_FILENAME: `/srv${req.url}`, REMOTE_PORT: undefined }),
  ],
])('takes params as %s', (_, params) =>
  faking(
    (peer) => void peer.send(answer('X: 1\n\n')),
    ({ path, peers }) =>
      listening(createGateway(path, { params }), async (gateway) => {
        await readBody(await fetchHead(gateway, { path: '/a.php' }));
        expect(peers[0]?.params).toMatchObject({
          SCRIPT_FILENAME: '/srv/a.php',
          PATH_INFO: '/a.php',
        });
        expect(peers[0]?.params).not.toHaveProperty('REMOTE_PORT');
      }),
  ),
);
