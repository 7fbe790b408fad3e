import http, { type RequestListener } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import express, { type ErrorRequestHandler } from 'express';
import { type ProxyMiddleware, type ProxyOptions, proxy } from '../../src/gateway/proxy.ts';
import { within } from '../support/deadline.ts';
import { answer, type FakePeer } from '../support/fake-application.ts';
import { fetchHead, listening } from '../support/http-client.ts';
import { record, STDOUT } from '../support/wire.ts';
import { inFolder } from './site.ts';
import { get, tell, withProxy } from './with-proxy.ts';

describe('a failure', () => {
  const handler: ErrorRequestHandler = (error, _req, res, _next) => {
    res.status(error.status).send(`${error.code} ${error instanceof Error}`);
  };
  const app = (blog: ProxyMiddleware) =>
    express().use('/blog', blog).use(handler) as RequestListener;

  test.each<[number, string, (peer: FakePeer) => void, ProxyOptions, string]>([
    [502, 'ERR_FCGI_RESPONSE_HEAD', (peer) => void peer.send(answer('bad\n\n')), {}, ''],
    [504, 'ERR_FCGI_RESPONSE_TIMEOUT', () => {}, { timeout: 500 }, ''],
    [413, 'ERR_FCGI_BODY_SIZE', tell, { maxBodySize: 3 }, 'long'],
  ])('is next’s, with the status %d and %s', (status, code, onRequest, options, body) =>
    withProxy(
      options,
      async ({ blog }) => {
        const answered = await get(app(blog), '/blog/post.php', { method: 'POST' }, body);
        expect(answered).toMatchObject({ status, body: `${code} true` });
      },
      onRequest,
    ),
  );

  test('of what params throw is next’s, with the status 500', () => {
    const params = () => {
      throw 'a word';
    };
    return withProxy({ params }, async ({ blog }) => {
      expect(await get(app(blog), '/blog/post.php')).toMatchObject({
        status: 500,
        body: 'undefined true',
      });
    });
  });

  test('leaves nothing of the body between the client and its answer', () =>
    inFolder({}, async (folder) => {
      await using blog = proxy(join(folder, 'none.sock'), { maxBodySize: 10_000_000 });
      const patient: ErrorRequestHandler = (error, req, res, _next) => {
        req.on('end', () => res.status(error.status).send('read'));
      };
      const options = { method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } };
      const waiting = express().use(blog).use(patient) as RequestListener;
      const answered = await get(waiting, '/', options, 'b'.repeat(3_000_000));
      expect(answered).toMatchObject({ status: 502, body: 'read' });
    }));

  test('is answered where there is no next', () =>
    withProxy(
      {},
      async ({ blog }) => {
        const { status, body } = await get(blog, '/post.php');
        expect([status, body]).toEqual([502, expect.stringContaining('ERR_FCGI_RESPONSE_HEAD')]);
      },
      (peer) => void peer.send(answer('bad\n\n')),
    ));

  test.each<[string, (blog: ProxyMiddleware, seen: unknown[]) => RequestListener]>([
    ['and next', (blog, seen) => (req, res) => blog(req, res, (error) => seen.push(error))],
    ['and no next', (blog) => blog],
  ])('within a body cuts the response off, with a head that left %s', (_, listener) => {
    const seen: unknown[] = [];
    return withProxy(
      {},
      ({ blog }) =>
        listening(http.createServer(listener(blog, seen)), async (server) => {
          const res = await fetchHead(server, { path: '/post.php' });
          const failed = expect(within('the body', text(res))).rejects;
          await failed.toMatchObject({ code: 'ECONNRESET' });
          if (listener.length > 1) {
            expect(seen).toMatchObject([{ code: 'ERR_FCGI_CONNECTION_CLOSED', status: 502 }]);
          }
        }),
      (peer) => void peer.send(record(STDOUT, 1, 'X: 1\n\npart')).socket.end(),
    );
  });

  test('is a body that was parsed before the proxy', () =>
    withProxy({}, async ({ blog, asked }) => {
      const parsing = express().use(express.json(), blog).use(handler) as RequestListener;
      const headers = { 'Content-Type': 'application/json' };
      const answered = await get(parsing, '/post.php', { method: 'POST', headers }, '{"a":1}');
      expect(answered).toMatchObject({ status: 500, body: 'ERR_FCGI_BODY_CONSUMED true' });
      expect(asked).toEqual([]);
    }));

  test('of the next middleware is not the proxy’s', () =>
    withProxy({}, async ({ blog }) => {
      const failing = express().use(blog, () => {
        throw Object.assign(new Error('its own'), { status: 418, code: 'OWN' });
      });
      const answered = await get(failing.use(handler) as RequestListener, '/none');
      expect(answered).toMatchObject({ status: 418, body: 'OWN true' });
    }));

  test('is not that the client went away', () =>
    withProxy(
      {},
      async ({ blog }) => {
        const calls: unknown[] = [];
        const gone = new Promise<void>((resolve) => {
          const server = http.createServer((req, res) => {
            res.on('close', resolve);
            blog(req, res, (error) => calls.push(error));
          });
          void listening(server, async () => {
            const res = await fetchHead(server, { path: '/post.php' });
            res.destroy();
            await within('the disconnect', gone);
          });
        });
        await within('the disconnect', gone);
        await blog.close();
        expect(calls).toEqual([]);
      },
      (peer) => void peer.send(record(STDOUT, 1, 'X: 1\n\npart')),
    ));
});
