import type { IncomingMessage, ServerResponse } from 'node:http';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import {
  AUTHORIZER,
  begin,
  FILTER,
  GET,
  GET_VALUES,
  GET_VALUES_RESULT,
  pairs,
  params,
  record,
  request,
  STDIN,
  UNKNOWN_TYPE,
} from '../support/wire.ts';

const path = (id: number, url: string) => request({ id, variables: { REQUEST_URI: url } });

test('answers requests of one connection in the order in which they are ready', async () => {
  const slow = new Deferred<ServerResponse>();
  await serving(
    (req, res) => {
      if (req.url === '/slow') slow.resolve(res);
      else res.end(req.url);
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.send(path(1, '/slow'), path(2, '/quick'));
      expect((await peer.answer(2)).body.toString()).toBe('/quick');
      (await slow.wait('the slow one')).end('/slow');
      expect((await peer.answer(1)).body.toString()).toBe('/slow');
    },
  );
});

test('takes records of several requests in turn', async () => {
  const count = 50;
  await serving(
    (req, res) => {
      req.pipe(res);
    },
    async ({ connect }) => {
      const peer = await connect();
      const ids = Array.from({ length: count }, (_, i) => i + 1);
      const each = (make: (id: number) => Buffer) => Buffer.concat(ids.map(make));
      peer.send(
        each((id) => begin(id)),
        each((id) => params(id, { ...GET, REQUEST_METHOD: 'POST', CONTENT_LENGTH: '6' })),
        each((id) => record(STDIN, id, String(id).padStart(3, '0'))),
        each((id) => record(STDIN, id, String(id).padStart(3, 'x'))),
        each((id) => record(STDIN, id)),
      );
      for (const id of ids) {
        const text = `${String(id).padStart(3, '0')}${String(id).padStart(3, 'x')}`;
        expect((await peer.answer(id)).body.toString()).toBe(text);
      }
    },
  );
});

test('an unread body does not hold up the other requests, and comes whole when it is read', async () => {
  const slow = new Deferred<[IncomingMessage, ServerResponse]>();
  await serving(
    (req, res) => {
      if (req.url === '/slow') slow.resolve([req, res]);
      else res.end('quick');
    },
    async ({ connect }) => {
      const peer = await connect();
      const size = 3 * 1024 * 1024;
      const body = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31) % 253));
      const variables = {
        ...GET,
        REQUEST_METHOD: 'POST',
        REQUEST_URI: '/slow',
        CONTENT_LENGTH: String(size),
      };
      peer.send(begin(1), params(1, variables), begin(2));
      for (let at = 0; at < size; at += 50_000)
        peer.send(record(STDIN, 1, body.subarray(at, at + 50_000)));
      peer.send(record(STDIN, 1), params(2, GET), record(STDIN, 2));
      expect((await peer.answer(2)).body.toString()).toBe('quick');
      const [req, res] = await slow.wait('the slow one');
      expect(req.readableLength).toBeLessThan(1024 * 1024);
      req.pipe(res);
      expect((await peer.answer(1)).body.equals(body)).toBe(true);
    },
    { transport: 'unix' },
  );
});

test('a request that ends without reading its spooled body leaves nothing behind', async () => {
  const slow = new Deferred<ServerResponse>();
  await serving(
    (req, res) => {
      if (req.url === '/slow') slow.resolve(res);
      else res.end('quick');
    },
    async ({ connect }) => {
      const peer = await connect();
      const variables = { ...GET, REQUEST_METHOD: 'POST', REQUEST_URI: '/slow' };
      peer.send(begin(1), params(1, variables), begin(2), params(2, GET));
      for (let i = 0; i < 20; i++) peer.send(record(STDIN, 1, Buffer.alloc(50_000)));
      peer.send(record(STDIN, 2));
      await peer.answer(2);
      (await slow.wait('the slow one')).end('unread');
      expect((await peer.answer(1)).body.toString()).toBe('unread');
    },
  );
});

test('answers a second request with FCGI_CANT_MPX_CONN when multiplexing is off', async () => {
  const first = new Deferred<ServerResponse>();
  await serving(
    (_req, res) => first.resolve(res),
    async ({ connect }) => {
      const peer = await connect();
      peer.send(path(1, '/'), path(2, '/'));
      expect((await peer.answer(2)).protocolStatus).toBe(1);
      (await first.wait('the first')).end('served');
      expect((await peer.answer(1)).body.toString()).toBe('served');
    },
    { multiplex: false },
  );
});

