import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { type HttpRequest, requestVariables } from '../../src/cgi/request-variables.ts';
import { within } from '../support/deadline.ts';

const socket = {
  remoteAddress: '192.0.2.7',
  remotePort: 4711,
  localAddress: '192.0.2.1',
  localPort: 8080,
};

function variables(request: Partial<HttpRequest>, extra?: Record<string, string | undefined>) {
  const all = { method: 'GET', url: '/', httpVersion: '1.1', headers: {}, socket, ...request };
  return requestVariables(all, extra);
}

/** What Node's parser makes of the bytes of a request. */
async function parse(text: string): Promise<Record<string, string | undefined>> {
  const server = http.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  try {
    client.write(text);
    const [req] = (await within('the request', once(server, 'request'))) as [IncomingMessage];
    return requestVariables(req);
  } finally {
    client.destroy();
    server.close();
  }
}

test("sets the variables of nginx's stock fastcgi_params", () => {
  const headers = { host: 'example.test:8080', 'user-agent': 'x' };
  expect({ ...variables({ url: '/a%20b/c?d=%20e', headers }) }).toEqual({
    QUERY_STRING: 'd=%20e',
    REQUEST_METHOD: 'GET',
    CONTENT_TYPE: '',
    CONTENT_LENGTH: '',
    SCRIPT_NAME: '',
    PATH_INFO: '/a b/c',
    REQUEST_URI: '/a%20b/c?d=%20e',
    DOCUMENT_URI: '/a b/c',
    DOCUMENT_ROOT: '',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REQUEST_SCHEME: 'http',
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_SOFTWARE: 'fcgi',
    REMOTE_ADDR: '192.0.2.7',
    REMOTE_PORT: '4711',
    SERVER_ADDR: '192.0.2.1',
    SERVER_PORT: '8080',
    SERVER_NAME: 'example.test',
    REDIRECT_STATUS: '200',
    HTTP_HOST: 'example.test:8080',
    HTTP_USER_AGENT: 'x',
  });
});

test('tells HTTPS only of an encrypted connection', () => {
  const secure = variables({ socket: { ...socket, encrypted: true } });
  expect(secure).toMatchObject({ HTTPS: 'on', REQUEST_SCHEME: 'https' });
  expect(variables({})).not.toHaveProperty('HTTPS');
});

test.each([
  ['/', '/', '', '/'],
  ['/a?', '/a', '', '/a?'],
  ['/a?b?c', '/a', 'b?c', '/a?b?c'],
  ['//a/../b', '//a/../b', '', '//a/../b'],
  ['/%e2%82%ac', '/\xe2\x82\xac', '', '/%e2%82%ac'],
  ['/%00%zz%', '/%00%zz%', '', '/%00%zz%'],
  ['/%2500', '/%00', '', '/%2500'],
  ['http://example.test/a?b', '/a', 'b', 'http://example.test/a?b'],
  ['http://example.test?b', '/', 'b', 'http://example.test?b'],
  ['*', '', '', '*'],
])('takes path and query from the target %j', (url, PATH_INFO, QUERY_STRING, REQUEST_URI) => {
  expect(variables({ url })).toMatchObject({
    PATH_INFO,
    DOCUMENT_URI: PATH_INFO,
    QUERY_STRING,
    REQUEST_URI,
  });
});

test.each([
  ['example.test', 'example.test'],
  ['example.test:80', 'example.test'],
  ['[2001:db8::1]:80', '[2001:db8::1]'],
  ['', '192.0.2.1'],
  ['evil/path', '192.0.2.1'],
  ['a b', '192.0.2.1'],
])('takes SERVER_NAME from the Host %j', (host, SERVER_NAME) => {
  expect(variables({ headers: { host } })).toMatchObject({ SERVER_NAME });
});

test('passes the type and the length of the body on, once', () => {
  const headers = { 'content-type': 'text/plain', 'content-length': '5' };
  const all = variables({ method: 'POST', headers });
  expect(all).toMatchObject({ CONTENT_TYPE: 'text/plain', CONTENT_LENGTH: '5' });
  expect(Object.keys(all).filter((name) => name.startsWith('HTTP_'))).toEqual([]);
});

test('leaves CONTENT_LENGTH empty for a chunked body', () => {
  const headers = { 'transfer-encoding': 'chunked', 'content-length': '5' };
  expect(variables({ headers }).CONTENT_LENGTH).toBe('');
});

test('drops hop-by-hop headers and keeps Authorization', () => {
  const headers = {
    connection: 'close',
    'keep-alive': 'timeout=5',
    'transfer-encoding': 'chunked',
    te: 'trailers',
    trailer: 'x',
    upgrade: 'h2c',
    'proxy-authenticate': 'x',
    'proxy-authorization': 'x',
    'proxy-connection': 'x',
    authorization: 'Basic eA==',
  };
  const all = variables({ headers });
  expect(Object.keys(all).filter((name) => name.startsWith('HTTP_'))).toEqual([
    'HTTP_AUTHORIZATION',
  ]);
});

test('drops a name that could pass for another, and Proxy', async () => {
  const all = await parse(
    'GET / HTTP/1.1\r\nHost: a\r\nX_Real_IP: 1\r\nX.Y: 1\r\nProxy: http://evil\r\n__proto__: 1\r\nX-Ok: 1\r\n\r\n',
  );
  expect(Object.keys(all).filter((name) => name.startsWith('HTTP_'))).toEqual([
    'HTTP_HOST',
    'HTTP_X_OK',
  ]);
});

test('joins what came twice: cookies with a semicolon, others with a comma', async () => {
  const all = await parse(
    'GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nX-A: 1\r\ncookie: b=2\r\nx-a: 2\r\n\r\n',
  );
  expect(all).toMatchObject({ HTTP_COOKIE: 'a=1; b=2', HTTP_X_A: '1, 2' });
});

test('takes variables of the caller over its own, and leaves out those that are undefined', () => {
  const extra = { SCRIPT_FILENAME: '/srv/a.php', SCRIPT_NAME: '/a.php', REMOTE_PORT: undefined };
  const all = variables({}, extra);
  expect(all).toMatchObject({ SCRIPT_FILENAME: '/srv/a.php', SCRIPT_NAME: '/a.php' });
  expect(all.REMOTE_PORT).toBeUndefined();
});

test('leaves the addresses of a Unix socket empty', () => {
  expect(variables({ socket: {} })).toMatchObject({
    REMOTE_ADDR: '',
    REMOTE_PORT: '',
    SERVER_ADDR: '',
    SERVER_PORT: '',
    SERVER_NAME: '',
  });
});
