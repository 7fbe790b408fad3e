import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import express from 'express';
import Koa from 'koa';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import { post, request } from '../support/wire.ts';

/** Which of the states of a stream the socket of a request has made, once its response is closed. */
async function statesMade(listener: RequestListener, bytes = request()): Promise<string[]> {
  const closed = new Deferred<Socket>();
  await serving(
    (req, res) => {
      const { socket } = req;
      res.on('close', () => closed.resolve(socket));
      listener(req, res);
    },
    async ({ connect }) => {
      expect((await (await connect()).exchange(bytes)).status).toBe('200 OK');
    },
  );
  const socket = await closed.wait('close');
  return ['_readableState', '_writableState'].filter((name) => Object.hasOwn(socket, name));
}

const json = express().use((_req, res) => {
  res.json({ name: 'value' });
});
const file = express().use((_req, res) => {
  res.sendFile(__filename);
});
const body = express().use(express.json(), (req, res) => {
  res.send(req.body);
});
const koa = new Koa().use((context) => {
  context.body = { name: 'value' };
});

test.each<[string, RequestListener]>([
  ['text', (_req, res) => res.end('text')],
  ['bytes, which are sent apart from the head', (_req, res) => res.end(Buffer.from('bytes'))],
  ['several writes', (_req, res) => res.write('a') && res.write(Buffer.from('b')) && res.end('c')],
  [
    'corked writes',
    (_req, res) => [res.cork(), res.write('a'), res.cork(), res.end(Buffer.from('b'))],
  ],
  [
    'writes and an end() that has none',
    (_req, res) => {
      res.write('a');
      setImmediate(() => res.end());
    },
  ],
  ['the json() of Express', json],
  ['the sendFile() of Express', file],
  ['Koa', koa.callback()],
])('a response of %s makes no states of a stream', async (_what, listener) => {
  expect(await statesMade(listener)).toEqual([]);
});

test('a body that Express parses makes no states of a stream', async () => {
  const bytes = post('{"name":"value"}', { variables: { CONTENT_TYPE: 'application/json' } });
  expect(await statesMade(body, bytes)).toEqual([]);
});

test('whoever asks for them finds them', async () => {
  const both = ['_readableState', '_writableState'];
  expect(
    await statesMade((req, res) => {
      req.socket.on('data', () => {});
      res.end();
    }),
  ).toEqual(both);
});

test('the writable state is made for whoever asks more of it than whether the socket is corked', async () => {
  interface Streaming {
    readonly _writableState: Record<string, unknown>;
  }
  const told: unknown[] = [];
  const made = await statesMade((req, res) => {
    const { _writableState: state } = req.socket as unknown as Streaming;
    state.corked = 1;
    told.push(state.corked, Object.hasOwn(req.socket, '_writableState'));
    state.mark = 'mine';
    told.push('length' in state, state.highWaterMark === req.socket.writableHighWaterMark);
    const { _writableState: later } = req.socket as unknown as Streaming;
    told.push(later.mark, later.destroyed);
    res.end();
  });
  expect(told).toEqual([0, false, true, true, 'mine', false]);
  expect(made).toEqual(['_readableState', '_writableState']);
});