test('answers more than maxConcurrentRequests with FCGI_OVERLOADED, whatever their connection', async () => {
  const waiting: ServerResponse[] = [];
  const both = new Deferred<void>();
  const third = new Deferred<ServerResponse>();
  await serving(
    (_req, res) => {
      waiting.push(res);
      if (waiting.length === 2) both.resolve();
      if (waiting.length === 3) third.resolve(res);
    },
    async ({ connect, server }) => {
      let dropped = 0;
      server.on('dropRequest', () => {
        dropped++;
      });
      const [one, two] = [await connect(), await connect()];
      one.send(request());
      two.send(request());
      await both.wait('two requests');
      expect((await one.exchange(request({ id: 2 }), 2)).protocolStatus).toBe(2);
      expect(dropped).toBe(1);
      for (const res of waiting) res.end();
      await one.answer(1);
      await two.answer(1);
      one.send(request({ id: 3 }));
      (await third.wait('the next request')).end();
      expect((await one.answer(3)).protocolStatus).toBe(0);
    },
    { maxConcurrentRequests: 2 },
  );
});

test.each([
  ['Authorizer', AUTHORIZER],
  ['Filter', FILTER],
  ['unknown', 9],
])('answers the role %s, which has no listener, with FCGI_UNKNOWN_ROLE', async (_name, role) => {
  await serving(
    (_req, res) => res.end('served'),
    async ({ connect }) => {
      const peer = await connect();
      peer.send(begin(1, 1, role), params(1, GET), record(STDIN, 1));
      expect((await peer.answer()).protocolStatus).toBe(3);
      expect((await peer.exchange(request())).body.toString()).toBe('served');
    },
  );
});

test('closes a connection whose only request was refused and that is not kept', async () => {
  await serving(
    () => {},
    async ({ connect }) => {
      const peer = await connect();
      peer.send(begin(1, 0, 9));
      expect((await peer.answer()).protocolStatus).toBe(3);
      await peer.closed();
    },
  );
});

test('answers FCGI_GET_VALUES with what was asked and is known', async () => {
  await serving(
    () => {},
    async ({ connect }) => {
      const peer = await connect();
      const asked = pairs({ FCGI_MPXS_CONNS: '', FCGI_MAX_REQS: '', OTHER: '', UNKNOWN: '' });
      peer.send(record(GET_VALUES, 0, asked));
      await peer.until('an answer', () => peer.records.length === 1);
      expect(peer.records).toEqual([
        {
          type: GET_VALUES_RESULT,
          requestId: 0,
          content: pairs({ FCGI_MPXS_CONNS: '1', FCGI_MAX_REQS: '7', OTHER: 'value' }),
        },
      ]);
    },
    { maxConcurrentRequests: 7, values: { OTHER: 'value', NOT_ASKED: 'x' } },
  );
});

test('answers with as many values as fit in a record', async () => {
  const OTHER = 'x'.repeat(65_400);
  await serving(
    () => {},
    async ({ connect }) => {
      const peer = await connect();
      const asked = { OTHER: '', FCGI_MAX_CONNS: '', FCGI_MAX_REQS: '', FCGI_MPXS_CONNS: '' };
      peer.send(record(GET_VALUES, 0, pairs(asked)));
      await peer.until('an answer', () => peer.records.length === 1);
      expect(peer.records[0]?.content).toEqual(
        pairs({
          ...asked,
          OTHER,
          FCGI_MAX_CONNS: '65535',
          FCGI_MAX_REQS: '65535',
          FCGI_MPXS_CONNS: '1',
        }),
      );
    },
    { values: { OTHER }, maxConcurrentRequestsPerConnection: Number.POSITIVE_INFINITY },
  );
});

test('reports no limit as 65535, and multiplexing that is off as 0', async () => {
  await serving(
    () => {},
    async ({ connect }) => {
      const peer = await connect();
      const asked = pairs({ FCGI_MAX_CONNS: '', FCGI_MAX_REQS: '', FCGI_MPXS_CONNS: '' });
      peer.send(record(GET_VALUES, 0, asked));
      await peer.until('an answer', () => peer.records.length === 1);
      expect(peer.records[0]?.content).toEqual(
        pairs({ FCGI_MAX_CONNS: '65535', FCGI_MAX_REQS: '65535', FCGI_MPXS_CONNS: '0' }),
      );
    },
    { multiplex: false, maxConcurrentRequestsPerConnection: Number.POSITIVE_INFINITY },
  );
});

test('tells the requests of a connection as FCGI_MAX_REQS where these are fewer', async () => {
  await serving(
    () => {},
    async ({ connect }) => {
      const peer = await connect();
      peer.send(record(GET_VALUES, 0, pairs({ FCGI_MAX_REQS: '' })));
      await peer.until('an answer', () => peer.records.length === 1);
      expect(peer.records[0]?.content).toEqual(pairs({ FCGI_MAX_REQS: '5' }));
    },
    { maxConcurrentRequests: 7, maxConcurrentRequestsPerConnection: 5 },
  );
});

test('answers an unknown management type with FCGI_UNKNOWN_TYPE', async () => {
  await serving(
    () => {},
    async ({ connect }) => {
      const peer = await connect();
      peer.send(record(100, 0, 'whatever', 3));
      await peer.until('an answer', () => peer.records.length === 1);
      expect(peer.records).toEqual([
        { type: UNKNOWN_TYPE, requestId: 0, content: Buffer.from([100, 0, 0, 0, 0, 0, 0, 0]) },
      ]);
    },
  );
});
