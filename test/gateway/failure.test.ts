import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { createGateway, type GatewayOptions } from '../../src/gateway/index.ts';
import { within } from '../support/deadline.ts';
import { answer, endRequest, type FakePeer, faking } from '../support/fake-application.ts';
import { fetchHead, listening } from '../support/http-client.ts';
import { record, STDOUT } from '../support/wire.ts';

const HEAD = 'Content-Type: text/plain\n\n';

/** The answer of a gateway whose application does this, and what the gateway told of it. */
function failure(onRequest: (peer: FakePeer) => void, options: GatewayOptions = {}) {
  return faking(onRequest, ({ path }) =>
    listening(createGateway(path, options), async (gateway) => {
      const told = once(gateway, 'gatewayError');
      const res = await fetchHead(gateway, { path: '/asked' });
      const body = await within('the body', text(res));
      const [error, req] = (await within('gatewayError', told)) as [Error, IncomingMessage];
      expect(req.url).toBe('/asked');
      return { res, body, error };
    }),
  );
}

test.each<[number, string, string, (peer: FakePeer) => void]>([
  [502, 'ERR_FCGI_CONNECTION_CLOSED', 'closes', ({ socket }) => void socket.end()],
  [502, 'ERR_FCGI_RESPONSE_HEAD', 'sends a bad head', (peer) => void peer.send(answer('bad\n\n'))],
  [
    502,
    'ERR_FCGI_VERSION',
    'speaks HTTP',
    (peer) => void peer.send('HTTP/1.1 400 Bad Request\r\n'),
  ],
  [
    502,
    'ERR_FCGI_REQUEST_REFUSED',
    'refuses the role',
    (peer) => void peer.send(endRequest({ protocolStatus: 3 })),
  ],
  [
    503,
    'ERR_FCGI_REQUEST_REFUSED',
    'is overloaded',
    (peer) => void peer.send(endRequest({ protocolStatus: 2 })),
  ],
  [504, 'ERR_FCGI_RESPONSE_TIMEOUT', 'is silent', () => {}],
])('answers %d with %s when the application %s', async (status, code, _, onRequest) => {
  const { res, body, error } = await failure(onRequest, { timeout: status === 504 ? 50 : 0 });
  expect(res.statusCode).toBe(status);
  expect(res.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(error).toMatchObject({ code });
  expect(body).toBe(`${status} ${res.statusMessage}\n${code}: ${error.message}\n`);
});

test('answers 502 with ERR_FCGI_CONNECT when nobody listens', () =>
  listening(createGateway('/nowhere/app.sock'), async (gateway) => {
    const res = await fetchHead(gateway);
    expect(res.statusCode).toBe(502);
    expect(await text(res)).toContain('ERR_FCGI_CONNECT');
  }));

test('answers 500 without a reason when the params function throws', async () => {
  const params = () => {
    throw new Error('secret');
  };
  const { res, body, error } = await failure(() => {}, { params });
  expect(res.statusCode).toBe(500);
  expect(body).toBe('500 Internal Server Error\n');
  expect(error.message).toBe('secret');
});

test.each([
  ['a body without a length', HEAD],
  ['a body with a length', `Content-Length: 100\n${HEAD}`],
])('destroys the connection when %s is cut off, so that the client sees it', (_, head) =>
  faking(
    ({ socket }) => void socket.end(record(STDOUT, 1, `${head}part`)),
    ({ path }) =>
      listening(createGateway(path), async (gateway) => {
        const told = once(gateway, 'gatewayError');
        const res = await fetchHead(gateway);
        expect(res.statusCode).toBe(200);
        await expect(within('the body', text(res))).rejects.toMatchObject({ code: 'ECONNRESET' });
        const [error] = await within('gatewayError', told);
        expect(error).toMatchObject({ code: 'ERR_FCGI_CONNECTION_CLOSED' });
      }),
  ),
);

test('destroys the connection when the body is shorter than its Content-Length', () =>
  faking(
    (peer) => void peer.send(answer(`Content-Length: 100\n${HEAD}part`)),
    ({ path }) =>
      listening(createGateway(path), async (gateway) => {
        // Whether the head still gets out depends on how the bytes came.
        const body = fetchHead(gateway).then(text);
        await expect(within('the body', body)).rejects.toMatchObject({ code: 'ECONNRESET' });
      }),
  ));

test('serves the next request after a failure', () => {
  let requests = 0;
  const onRequest = (peer: FakePeer) => {
    if (++requests === 1) peer.socket.destroy();
    else peer.send(answer(`${HEAD}hello`));
  };
  return faking(onRequest, ({ path }) =>
    listening(createGateway(path), async (gateway) => {
      expect((await fetchHead(gateway)).statusCode).toBe(502);
      expect(await text(await fetchHead(gateway))).toBe('hello');
    }),
  );
});
