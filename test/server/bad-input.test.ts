import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { heapAfterCollection } from '../protocol/memory.ts';
import { within } from '../support/deadline.ts';
import { serving } from '../support/serve.ts';
import type { WebServer } from '../support/web-server.ts';
import {
  AUTHORIZER,
  BEGIN_REQUEST,
  begin,
  DATA,
  END_REQUEST,
  FILTER,
  GET,
  GET_VALUES,
  GET_VALUES_RESULT,
  PARAMS,
  pairs,
  params,
  record,
  request,
  STDERR,
  STDIN,
  stdin,
  UNKNOWN_TYPE,
} from '../support/wire.ts';

/* What ends a connection with a ProtocolError whatever the role is in malformed.test.ts. */

const MIB = 1024 * 1024;
const HUGE = '2147483647';
const answer = (_req: IncomingMessage, res: ServerResponse) => {
  res.end('answered');
};

/** Waits until the application has read all that was sent. */
async function read(peer: WebServer): Promise<void> {
  const before = peer.records.filter(({ type }) => type === GET_VALUES_RESULT).length;
  peer.send(record(GET_VALUES, 0));
  await peer.until(
    'FCGI_GET_VALUES_RESULT',
    () => peer.records.filter(({ type }) => type === GET_VALUES_RESULT).length > before,
  );
}

test.each<[string, string, number, Buffer]>([
  ['DATA for an Authorizer', 'ERR_FCGI_UNEXPECTED_RECORD', AUTHORIZER, record(DATA, 1, 'x')],
  ['PARAMS after their end', 'ERR_FCGI_UNEXPECTED_RECORD', AUTHORIZER, record(PARAMS, 1, 'x')],
  ['PARAMS that end twice', 'ERR_FCGI_UNEXPECTED_RECORD', FILTER, record(PARAMS, 1)],
  ['STDERR from a web server', 'ERR_FCGI_UNEXPECTED_RECORD', FILTER, record(STDERR, 1, 'x')],
  ['GET_VALUES with an id', 'ERR_FCGI_UNEXPECTED_RECORD', FILTER, record(GET_VALUES, 1)],
  ['an unknown type', 'ERR_FCGI_UNEXPECTED_RECORD', FILTER, record(200, 1, 'x')],
  ['its own id again', 'ERR_FCGI_REQUEST_ID_IN_USE', FILTER, begin(1, 1, FILTER)],
  ['its own id in another role', 'ERR_FCGI_REQUEST_ID_IN_USE', FILTER, begin(1, 1, 9)],
  ['STDIN that ends twice', 'ERR_FCGI_UNEXPECTED_RECORD', FILTER, stdin(1, 'x').subarray(9, 17)],
])('ends the connection of a request that gets %s', async (name, code, role, bytes) => {
  await serving(
    () => {},
    async ({ connect, errors }) => {
      const peer = await connect();
      const once = name.startsWith('STDIN') ? record(STDIN, 1) : Buffer.alloc(0);
      peer.send(begin(1, 1, role), params(1, GET), once, bytes);
      await peer.closed();
      expect(errors).toMatchObject([{ name: 'ProtocolError', code, requestId: 1 }]);
    },
    { authorizer: () => {}, filter: () => {} },
  );
});

