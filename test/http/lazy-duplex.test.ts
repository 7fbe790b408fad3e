import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import express from 'express';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import { request } from '../support/wire.ts';

/** Which of the states of a stream the socket of a request has made, once its response is closed. */
async function statesMade(listener: RequestListener): Promise<string[]> {
  const closed = new Deferred<Socket>();
  await serving(
    (req, res) => {
      const { socket } = req;
      res.on('close', () => closed.resolve(socket));
      listener(req, res);
    },
    async ({ connect }) => {
      expect((await (await connect()).exchange(request())).status).toBe('200 OK');
    },
  );
  const socket = await closed.wait('close');
  return ['_readableState', '_writableState'].filter((name) => Object.hasOwn(socket, name));
}

const json = express().use((_req, res) => {
  res.json({ name: 'value' });
});

test.each<[string, RequestListener]>([
  ['text', (_req, res) => res.end('text')],
  ['bytes, which are sent apart from the head', (_req, res) => res.end(Buffer.from('bytes'))],
  ['several writes', (_req, res) => res.write('a') && res.write(Buffer.from('b')) && res.end('c')],
  [
    'corked writes',
    (_req, res) => [res.cork(), res.write('a'), res.cork(), res.end(Buffer.from('b'))],
  ],
  ['the json() of Express', json],
])('a response of %s makes no states of a stream', async (_what, listener) => {
  expect(await statesMade(listener)).toEqual([]);
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
