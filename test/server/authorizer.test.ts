import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import express from 'express';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import {
  ABORT_REQUEST,
  AUTHORIZER,
  begin,
  GET,
  params,
  record,
  request,
  STDIN,
} from '../support/wire.ts';

const responder = (_req: IncomingMessage, res: ServerResponse) => {
  res.end('the responder');
};

/** An Authorizer's request as mod_fcgid sends it: no STDIN. */
function ask(variables: Record<string, string> = {}, { id = 1, flags = 1 } = {}): Buffer {
  return Buffer.concat([begin(id, flags, AUTHORIZER), params(id, { ...GET, ...variables })]);
}

test('dispatches an Authorizer at the end of PARAMS, without a STDIN record', async () => {
  await serving(
    responder,
    async ({ connect }) => {
      const answer = await (await connect()).exchange(ask());
      expect([answer.status, answer.body.toString()]).toEqual(['200 OK', '2 GET /']);
    },
    { authorizer: (req, res) => void res.end(`${req.fastcgi?.role} ${req.method} ${req.url}`) },
  );
});

test('passes Variable-* headers on as they were set', async () => {
  await serving(
    responder,
    async ({ connect }) => {
      const { head } = await (await connect()).exchange(ask());
      expect(head).toEqual(
        expect.arrayContaining(['Status: 200 OK', 'Variable-AUTH_USER: anna', 'Variable-LEVEL: 3']),
      );
    },
    {
      authorizer: (_req, res) => {
        res.setHeader('Variable-AUTH_USER', 'anna');
        res.writeHead(200, { 'Variable-LEVEL': '3' }).end();
      },
    },
  );
});

test('a refusal is the answer to the client, headers and body', async () => {
  await serving(
    responder,
    async ({ connect }) => {
      const answer = await (await connect()).exchange(ask());
      expect(answer.status).toBe('401 Unauthorized');
      expect(answer.head).toContain('WWW-Authenticate: Basic realm="a"');
      expect(answer.body.toString()).toBe('who are you?');
    },
    {
      authorizer: (_req, res) => {
        res.writeHead(401, { 'WWW-Authenticate': 'Basic realm="a"' }).end('who are you?');
      },
    },
  );
});

test.each([
  ['POST', { CONTENT_LENGTH: '1000', CONTENT_TYPE: 'text/plain' }],
  ['POST', { CONTENT_LENGTH: 'no number' }],
  ['PUT', {}],
  ['GET', {}],
])('has no body to wait for: %s %p', async (method, variables) => {
  await serving(
    responder,
    async ({ connect }) => {
      const asked = ask({ REQUEST_METHOD: method, ...variables });
      const seen = JSON.parse((await (await connect()).exchange(asked)).body.toString());
      expect(seen).toEqual({ method, complete: true, length: null, coding: null, body: '' });
    },
    {
      authorizer: (req, res) => {
        const { method, complete, headers } = req;
        let body = '';
        req.on('data', (chunk) => {
          body += chunk;
        });
        req.on('end', () => {
          const length = headers['content-length'] ?? null;
          const coding = headers['transfer-encoding'] ?? null;
          res.end(JSON.stringify({ method, complete, length, coding, body }));
        });
      },
    },
  );
});

test.each<[string, Buffer]>([
  ['an empty STDIN', record(STDIN, 1)],
  ['two of them', Buffer.concat([record(STDIN, 1), record(STDIN, 1)])],
  ["the client's body", Buffer.concat([record(STDIN, 1, 'x'.repeat(60_000)), record(STDIN, 1)])],
])('ignores %s, before the answer and after', async (_name, sent) => {
  await serving(
    responder,
    async ({ connect, errors }) => {
      const peer = await connect();
      expect((await peer.exchange(Buffer.concat([ask(), sent]))).status).toBe('200 OK');
      expect((await peer.exchange(Buffer.concat([sent, ask()]))).status).toBe('200 OK');
      expect(errors).toEqual([]);
    },
    { authorizer: (_req, res) => setImmediate(() => res.end()) },
  );
});

