import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
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

/** PARAMS of exactly so many bytes. */
function paramsOf(bytes: number): Buffer {
  const fixed = pairs({ ...GET, HTTP_X: 'x'.repeat(200) }).length - 200;
  return pairs({ ...GET, HTTP_X: 'x'.repeat(bytes - fixed) });
}

const NOTHING = Buffer.alloc(0);

test.each([
  [4096, '200 OK'],
  [4097, '431 Request Header Fields Too Large'],
])('answers PARAMS of %i bytes, under a limit of 4096, with %s', async (bytes, status) => {
  await serving(
    (_req, res) => {
      res.end();
    },
    async ({ connect, errors }) => {
      const peer = await connect();
      const block = paramsOf(bytes);
      expect(block).toHaveLength(bytes);
      const sent = [begin(), record(PARAMS, 1, block), record(PARAMS, 1), record(STDIN, 1)];
      expect((await peer.exchange(Buffer.concat(sent))).status).toBe(status);
      expect(errors.map(({ code }) => code)).toEqual(bytes > 4096 ? ['ERR_FCGI_PARAMS_SIZE'] : []);
      expect((await peer.exchange(request())).status).toBe('200 OK');
    },
    { maxParamsSize: 4096 },
  );
});

test('answers 408 when PARAMS do not end in time', async () => {
  await serving(
    (_req, res) => {
      res.end();
    },
    async ({ connect, errors }) => {
      const peer = await connect();
      const answer = await peer.exchange(Buffer.concat([begin(), record(PARAMS, 1, pairs(GET))]));
      expect(answer.status).toBe('408 Request Timeout');
      expect(errors.map(({ code }) => code)).toEqual(['ERR_FCGI_PARAMS_TIMEOUT']);
      expect((await peer.exchange(request({ id: 2 }), 2)).status).toBe('200 OK');
    },
    { paramsTimeout: 20 },
  );
});

test('forgets the time limit once PARAMS have ended', async () => {
  await serving(
    (_req, res) => {
      setTimeout(() => res.end('in time'), 150);
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.send(begin(), record(GET_VALUES, 0));
      await peer.until('proof that the request has begun', () => peer.records.length > 0);
      expect((await peer.exchange(Buffer.concat([params(1, GET), record(STDIN, 1)]))).status).toBe(
        '200 OK',
      );
    },
    { paramsTimeout: 100 },
  );
});

test('answers 408 when the body does not end within requestTimeout', async () => {
  await serving(
    (req, res) => {
      req.resume().on('end', () => res.end());
    },
    async ({ connect, errors }) => {
      const peer = await connect();
      const post = params(1, { ...GET, REQUEST_METHOD: 'POST', CONTENT_LENGTH: '3' });
      expect((await peer.exchange(Buffer.concat([begin(), post]))).status).toBe(
        '408 Request Timeout',
      );
      expect(errors.map(({ code }) => code)).toEqual(['ERR_FCGI_REQUEST_TIMEOUT']);
    },
    { requestTimeout: 20 },
  );
});

test('forgets requestTimeout once the body has ended', async () => {
  await serving(
    (_req, res) => {
      setTimeout(() => res.end('in time'), 1200);
    },
    async ({ connect, errors }) => {
      const peer = await connect();
      const post = params(1, { ...GET, REQUEST_METHOD: 'POST', CONTENT_LENGTH: '3' });
      peer.send(begin(), post, record(GET_VALUES, 0));
      await peer.until('proof that the body is waited for', () => peer.records.length > 0);
      const answer = await peer.exchange(
        Buffer.concat([record(STDIN, 1, 'abc'), record(STDIN, 1)]),
      );
      expect(answer.body.toString()).toBe('in time');
      expect(errors).toEqual([]);
    },
    { requestTimeout: 1000 },
  );
});

test('cuts a response that has begun when the body does not end within requestTimeout', async () => {
  await serving(
    (_req, res) => {
      res.write('begun');
    },
    async ({ connect, errors }) => {
      const peer = await connect();
      peer.send(begin(), params(1, { ...GET, REQUEST_METHOD: 'POST', CONTENT_LENGTH: '3' }));
      await peer.closed();
      expect(errors.map(({ code }) => code)).toContain('ERR_FCGI_REQUEST_TIMEOUT');
    },
    { requestTimeout: 20 },
  );
});

test('closes a connection without a request after keepAliveTimeout', async () => {
  await serving(
    (_req, res) => {
      res.end();
    },
    async ({ connect }) => {
      const [fresh, used] = [await connect(), await connect()];
      await used.exchange(request());
      await fresh.closed();
      await used.closed();
    },
    { keepAliveTimeout: 20 },
  );
});

test.each([
  ['was asked for its values', record(GET_VALUES, 0)],
  ['refused a request', begin(1, 1, 9)],
  ['got a part of a record', begin().subarray(0, 5)],
])('closes a connection after keepAliveTimeout that %s', async (_name, bytes) => {
  await serving(
    (_req, res) => {
      res.end();
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.send(bytes);
      await peer.closed();
    },
    { keepAliveTimeout: 50 },
  );
});

test('leaves a connection with a request alone, whatever keepAliveTimeout says', async () => {
  await serving(
    (_req, res) => {
      setTimeout(() => res.end('slow'), 150);
    },
    async ({ connect }) => {
      const answer = await (await connect()).exchange(request());
      expect(answer.body.toString()).toBe('slow');
    },
    { keepAliveTimeout: 20 },
  );
});

test('closes after maxRequests: the last one is answered, and nothing is accepted any more', async () => {
  await serving(
    (_req, res) => {
      res.end('served');
    },
    async ({ connect, server }) => {
      const closed = new Deferred<void>();
      server.on('close', () => closed.resolve());
      const peer = await connect();
      await peer.exchange(request());
      expect(server.listening).toBe(true);
      expect((await peer.exchange(request())).body.toString()).toBe('served');
      expect(server.listening).toBe(false);
      await peer.closed();
      await closed.wait('close');
    },
    { maxRequests: 2 },
  );
});

test('closes connections over maxConnections', async () => {
  await serving(
    (_req, res) => {
      res.end('served');
    },
    async ({ connect }) => {
      const first = await connect();
      await first.exchange(request());
      const second = await connect();
      await second.closed();
      expect((await first.exchange(request())).body.toString()).toBe('served');
    },
    { maxConnections: 1 },
  );
});

test.each([
  ['asks for values', NOTHING, record(GET_VALUES, 0)],
  ['sends a part of a record', NOTHING, begin().subarray(0, 5)],
  ['sent a part of a record', begin().subarray(0, 5), NOTHING],
])('a connection that %s does not keep a server from closing', async (_name, before, after) => {
  await serving(
    (_req, res) => {
      res.end();
    },
    async ({ connect, server }) => {
      const [peer, other] = [await connect(), await connect()];
      peer.send(before);
      // Both are accepted by then, and what the first sent is read.
      await other.exchange(request());
      const closed = new Deferred<void>();
      server.close(() => closed.resolve());
      peer.send(after);
      await closed.wait('close');
    },
  );
});
