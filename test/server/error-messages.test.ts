import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { FcgiError, type ServerOptions } from '../../src/index.ts';
import { locateSocketError } from '../../src/server/locate-error.ts';
import { namelessPeers, peerName } from '../../src/server/peer-name.ts';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import {
  begin,
  DATA,
  FILTER,
  GET,
  GET_VALUES,
  PARAMS,
  params,
  record,
  STDIN,
  STDOUT,
} from '../support/wire.ts';

const listener = (req: IncomingMessage, res: ServerResponse) => {
  req.on('error', () => {});
  req.resume().on('end', () => res.end());
};

const post = { ...GET, REQUEST_METHOD: 'POST', CONTENT_LENGTH: '3' };
const open = (variables: Record<string, string>, role?: number) =>
  Buffer.concat([begin(7, 1, role), params(7, variables)]);
const half = (...bytes: Buffer[]) => Buffer.concat([begin(7), ...bytes]);

// `test.each` takes a fourth parameter that a row does not have for a callback: hence `...options`.
/** What comes, the code, and what stands in its message between the peer and the reason. */
test.each<[Buffer, string, string, ServerOptions?]>([
  [Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'ERR_FCGI_VERSION', ''],
  [record(1, 7, 'x'), 'ERR_FCGI_RECORD_LENGTH', ', request 7, FCGI_BEGIN_REQUEST'],
  [half(begin(7)), 'ERR_FCGI_REQUEST_ID_IN_USE', ', request 7, FCGI_BEGIN_REQUEST'],
  [half(record(STDIN, 7)), 'ERR_FCGI_UNEXPECTED_RECORD', ', request 7, FCGI_STDIN'],
  [half(record(STDOUT, 7)), 'ERR_FCGI_UNEXPECTED_RECORD', ', request 7, FCGI_STDOUT'],
  [half(record(99, 7)), 'ERR_FCGI_UNEXPECTED_RECORD', ', request 7, type 99'],
  [
    half(record(PARAMS, 7, 'x'), record(PARAMS, 7)),
    'ERR_FCGI_NAME_VALUE_PAIR',
    ', request 7, FCGI_PARAMS',
  ],
  [record(GET_VALUES, 0, 'x'), 'ERR_FCGI_NAME_VALUE_PAIR', ', FCGI_GET_VALUES'],
  [open({}), 'ERR_FCGI_META_VARIABLE', ', request 7, FCGI_PARAMS'],
  [
    open({ ...GET, 'HTTP_X-A': '', HTTP_X_A: '' }),
    'ERR_FCGI_HEADER_COLLISION',
    ', request 7, FCGI_PARAMS',
  ],
  [open(GET), 'ERR_FCGI_PARAMS_SIZE', ', request 7, FCGI_PARAMS', { maxParamsSize: 9 }],
  [open(GET), 'ERR_FCGI_PARAMS_COUNT', ', request 7, FCGI_PARAMS', { maxParams: 2 }],
  [
    open({ ...GET, HTTP_B: '' }),
    'ERR_FCGI_HEADERS_COUNT',
    ', request 7, FCGI_PARAMS',
    { maxHeadersCount: 1 },
  ],
  [
    half(record(PARAMS, 7, 'x')),
    'ERR_FCGI_BUFFERED_INPUT',
    ', request 7, FCGI_PARAMS',
    { maxBufferedInput: 0 },
  ],
  [half(), 'ERR_FCGI_PARAMS_TIMEOUT', ', request 7, FCGI_PARAMS', { paramsTimeout: 1 }],
  [open(post), 'ERR_FCGI_REQUEST_TIMEOUT', ', request 7, FCGI_STDIN', { requestTimeout: 1 }],
  [
    Buffer.concat([open(GET, FILTER), record(STDIN, 7)]),
    'ERR_FCGI_REQUEST_TIMEOUT',
    ', request 7, FCGI_DATA',
    { requestTimeout: 1 },
  ],
  [
    Buffer.concat([open(post), record(STDIN, 7, 'four')]),
    'ERR_FCGI_BODY_LENGTH',
    ', request 7, FCGI_STDIN',
  ],
  [
    Buffer.concat([open({ ...GET, FCGI_DATA_LENGTH: '3' }, FILTER), record(DATA, 7)]),
    'ERR_FCGI_BODY_LENGTH',
    ', request 7, FCGI_DATA',
  ],
])(
  'names the peer, the request and the record type: %#',
  async (bytes, code, place, ...options) => {
    await serving(
      listener,
      async ({ connect, server }) => {
        const reported = new Deferred<FcgiError>();
        server.on('clientError', (error) => reported.resolve(error as FcgiError));
        const peer = await connect();
        peer.send(bytes);
        const error = await reported.wait('an error');
        const { address, port } = peer.socket.address() as AddressInfo;
        expect(error).toBeInstanceOf(FcgiError);
        expect(error.code).toBe(code);
        expect(error.peer).toBe(`${address}:${port}`);
        const [before, reason] = error.message.split(`${address}:${port}${place}: `);
        expect(before).toBe('');
        expect(reason).toMatch(/^[A-Z]/);
      },
      { filter: () => {}, ...options[0] },
    );
  },
);

