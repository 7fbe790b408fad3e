import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import express from 'express';
import express4 from 'express4';
import { bornWith } from '../../src/http/born-message.ts';
import { createServer, type ServerOptions } from '../../src/index.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { WebServer } from '../support/web-server.ts';
import { request } from '../support/wire.ts';

/** The prototypes of `req` and `res` before the listener has touched them. */
async function prototypes(listener: RequestListener, options: ServerOptions = {}) {
  const server = createServer(options, listener);
  const seen = new Deferred<object[]>();
  server.prependListener('request', (req: object, res: object) =>
    seen.resolve([Object.getPrototypeOf(req), Object.getPrototypeOf(res)]),
  );
  server.listen(0, '127.0.0.1');
  await within('listening', new Promise((resolve) => server.once('listening', () => resolve(0))));
  const peer = await WebServer.connect(server);
  try {
    await peer.exchange(request());
    return await seen.wait('a request');
  } finally {
    peer.close();
    server.close();
  }
}

test.each<[string, { request: object; response: object } & RequestListener]>([
  ['Express 5', express() as never],
  ['Express 4', express4() as never],
])('the messages of %s are born with its prototypes', async (_name, app) => {
  expect(await prototypes(app)).toEqual([app.request, app.response]);
  const [born, bornResponse] = await prototypes(app);
  expect(born).toBe(app.request);
  expect(bornResponse).toBe(app.response);
});

test('the messages of other listeners are of the classes of http', async () => {
  const [req, res] = await prototypes((_req, response) => void response.end());
  expect(req).toBe(IncomingMessage.prototype);
  expect(res).toBe(ServerResponse.prototype);
});

test('a listener whose request and response are no messages is a listener like any other', async () => {
  const listener = Object.assign((_req: IncomingMessage, res: ServerResponse) => void res.end(), {
    request: () => 'a method',
    response: {},
  });
  expect((await prototypes(listener))[0]).toBe(IncomingMessage.prototype);
});

test('classes that are given come before those of Express', async () => {
  class MyRequest extends IncomingMessage {}
  const [req] = await prototypes(
    Object.assign((_req: IncomingMessage, res: ServerResponse) => void res.end(), express()),
    { IncomingMessage: MyRequest },
  );
  expect(req).toBe(MyRequest.prototype);
});

test('a message that is born with a prototype has what its class gives it, and no more', () => {
  const prototype = Object.create(IncomingMessage.prototype, { own: { value: 1 } });
  const born = bornWith(IncomingMessage, prototype)(null);
  expect(Object.getPrototypeOf(born)).toBe(prototype);
  expect(Reflect.ownKeys(born)).toEqual(Reflect.ownKeys(new IncomingMessage(null as never)));
});
