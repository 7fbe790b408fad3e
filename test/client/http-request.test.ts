import { once } from 'node:events';
import { get } from 'node:http';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { Client, type RequestOptions, request } from '../../src/client/index.ts';
import { within } from '../support/deadline.ts';
import { answer, endRequest, type FakePeer, faking } from '../support/fake-application.ts';
import { serving } from '../support/serve.ts';
import { PARAMS, pairs, record, STDOUT } from '../support/wire.ts';

const HELLO = 'Content-Type: text/plain\r\n\r\nhello';
const sayHello = (peer: FakePeer) => void peer.send(answer(HELLO));

/** The variables that an application gets for a request. */
function variables(options: RequestOptions): Promise<Record<string, string>> {
  return faking(sayHello, async ({ path, peers }) => {
    const { completed } = await within('the head', request(path, options));
    await within('the end', completed);
    return peers[0]?.params ?? {};
  });
}

test('a request without options is GET / from this machine', async () => {
  expect(await variables({ url: '/' })).toEqual({
    REQUEST_METHOD: 'GET',
    REQUEST_URI: '/',
    SCRIPT_NAME: '',
    PATH_INFO: '/',
    DOCUMENT_URI: '/',
    DOCUMENT_ROOT: '',
    QUERY_STRING: '',
    SERVER_PROTOCOL: 'HTTP/1.1',
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_SOFTWARE: 'fcgi',
    REQUEST_SCHEME: 'http',
    REDIRECT_STATUS: '200',
    REMOTE_ADDR: '127.0.0.1',
    REMOTE_PORT: '',
    SERVER_ADDR: '127.0.0.1',
    SERVER_PORT: '80',
    SERVER_NAME: 'localhost',
    HTTP_HOST: 'localhost',
    CONTENT_TYPE: '',
  });
  expect(await variables({ method: 'GET' })).toEqual(await variables({ url: '/' }));
  expect(await variables({})).toEqual(await variables({ url: '/' }));
});

test('the url becomes the variables of path and query', async () => {
  expect(await variables({ url: '/a%20b/../c?d=%C3%A9&e' })).toMatchObject({
    REQUEST_URI: '/a%20b/../c?d=%C3%A9&e',
    PATH_INFO: '/a b/../c',
    QUERY_STRING: 'd=%C3%A9&e',
  });
});

test.each<[string | URL, object]>([
  [
    'https://example.test/x?y#z',
    {
      REQUEST_URI: '/x?y',
      HTTP_HOST: 'example.test',
      SERVER_NAME: 'example.test',
      SERVER_PORT: '443',
      HTTPS: 'on',
      REQUEST_SCHEME: 'https',
    },
  ],
  [
    new URL('http://me:secret@example.test:8080/x'),
    { REQUEST_URI: '/x', HTTP_HOST: 'example.test:8080', SERVER_PORT: '8080' },
  ],
  ['http://[::1]:81', { REQUEST_URI: '/', SERVER_NAME: '[::1]', SERVER_PORT: '81' }],
  ['http://example.test?q', { REQUEST_URI: '/?q', QUERY_STRING: 'q' }],
  ['*', { REQUEST_URI: '*', PATH_INFO: '' }],
])('the url %s gives what it says', async (url, expected) => {
  expect(await variables({ url })).toMatchObject(expected);
});

test.each(['', 'x', 'ftp://example.test/', '/a b', '/\n', '/€', 1, null])(
  'the url %j is refused with a TypeError that names it',
  async (url) => {
    const refused = request('/nowhere/app.sock', { url: url as string });
    await expect(refused).rejects.toThrow(TypeError);
    await expect(refused).rejects.toThrow(String(url));
  },
);

test.each(['', 'GE T', 'G\n', 1])('the method %j is refused with a TypeError', async (method) => {
  const refused = request('/nowhere/app.sock', { method: method as string });
  await expect(refused).rejects.toThrow(TypeError);
});

