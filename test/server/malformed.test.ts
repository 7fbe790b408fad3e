import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import {
  ABORT_REQUEST,
  BEGIN_REQUEST,
  begin,
  DATA,
  END_REQUEST,
  GET,
  PARAMS,
  pairs,
  params,
  post,
  record,
  request,
  STDIN,
  STDOUT,
  stdin,
} from '../support/wire.ts';

const started = Buffer.concat([begin(), params(1, GET)]);

test.each<[string, string, Buffer]>([
  ['a version other than 1', 'ERR_FCGI_VERSION', Buffer.from([2, 1, 0, 1, 0, 8, 0, 0])],
  ['HTTP', 'ERR_FCGI_VERSION', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
  [
    'a BEGIN_REQUEST body of 7 bytes',
    'ERR_FCGI_RECORD_LENGTH',
    record(BEGIN_REQUEST, 1, '\0\x01\0\0\0\0\0'),
  ],
  [
    'a BEGIN_REQUEST body of 9 bytes',
    'ERR_FCGI_RECORD_LENGTH',
    record(BEGIN_REQUEST, 1, '\0\x01\0\0\0\0\0\0\0'),
  ],
  [
    'a pair that runs past the end of PARAMS',
    'ERR_FCGI_NAME_VALUE_PAIR',
    Buffer.concat([begin(), record(PARAMS, 1, '\x03\x09FOObar'), record(PARAMS, 1)]),
  ],
  [
    'a pair of 2³¹−1 bytes',
    'ERR_FCGI_NAME_VALUE_PAIR',
    Buffer.concat([
      begin(),
      record(PARAMS, 1, '\xff\xff\xff\xff\xff\xff\xff\xff'),
      record(PARAMS, 1),
    ]),
  ],
  ['an id that is active', 'ERR_FCGI_REQUEST_ID_IN_USE', Buffer.concat([begin(), begin()])],
  [
    'PARAMS after their end',
    'ERR_FCGI_UNEXPECTED_RECORD',
    Buffer.concat([started, record(PARAMS, 1, 'x')]),
  ],
  [
    'STDIN before the end of PARAMS',
    'ERR_FCGI_UNEXPECTED_RECORD',
    Buffer.concat([begin(), record(STDIN, 1, 'x')]),
  ],
  [
    'STDIN after its end',
    'ERR_FCGI_UNEXPECTED_RECORD',
    Buffer.concat([started, stdin(1), record(STDIN, 1, 'x')]),
  ],
  [
    'DATA for a Responder',
    'ERR_FCGI_UNEXPECTED_RECORD',
    Buffer.concat([started, record(DATA, 1, 'x')]),
  ],
  [
    'STDOUT from a web server',
    'ERR_FCGI_UNEXPECTED_RECORD',
    Buffer.concat([started, record(STDOUT, 1, 'x')]),
  ],
])('ends the connection, and no other: %s', async (_name, code, bytes) => {
  await serving(
    (req, res) => {
      if (req.url === '/other') res.end('unharmed');
    },
    async ({ connect, errors }) => {
      const [bad, good] = [await connect(), await connect()];
      bad.send(bytes);
      await bad.closed();
      expect(errors.map((error) => [error.name, error.code])).toEqual([['ProtocolError', code]]);
      const answer = await good.exchange(request({ variables: { REQUEST_URI: '/other' } }));
      expect(answer.body.toString()).toBe('unharmed');
    },
  );
});

test.each([
  ['a header', started.subarray(0, 5)],
  ['content', Buffer.concat([started, post('abcdef').subarray(-12)]).subarray(0, -10)],
])('emits ERR_FCGI_TRUNCATED if the connection ends inside %s', async (_name, bytes) => {
  await serving(
    () => {},
    async ({ connect, errors }) => {
      const peer = await connect();
      peer.socket.end(bytes);
      await peer.closed();
      expect(errors.map(({ code }) => code)).toEqual(['ERR_FCGI_TRUNCATED']);
    },
  );
});

test.each<[string, Buffer]>([
  ['STDIN', record(STDIN, 9, 'x')],
  ['PARAMS', record(PARAMS, 9, pairs({ A: '1' }))],
  ['ABORT_REQUEST', record(ABORT_REQUEST, 9)],
  ['an unknown type', record(99, 9, 'x')],
  ['END_REQUEST', record(END_REQUEST, 9, '\0\0\0\0\0\0\0\0')],
])('ignores %s for an id that is not active', async (_name, bytes) => {
  await serving(
    (_req, res) => {
      res.end('fine');
    },
    async ({ connect, errors }) => {
      const peer = await connect();
      const answer = await peer.exchange(Buffer.concat([bytes, request()]));
      expect(answer.body.toString()).toBe('fine');
      expect(errors).toEqual([]);
    },
  );
});

test.each([
  ['more', 'abcd', '3'],
  ['fewer', 'ab', '3'],
  ['no', '', '3'],
])(
  'answers 400 to a body with %s bytes than its CONTENT_LENGTH, and goes on',
  async (_name, body, length) => {
    let dispatched = 0;
    await serving(
      (req, res) => {
        dispatched++;
        req.resume().on('end', () => res.end('complete'));
      },
      async ({ connect, errors }) => {
        const peer = await connect();
        const variables = { REQUEST_METHOD: 'POST', CONTENT_LENGTH: length };
        const answer = await peer.exchange(request({ variables, body }));
        expect(answer.status).toBe('400 Bad Request');
        expect(errors.map(({ code, requestId }) => [code, requestId])).toEqual([
          ['ERR_FCGI_BODY_LENGTH', 1],
        ]);
        expect(dispatched).toBe(0);
        expect((await peer.exchange(post('abc'))).body.toString()).toBe('complete');
      },
    );
  },
);

test('aborts a listener that already reads a body with fewer bytes than its CONTENT_LENGTH', async () => {
  const reading = new Deferred<void>();
  const seen = new Deferred<string[]>();
  await serving(
    (req) => {
      reading.resolve();
      const events: string[] = [];
      req.on('data', (chunk: Buffer) => events.push(chunk.toString()));
      req.on('aborted', () => events.push('aborted'));
      req.on('end', () => events.push('end'));
      req.on('error', (error: NodeJS.ErrnoException) => events.push(String(error.code)));
      req.on('close', () => seen.resolve(events));
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.send(begin(), params(1, { ...GET, REQUEST_METHOD: 'POST', CONTENT_LENGTH: '9' }));
      await reading.wait('the listener');
      peer.send(record(STDIN, 1, 'abc'), record(STDIN, 1));
      expect((await peer.answer()).status).toBe('400 Bad Request');
      expect(await seen.wait('seen')).toEqual(['abc', 'aborted', 'ECONNRESET']);
    },
  );
});

test('takes a body of the CONTENT_LENGTH -1, as Caddy 2.6 says, for one of unknown length', async () => {
  await serving(
    (req, res) => {
      const { 'content-length': length, 'transfer-encoding': coding } = req.headers;
      req.setEncoding('latin1');
      req.on('data', (text) => res.write(text));
      req.on('end', () => res.end(` ${length} ${coding}`));
    },
    async ({ connect, errors }) => {
      const peer = await connect();
      const variables = { REQUEST_METHOD: 'POST', CONTENT_LENGTH: '-1' };
      const answer = await peer.exchange(request({ variables, body: 'abc' }));
      expect([answer.status, answer.body.toString()]).toEqual(['200 OK', 'abc undefined chunked']);
      expect(errors).toEqual([]);
    },
  );
});

test.each<[string, string, Record<string, string>]>([
  ['without a REQUEST_METHOD', 'ERR_FCGI_META_VARIABLE', { REQUEST_METHOD: '' }],
  ['with a CONTENT_LENGTH that is no number', 'ERR_FCGI_META_VARIABLE', { CONTENT_LENGTH: '-2' }],
  [
    'with two variables for one header',
    'ERR_FCGI_HEADER_COLLISION',
    { HTTP_X_ID: '1', 'HTTP_X-ID': '2' },
  ],
])('answers 400 to a request %s, and goes on', async (_name, code, variables) => {
  await serving(
    (_req, res) => {
      res.end('dispatched');
    },
    async ({ connect, errors }) => {
      const peer = await connect();
      expect((await peer.exchange(request({ variables }))).status).toBe('400 Bad Request');
      expect(errors.map((error) => [error.code, error.requestId])).toEqual([[code, 1]]);
      expect((await peer.exchange(request())).body.toString()).toBe('dispatched');
    },
  );
});

test('hands clientError a socket that leads nowhere, whatever is written to it', async () => {
  await serving(
    () => {},
    async ({ server, connect }) => {
      const writable: boolean[] = [];
      server.on('clientError', (_error, socket) => {
        writable.push(socket.writable);
        socket.on('error', () => {});
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      });
      const peer = await connect();
      const answer = await peer.exchange(request({ variables: { CONTENT_LENGTH: 'x' } }));
      expect(answer.status).toBe('400 Bad Request');
      expect(writable).toEqual([false]);
      expect(peer.records).toHaveLength(3);
    },
  );
});
