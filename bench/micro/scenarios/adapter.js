import { createServer } from 'node:http';
import { MEBIBYTE } from '../../apps/contents.js';
import { FORTY_HEADERS } from '../../apps/headers.js';
import { fastcgiRequest, httpRequest } from '../../support/requests.js';
import { Conversation } from '../conversation.js';

/** @typedef {import('../../support/requests.js').Request} Request */

/** V8 has compiled all of a server after 0.7 seconds: measured after less, Node 24 takes up to three times as long. */
const WARM_UP = 5;

/**
 * @typedef {object} AdapterCase
 * @property {string} name
 * @property {string} says what is measured
 * @property {string} app a module in `apps/`
 * @property {Request} [request]
 * @property {string | Buffer} answer what the response body holds
 * @property {number} batch how many requests one sample has
 */

/** @type {readonly AdapterCase[]} */
const cases = [
  {
    name: 'get',
    says: 'GET with 20 params, kept connection, "Hello, World!"',
    app: 'plain',
    answer: 'Hello, World!',
    batch: 100,
  },
  {
    name: 'get-40-headers',
    says: 'the same with 40 request headers',
    app: 'plain',
    request: { headers: FORTY_HEADERS },
    answer: 'Hello, World!',
    batch: 50,
  },
  {
    name: 'connection',
    says: 'the same with a connection a request',
    app: 'plain',
    request: { keepConnection: false },
    answer: 'Hello, World!',
    batch: 100,
  },
  {
    name: 'express-json',
    says: 'Express 5, JSON',
    app: 'express-json',
    answer: '{"message":"Hello, World!"}',
    batch: 50,
  },
  {
    name: 'express-middleware',
    says: 'Express 5, 10 middleware, 40 request headers',
    app: 'express-middleware',
    request: { headers: FORTY_HEADERS },
    answer: '"values":["value-of-header-1",',
    batch: 20,
  },
  {
    name: 'koa',
    says: 'Koa, JSON',
    app: 'koa',
    answer: '{"message":"Hello, World!"}',
    batch: 50,
  },
  {
    name: 'response-1mib',
    says: '1 MiB response in one piece',
    app: 'response',
    answer: MEBIBYTE.subarray(0, 16_000),
    batch: 50,
  },
  {
    name: 'stream-1mib',
    says: '1 MiB response in writes of 16 KiB',
    app: 'stream',
    answer: MEBIBYTE.subarray(0, 16_000),
    batch: 10,
  },
  {
    name: 'upload-1mib',
    says: '1 MiB request body',
    app: 'upload',
    request: { method: 'POST', body: MEBIBYTE },
    answer: '1048576 bytes',
    batch: 10,
  },
];

/** @param {AdapterCase} adapterCase @returns {import('../scenario.js').Scenario} */
function scenario({ name, says, app, request = {}, answer, batch }) {
  /** @param {import('node:net').Server} server @param {readonly Buffer[]} bytes */
  const converse = async (server, bytes) => {
    const conversation = new Conversation(server, bytes, request.keepConnection !== false);
    const first = await conversation.first();
    if (!first.includes(answer)) {
      throw new Error(`${name} was answered ${JSON.stringify(first.toString('latin1', 0, 500))}`);
    }
    return () => conversation.repeat(batch);
  };
  const listener = async () => (await import(`../../apps/${app}.js`)).createListener();
  return {
    name,
    says,
    unit: 'request',
    operations: batch,
    warmUp: WARM_UP,
    ours: async ({ fcgi }) =>
      converse(fcgi.createServer(await listener()), fastcgiRequest(request)),
    node: async () => {
      const server = createServer(await listener());
      return converse(server, httpRequest(request));
    },
  };
}

export const adapterScenarios = cases.map(scenario);