describe('headers', () => {
  const expected = { HTTP_X_A: '1, 2', HTTP_COOKIE: 'a=1; b=2', CONTENT_TYPE: 'text/plain' };

  test.each<[string, RequestOptions['headers']]>([
    ['an object', { 'X-A': ['1', '2'], cookie: ['a=1', 'b=2'], 'Content-Type': 'text/plain' }],
    [
      'pairs',
      [
        ['x-a', '1'],
        ['X-A', '2'],
        ['Cookie', 'a=1'],
        ['cookie', 'b=2'],
        ['content-type', 'text/plain'],
      ],
    ],
    [
      'a Map',
      new Map([
        ['X-A', '1, 2'],
        ['Cookie', 'a=1; b=2'],
        ['Content-Type', 'text/plain'],
      ]),
    ],
    [
      'Headers',
      new Headers([
        ['X-A', '1'],
        ['X-A', '2'],
        ['Cookie', 'a=1; b=2'],
        ['Content-Type', 'text/plain'],
      ]),
    ],
  ])('may be %s', async (_, headers) => {
    expect(await variables({ headers })).toMatchObject(expected);
  });

  test('that belong to a connection, or could pass for others, are not sent', async () => {
    const sent = await variables({
      headers: {
        Connection: 'close',
        Proxy: 'x',
        X_Real_IP: '1',
        Upgrade: 'h2c',
        'X-Real-IP': '2',
      },
    });
    expect(Object.keys(sent).filter((name) => name.startsWith('HTTP_'))).toEqual([
      'HTTP_HOST',
      'HTTP_X_REAL_IP',
    ]);
    expect(sent.HTTP_X_REAL_IP).toBe('2');
  });

  test('a Host comes before that of the url; undefined is none', async () => {
    const sent = await variables({
      url: 'http://example.test/',
      headers: { Host: 'other.test:81', 'X-None': undefined, 'X-Number': 1 },
    });
    expect(sent).toMatchObject({
      HTTP_HOST: 'other.test:81',
      SERVER_NAME: 'other.test',
      SERVER_PORT: '81',
      HTTP_X_NUMBER: '1',
    });
    expect(sent).not.toHaveProperty('HTTP_X_NONE');
  });

  test.each([
    ['a name', { 'X A': '1' }, 'ERR_INVALID_HTTP_TOKEN'],
    ['a line feed in a value', { 'X-A': '1\n2' }, 'ERR_INVALID_CHAR'],
    ['a value above U+00FF', { 'X-A': '€' }, 'ERR_INVALID_CHAR'],
  ])('with %s that http refuses are refused', async (_, headers, code) => {
    await expect(request('/nowhere/app.sock', { headers })).rejects.toMatchObject({
      name: 'TypeError',
      code,
    });
  });
});

test('params are added to the variables, replace them, or take them away', async () => {
  const params = { SCRIPT_FILENAME: '/srv/x.php', PATH_INFO: undefined, REMOTE_ADDR: '192.0.2.1' };
  const sent = await variables({ url: '/x', params });
  expect(sent).toMatchObject({ SCRIPT_FILENAME: '/srv/x.php', REMOTE_ADDR: '192.0.2.1' });
  expect(sent).not.toHaveProperty('PATH_INFO');
});

test('params alone are all that is sent', async () => {
  expect(await variables({ params: { A: '1' } })).toEqual({ A: '1' });
  expect(await variables({ params: {} })).toEqual({});
});

describe('CONTENT_LENGTH', () => {
  test.each<[string, RequestOptions, string | undefined]>([
    ['is that of a body', { method: 'POST', body: 'h\xe9' }, '3'],
    ['is that of the headers', { headers: { 'Content-Length': 9 }, body: 'ab' }, '9'],
    ['is that of params', { url: '/', params: { CONTENT_LENGTH: '8' }, body: 'ab' }, '8'],
    [
      'may be taken away',
      { url: '/', params: { CONTENT_LENGTH: undefined }, body: 'a' },
      undefined,
    ],
    ['is absent without a body', { url: '/' }, undefined],
  ])('%s', async (_, options, expected) => {
    expect((await variables(options)).CONTENT_LENGTH).toBe(expected);
  });
});

