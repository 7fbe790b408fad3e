/*
 * Requests as nginx sends them: with its stock `fastcgi_params`, and over HTTP with `proxy_set_header Host` and
 * `Connection ''`.
 */

const BEGIN_REQUEST = 1;
const PARAMS = 4;
const STDIN = 5;
const KEEP_CONN = 1;

/** nginx reads and sends a body in pieces of this size. */
const PIECE = 32 * 1024;

/** What a server reads at a time. */
const READ = 64 * 1024;

/**
 * @typedef {object} Request
 * @property {string} [method]
 * @property {Readonly<Record<string, string>>} [headers] of the client, beside Host
 * @property {Buffer} [body]
 * @property {boolean} [keepConnection] true unless told otherwise
 */

/**
 * @param {Request} request
 * @returns {[name: string, value: string][]}
 */
export function nginxParams({ method = 'GET', headers = {}, body }) {
  return [
    ['QUERY_STRING', ''],
    ['REQUEST_METHOD', method],
    ['CONTENT_TYPE', ''],
    ['CONTENT_LENGTH', body ? String(body.length) : ''],
    ['SCRIPT_NAME', '/'],
    ['REQUEST_URI', '/'],
    ['DOCUMENT_URI', '/'],
    ['DOCUMENT_ROOT', '/usr/share/nginx/html'],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['REQUEST_SCHEME', 'http'],
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['SERVER_SOFTWARE', 'nginx/1.22.1'],
    ['REMOTE_ADDR', '192.0.2.7'],
    ['REMOTE_PORT', '47110'],
    ['REMOTE_USER', ''],
    ['SERVER_ADDR', '192.0.2.1'],
    ['SERVER_PORT', '80'],
    ['SERVER_NAME', 'app.example.org'],
    ['REDIRECT_STATUS', '200'],
    ['HTTP_HOST', 'app.example.org'],
    ...Object.entries(headers).map(
      ([name, value]) =>
        /** @type {[string, string]} */ ([
          `HTTP_${name.toUpperCase().replaceAll('-', '_')}`,
          value,
        ]),
    ),
  ];
}

/**
 * @param {Request} request
 * @returns {Buffer[]} what a server reads, in chunks
 */
export function fastcgiRequest(request) {
  const { body = Buffer.alloc(0), keepConnection = true } = request;
  const begin = Buffer.of(0, 1, keepConnection ? KEEP_CONN : 0, 0, 0, 0, 0, 0);
  const records = [record(BEGIN_REQUEST, begin)];
  records.push(record(PARAMS, pairs(nginxParams(request))), record(PARAMS));
  for (let at = 0; at < body.length; at += PIECE) {
    records.push(record(STDIN, body.subarray(at, at + PIECE)));
  }
  return reads(Buffer.concat([...records, record(STDIN)]));
}

/**
 * @param {Request} request
 * @returns {Buffer[]} what a server reads, in chunks
 */
export function httpRequest({ method = 'GET', headers = {}, body, keepConnection = true }) {
  const lines = [
    `${method} / HTTP/1.1`,
    'Host: app.example.org',
    ...(keepConnection ? [] : ['Connection: close']),
    ...(body ? [`Content-Length: ${body.length}`] : []),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return reads(Buffer.concat([head, body ?? Buffer.alloc(0)]));
}

/** @param {number} type @param {Buffer} content */
export function record(type, content = Buffer.alloc(0)) {
  const padding = -content.length & 7;
  const header = [1, type, 0, 1, content.length >> 8, content.length & 255, padding, 0];
  return Buffer.concat([Buffer.from(header), content, Buffer.alloc(padding)]);
}

/** @param {readonly (readonly [string, string])[]} entries */
export function pairs(entries) {
  return Buffer.concat(
    entries.flatMap(([name, value]) => [
      pairLength(name.length),
      pairLength(value.length),
      Buffer.from(name, 'latin1'),
      Buffer.from(value, 'latin1'),
    ]),
  );
}

/** @param {number} length */
function pairLength(length) {
  if (length < 128) return Buffer.of(length);
  return Buffer.of(128 | (length >> 24), (length >> 16) & 255, (length >> 8) & 255, length & 255);
}

/** @param {Buffer} bytes */
function reads(bytes) {
  const chunks = [];
  for (let at = 0; at < bytes.length; at += READ) chunks.push(bytes.subarray(at, at + READ));
  return chunks;
}
