import { MEBIBYTE } from '../apps/contents.js';
import { FORTY_HEADERS } from '../apps/headers.js';

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} says what is measured, in words for the page
 * @property {string} app a module in `apps/`
 * @property {number} connections of clients
 * @property {boolean} keepConnections whether nginx keeps its connections to the backend
 * @property {Readonly<Record<string, string>>} [headers] of the request
 * @property {number} [upload] bytes of the request's body
 * @property {number} [warmUp] how many times longer to warm up (default: 1)
 * @property {(body: Buffer) => boolean} isRight what an answer must hold to be worth measuring
 */

const CONNECTIONS = 16;

/** V8 compiles by calls, and with a MiB each there are a thirtieth as many in a second. */
export const LARGE_WARM_UP = 4;

const hello = (/** @type {Buffer} */ body) => body.toString() === 'Hello, World!';
const json = (/** @type {Buffer} */ body) => body.toString() === '{"message":"Hello, World!"}';
const mebibyte = (/** @type {Buffer} */ body) => body.equals(MEBIBYTE);

/** @type {readonly Case[]} */
export const cases = [
  {
    name: 'plain',
    says: 'Plain listener, "Hello, World!"',
    app: 'plain',
    connections: CONNECTIONS,
    keepConnections: true,
    isRight: hello,
  },
  {
    name: 'express-json',
    says: 'Express 5, JSON',
    app: 'express-json',
    connections: CONNECTIONS,
    keepConnections: true,
    isRight: json,
  },
  {
    name: 'express-middleware',
    says: 'Express 5, 10 middleware, 40 request headers',
    app: 'express-middleware',
    connections: CONNECTIONS,
    keepConnections: true,
    headers: FORTY_HEADERS,
    isRight: (body) => body.includes('"values":["value-of-header-1",'),
  },
  {
    name: 'koa',
    says: 'Koa, JSON',
    app: 'koa',
    connections: CONNECTIONS,
    keepConnections: true,
    isRight: json,
  },
  {
    name: 'response-1mib',
    says: '1 MiB response',
    app: 'response',
    connections: CONNECTIONS,
    keepConnections: true,
    warmUp: LARGE_WARM_UP,
    isRight: mebibyte,
  },
  {
    name: 'upload-1mib',
    says: '1 MiB upload',
    app: 'upload',
    connections: CONNECTIONS,
    keepConnections: true,
    warmUp: LARGE_WARM_UP,
    upload: MEBIBYTE.length,
    isRight: (body) => body.toString() === `${MEBIBYTE.length} bytes`,
  },
  {
    name: 'stream-1mib',
    says: '1 MiB response in writes of 16 KiB',
    app: 'stream',
    connections: CONNECTIONS,
    keepConnections: true,
    warmUp: LARGE_WARM_UP,
    isRight: mebibyte,
  },
  {
    name: 'connection',
    says: 'Plain listener, a connection a request',
    app: 'plain',
    connections: CONNECTIONS,
    keepConnections: false,
    isRight: hello,
  },
  {
    name: 'plain-32',
    says: 'Plain listener, 32 client connections',
    app: 'plain',
    connections: 32,
    keepConnections: true,
    isRight: hello,
  },
  {
    name: 'plain-256',
    says: 'Plain listener, 256 client connections',
    app: 'plain',
    connections: 256,
    keepConnections: true,
    isRight: hello,
  },
];