/** What Node's own HTTP client makes of the same headers. */
async function headersOverHttp(rawHeaders: string[]): Promise<object> {
  const server = net.createServer((socket) => {
    const lines = rawHeaders.flatMap((name, i) => (i % 2 ? [] : [`${name}: ${rawHeaders[i + 1]}`]));
    socket.end(['HTTP/1.0 200 OK', ...lines, '', ''].join('\r\n'), 'latin1');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as net.AddressInfo;
  try {
    const [message] = await once(get({ port, host: '127.0.0.1' }), 'response');
    message.resume();
    return message.headers;
  } finally {
    server.close();
  }
}

test('the headers of an answer are joined as those of an http.IncomingMessage', async () => {
  const rawHeaders = [
    ...['X-A', '1', 'x-a', '2', 'Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'ETag', 'first'],
    ...['etag', 'second', 'Vary', 'a', 'Vary', 'b', '__proto__', 'data', 'X-Bytes', '\xe9'],
  ];
  const expected = await headersOverHttp(rawHeaders);
  const head = rawHeaders.map((part, i) => (i % 2 ? `${part}\r\n` : `${part}: `)).join('');
  await faking(
    (peer) => void peer.send(answer(Buffer.from(`${head}\r\n`, 'latin1'))),
    async ({ path }) => {
      const response = await within('the head', request(path, { url: '/' }));
      expect(response.rawHeaders).toEqual(rawHeaders);
      expect(response.headers).toEqual(expected);
      expect(response.headers['set-cookie']).toEqual(['a=1', 'b=2']);
      expect(response.headers).toBe(response.headers);
    },
  );
});

test('appStatus and protocolStatus are known once the answer is complete', async () => {
  let peer: FakePeer | undefined;
  const onRequest = (one: FakePeer) => {
    peer = one.send(record(STDOUT, 1, HELLO));
  };
  await faking(onRequest, async ({ path }) => {
    const response = await within('the head', request(path, { url: '/' }));
    expect(response.appStatus).toBeUndefined();
    expect(response.protocolStatus).toBeUndefined();
    peer?.send(record(STDOUT, 1), endRequest({ appStatus: 4_294_967_295 }));
    expect(await within('the body', text(response.body))).toBe('hello');
    expect(await response.completed).toEqual({ appStatus: 4_294_967_295, protocolStatus: 0 });
    expect(response.appStatus).toBe(4_294_967_295);
    expect(response.protocolStatus).toBe(0);
  });
});

test('a request to a server of this library arrives as one over HTTP', () =>
  serving(
    async (req, res) => {
      const { method, url, headers } = req;
      res.end(JSON.stringify({ method, url, tag: headers['x-tag'], body: await text(req) }));
    },
    async ({ server }) => {
      const response = await request(server, {
        method: 'POST',
        url: '/path?q=1',
        headers: { 'X-Tag': 'a' },
        body: 'Grüß Gott',
      });
      expect(response.statusCode).toBe(200);
      expect(JSON.parse(await within('the body', text(response.body)))).toEqual({
        method: 'POST',
        url: '/path?q=1',
        tag: 'a',
        body: 'Grüß Gott',
      });
    },
  ));

test('a method that has no body in its answer may tell a length', () =>
  faking(
    (peer) => void peer.send(answer('Content-Length: 5\n\n')),
    async ({ path }) => {
      await using client = new Client(path);
      const response = await client.request({ method: 'HEAD' });
      expect(await within('the body', text(response.body))).toBe('');
      expect(response.headers['content-length']).toBe('5');
    },
  ));

test('the variables are those that go over the wire', () =>
  faking(sayHello, async ({ path, peers }) => {
    await (await request(path, { params: { A: '1', B: '\xe9' } })).completed;
    const sent = peers[0]?.records.filter(({ type }) => type === PARAMS);
    expect(sent?.[0]?.content).toEqual(pairs({ A: '1', B: '\xe9' }));
  }));