test('names the record that a connection ended in, as far as it is known', async () => {
  await serving(listener, async ({ connect, server }) => {
    for (const [size, place] of [
      [9, ', request 7, FCGI_PARAMS'],
      [5, ''],
    ] as const) {
      const reported = new Deferred<FcgiError>();
      server.once('clientError', (error) => reported.resolve(error as FcgiError));
      const peer = await connect();
      peer.send(record(PARAMS, 7, 'abc').subarray(0, size));
      peer.socket.end();
      const error = await reported.wait('an error');
      expect(error.message).toBe(`${error.peer}${place}: The connection ended inside a record`);
    }
  });
});

test('names the path of a Unix socket, also once the server does not listen any more', async () => {
  await serving(
    listener,
    async ({ connect, server }) => {
      const reported = new Deferred<FcgiError>();
      server.once('clientError', (error) => reported.resolve(error as FcgiError));
      const path = server.address() as string;
      const peer = await connect();
      peer.send(half(), record(GET_VALUES, 0));
      await peer.until('proof that the request has begun', () => peer.records.length > 0);
      server.close();
      peer.send(begin(7));
      expect((await reported.wait('an error')).peer).toBe(`unix:${path}`);
    },
    { transport: 'unix' },
  );
});

test('names the peer of a connection that was reset', async () => {
  await serving(listener, async ({ connect, server }) => {
    const reported = new Deferred<Error & { peer?: string }>();
    server.once('clientError', (error) => reported.resolve(error));
    const peer = await connect();
    const { address, port } = peer.socket.address() as AddressInfo;
    peer.send(half(), record(GET_VALUES, 0));
    await peer.until('proof that the connection is there', () => peer.records.length > 0);
    peer.socket.resetAndDestroy();
    const error = await reported.wait('an error');
    expect(error).toMatchObject({ code: 'ECONNRESET', peer: `${address}:${port}` });
    expect(error.message).toBe(`read ECONNRESET ${address}:${port}`);
    expect(error.stack).toContain(error.message);
  });
});

test('an error without a stack is located too', () => {
  const error = new Error('read ECONNRESET');
  delete (error as { stack?: string }).stack;
  expect(locateSocketError(error, 'unix:/a').message).toBe('read ECONNRESET unix:/a');
});

test('has a name for each kind of peer', () => {
  const socket = (remoteAddress?: string, remoteFamily?: string) =>
    ({ remoteAddress, remoteFamily, remotePort: 80 }) as never;
  expect(peerName(socket('192.0.2.1', 'IPv4'), 'x')).toBe('192.0.2.1:80');
  expect(peerName(socket('2001:db8::1', 'IPv6'), 'x')).toBe('[2001:db8::1]:80');
  expect(peerName(socket(), namelessPeers('/run/app.sock'))).toBe('unix:/run/app.sock');
  expect(peerName(socket(), namelessPeers(null))).toBe('unix:(inherited)');
  expect(peerName(socket(), namelessPeers({ address: '', family: '', port: 1 }))).toBe('unknown');
});

test('docs/observability.md shows messages as they are', async () => {
  const page = readFileSync(join(__dirname, '../../docs/observability.md'), 'utf8');
  const messages = async (transport: 'tcp' | 'unix', bytes: Buffer) =>
    serving(
      listener,
      async ({ connect, errors, server }) => {
        const peer = await connect();
        peer.send(bytes);
        await peer.until('an answer, or the end', () => peer.records.length > 0 || peer.ended);
        const address = server.address();
        const own =
          typeof address === 'string'
            ? address
            : `127.0.0.1:${(peer.socket.address() as AddressInfo).port}`;
        const plain = typeof address === 'string' ? '/run/app.sock' : '192.0.2.1:4711';
        return errors[0]?.message.replace(own, plain);
      },
      { transport },
    );
  const large = [65_535, 65_535, 3].map((size) => record(PARAMS, 1, Buffer.alloc(size)));
  const ended = [begin(3), params(3, post), record(STDIN, 3, 'abc'), record(STDIN, 3)];
  for (const [transport, bytes] of [
    ['tcp', Buffer.concat([begin(1), ...large])],
    ['unix', Buffer.concat([...ended, record(STDIN, 3)])],
    ['tcp', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ] as const) {
    const message = await messages(transport, bytes);
    expect(page.split('\n')).toContain(message);
  }
});