test('emits no error but the first of a connection', async () => {
  await serving(answer, async ({ connect, errors }) => {
    const peer = await connect();
    peer.send(begin(), begin(), record(STDIN, 1, 'x'), Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await peer.closed();
    expect(errors.map(({ code }) => code)).toEqual(['ERR_FCGI_REQUEST_ID_IN_USE']);
  });
});

test('lets an id be used again once its request has ended', async () => {
  await serving(answer, async ({ connect, errors }) => {
    const peer = await connect();
    for (let i = 0; i < 3; i++) expect((await peer.exchange(request())).status).toBe('200 OK');
    expect(errors).toEqual([]);
  });
});

test('ignores all that belongs to a request it has refused', async () => {
  await serving(answer, async ({ connect, errors }) => {
    const peer = await connect();
    const refused = [begin(1, 1, 9), params(1, GET), stdin(1, 'body'), record(DATA, 1, 'data')];
    expect((await peer.exchange(Buffer.concat(refused))).protocolStatus).toBe(3);
    expect((await peer.exchange(request())).body.toString()).toBe('answered');
    expect(errors).toEqual([]);
  });
});

test.each([BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, DATA, GET_VALUES_RESULT, UNKNOWN_TYPE, 255])(
  'answers FCGI_UNKNOWN_TYPE to a record of type %i without an id',
  async (type) => {
    await serving(answer, async ({ connect, errors }) => {
      const peer = await connect();
      peer.send(record(type, 0, '\0\x01\x01\0\0\0\0\0'));
      await peer.until('an answer', () => peer.records.length === 1);
      const content = Buffer.from([type, 0, 0, 0, 0, 0, 0, 0]);
      expect(peer.records).toEqual([{ type: UNKNOWN_TYPE, requestId: 0, content }]);
      expect(errors).toEqual([]);
    });
  },
);

test('ends the connection of FCGI_GET_VALUES whose names run past their end', async () => {
  await serving(answer, async ({ connect, errors }) => {
    const peer = await connect();
    peer.send(record(GET_VALUES, 0, '\xff\xff\xff\xff\0FCGI_MAX_REQS'));
    await peer.closed();
    expect(errors.map(({ code }) => code)).toEqual(['ERR_FCGI_NAME_VALUE_PAIR']);
  });
});

test.each(['CONTENT_LENGTH', 'FCGI_DATA_LENGTH'])(
  'takes no memory for a %s of 2³¹−1 bytes, and answers 400 when they do not come',
  async (name) => {
    await serving(
      () => {},
      async ({ connect, errors }) => {
        const peer = await connect();
        await read(peer);
        const before = heapAfterCollection();
        peer.send(begin(1, 1, FILTER), params(1, { ...GET, [name]: HUGE }));
        await read(peer);
        expect(heapAfterCollection() - before).toBeLessThan(MIB);
        peer.send(record(STDIN, 1, ''), record(DATA, 1, ''));
        expect((await peer.answer()).status).toBe('400 Bad Request');
        expect(errors).toMatchObject([{ code: 'ERR_FCGI_BODY_LENGTH', limit: Number(HUGE) }]);
      },
      { filter: (req) => void req.resume() },
    );
  },
);

test('refuses the first byte of STDIN past CONTENT_LENGTH, and passes none of its piece on', async () => {
  const read: string[] = [];
  await serving(
    (req) => {
      req.on('data', (piece) => read.push(String(piece))).on('error', () => {});
    },
    async ({ connect, errors }) => {
      const peer = await connect();
      peer.send(begin(), params(1, { ...GET, REQUEST_METHOD: 'POST', CONTENT_LENGTH: '4' }));
      peer.send(record(STDIN, 1, 'abc'));
      expect((await peer.exchange(record(STDIN, 1, 'de'))).status).toBe('400 Bad Request');
      expect(errors).toMatchObject([{ code: 'ERR_FCGI_BODY_LENGTH', limit: 4, requestId: 1 }]);
      expect(read.join('')).not.toMatch(/d/);
      peer.send(record(STDIN, 1, 'f'), record(STDIN, 1));
      await peer.exchange(request({ id: 2, variables: { CONTENT_LENGTH: '1' }, body: 'ab' }), 2);
      expect(errors).toHaveLength(2);
    },
  );
});

test('half-open requests keep their own bytes in memory, not the chunks that these came in', async () => {
  const count = 300;
  await serving(
    answer,
    async ({ connect }) => {
      const peer = await connect();
      await read(peer);
      const before = heapAfterCollection();
      const ignored = record(STDIN, 65_535, Buffer.alloc(60_000));
      for (let id = 1; id <= count; id++) peer.send(begin(id), record(PARAMS, id, '\x0e'), ignored);
      await read(peer);
      expect(heapAfterCollection() - before).toBeLessThan(4 * MIB);
      for (let id = 1; id <= count; id++) peer.send(record(PARAMS, id, '\x03'), ignored);
      await read(peer);
      expect(heapAfterCollection() - before).toBeLessThan(4 * MIB);
      for (let id = 1; id <= count; id++) {
        peer.send(record(PARAMS, id, 'REQUEST_METHODGET'), record(PARAMS, id));
      }
      expect((await peer.answer(count)).body.toString()).toBe('answered');
    },
    { transport: 'unix' },
  );
});

test('PARAMS that come byte by byte take no more memory than in one piece', async () => {
  await serving(
    answer,
    async ({ connect }) => {
      const peer = await connect();
      await read(peer);
      const before = heapAfterCollection();
      const block = pairs({ ...GET, HTTP_X: 'x'.repeat(100_000) });
      peer.send(begin());
      await read(peer);
      peer.send(Buffer.concat(Array.from(block, (byte) => record(PARAMS, 1, Uint8Array.of(byte)))));
      await read(peer);
      expect(heapAfterCollection() - before).toBeLessThan(MIB);
      expect((await peer.exchange(record(PARAMS, 1))).body.toString()).toBe('answered');
    },
    { transport: 'unix' },
  );
});

test('holds as many half-open requests as there are ids, each within a few kilobytes', async () => {
  const count = 20_000;
  await serving(
    answer,
    async ({ connect, server }) => {
      const peer = await connect();
      await read(peer);
      const before = heapAfterCollection();
      const ids = Array.from({ length: count }, (_, i) => i + 1);
      peer.send(Buffer.concat(ids.flatMap((id) => [begin(id), record(PARAMS, id, '\x0e')])));
      await read(peer);
      expect((heapAfterCollection() - before) / count).toBeLessThan(8192);
      const other = await connect();
      expect((await other.exchange(request())).body.toString()).toBe('answered');
      server.closeAllConnections();
      await peer.closed();
    },
    {
      transport: 'unix',
      maxHalfOpenRequests: count,
      maxConcurrentRequestsPerConnection: count,
    },
  );
});

test('half-open requests count towards maxConcurrentRequests, and paramsTimeout ends them', async () => {
  await serving(
    answer,
    async ({ connect, errors }) => {
      const peer = await connect();
      peer.send(...Array.from({ length: 10 }, (_, i) => begin(i + 1)));
      for (let id = 5; id <= 10; id++) expect((await peer.answer(id)).protocolStatus).toBe(2);
      for (let id = 1; id <= 4; id++) {
        expect((await peer.answer(id)).status).toBe('408 Request Timeout');
      }
      expect(errors.map(({ code }) => code)).toEqual(Array(4).fill('ERR_FCGI_PARAMS_TIMEOUT'));
      expect((await peer.exchange(request({ id: 11 }), 11)).body.toString()).toBe('answered');
    },
    { maxConcurrentRequests: 4, paramsTimeout: 50 },
  );
});

test.each<[string, number, Buffer]>([
  ['management records', UNKNOWN_TYPE, record(100, 0)],
  ['requests that are refused', END_REQUEST, begin(1, 1, 9)],
])('stops reading %s when their answers are not read', async (_name, type, asked) => {
  const count = 200_000;
  await serving(
    answer,
    async ({ server, connect }) => {
      const connected = within('the connection', once(server, 'connection'));
      const peer = await connect();
      const [socket] = (await connected) as [Socket];
      const paused = within('a connection that is held back', once(socket, 'pause'));
      peer.socket.pause();
      peer.send(Buffer.concat(Array<Buffer>(count).fill(asked)));
      await paused;
      expect(socket.writableLength).toBeLessThan(2 * MIB);
      peer.socket.resume();
      await peer.until('all answers', () => peer.records.length === count);
      expect(peer.records.every((one) => one.type === type)).toBe(true);
    },
    { transport: 'unix' },
  );
});