test('an Express app authorizes, with its own req and res', async () => {
  const app = express();
  app.get('/private', (req, res) => {
    if (req.get('authorization')) res.set('Variable-WHO', 'anna').send('in');
    else res.sendStatus(403);
  });
  const bornWithIts: boolean[] = [];
  const { handle } = app as unknown as { handle(...args: unknown[]): void };
  Object.assign(app, {
    handle(req: object, res: object, next: unknown) {
      bornWithIts.push(
        Object.getPrototypeOf(req) === app.request,
        Object.getPrototypeOf(res) === app.response,
      );
      handle.call(app, req, res, next);
    },
  });
  await serving(
    responder,
    async ({ connect }) => {
      const peer = await connect();
      const variables = { REQUEST_URI: '/private' };
      expect((await peer.exchange(ask(variables))).status).toBe('403 Forbidden');
      const allowed = await peer.exchange(ask({ ...variables, HTTP_AUTHORIZATION: 'Basic x' }));
      expect([allowed.status, allowed.head]).toEqual([
        '200 OK',
        expect.arrayContaining(['Variable-WHO: anna']),
      ]);
      expect(bornWithIts).toEqual([true, true, true, true]);
    },
    { authorizer: app },
  );
});

test("an Authorizer's request is not emitted as 'request', nor a Responder's given to the authorizer", async () => {
  const emitted: (string | undefined)[] = [];
  await serving(
    responder,
    async ({ server, connect }) => {
      server.on('request', (req) => emitted.push(req.url));
      const peer = await connect();
      const asked = await peer.exchange(ask({ REQUEST_URI: '/asked' }));
      expect(asked.body.toString()).toBe('the authorizer');
      const got = await peer.exchange(request({ variables: { REQUEST_URI: '/got' } }));
      expect(got.body.toString()).toBe('the responder');
      expect(emitted).toEqual(['/got']);
    },
    { authorizer: (_req, res) => void res.end('the authorizer') },
  );
});

test('FCGI_ABORT_REQUEST ends an Authorizer as it ends a Responder', async () => {
  const started = new Deferred<void>();
  const closed = new Deferred<boolean | undefined>();
  await serving(
    responder,
    async ({ connect }) => {
      const peer = await connect();
      peer.send(ask());
      await started.wait('the authorizer');
      const answer = await peer.exchange(record(ABORT_REQUEST, 1));
      expect(answer.head).toEqual([]);
      expect(await closed.wait('close')).toBe(true);
    },
    {
      authorizer: (req, res) => {
        res.on('close', () => closed.resolve(req.fastcgi?.signal.aborted));
        started.resolve();
      },
    },
  );
});

test('closes the connection after an Authorizer that came without FCGI_KEEP_CONN', async () => {
  await serving(
    responder,
    async ({ connect }) => {
      const peer = await connect();
      expect((await peer.exchange(ask({}, { flags: 0 }))).status).toBe('200 OK');
      await peer.closed();
    },
    { authorizer: (_req, res) => void res.end() },
  );
});

test('loses no answer to STDIN that comes when a connection which is not kept has had it', async () => {
  await serving(
    responder,
    async ({ connect, server }) => {
      const connected = once(server, 'connection');
      const peer = await connect();
      const [socket] = (await within('the connection', connected)) as [Socket];
      const answered = within('the end of the answer', once(socket, 'finish'));
      peer.socket.pause();
      peer.send(begin(1, 0, AUTHORIZER), params(1, GET));
      await answered;
      // Whoever would close now has closed after that.
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      peer.send(record(STDIN, 1));
      await new Promise((resolve) => setImmediate(resolve));
      peer.socket.resume();
      expect((await peer.answer()).status).toBe('200 OK');
    },
    { authorizer: (_req, res) => void res.end(), transport: 'unix' },
  );
});
