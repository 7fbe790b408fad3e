import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createGateway, type GatewayOptions, type GatewayTarget } from '../../src/gateway/index.ts';
import { within } from '../support/deadline.ts';
import { answer, endRequest, type FakePeer, faking } from '../support/fake-application.ts';
import { withFullListener } from '../support/full-listener.ts';
import { fetchHead, listening } from '../support/http-client.ts';
import { record, STDERR, STDOUT } from '../support/wire.ts';
import { inFolder } from './site.ts';

/** Milliseconds in which a connection to this machine is made, however busy it is. */
const SILENCE = 500;
const HEAD = 'Content-Type: text/plain\n\n';

/** What the client gets of a target that does not answer, and what the gateway tells of it. */
function failureOf(target: GatewayTarget, options: GatewayOptions = {}) {
  return listening(createGateway(target, options), async (gateway) => {
    const told = once(gateway, 'gatewayError');
    const res = await fetchHead(gateway, { path: '/asked' });
    const body = await within('the body', text(res));
    const [error, req] = (await within('gatewayError', told)) as [Error, IncomingMessage];
    expect(req.url).toBe('/asked');
    const [reason, message] = body.split('\n');
    expect(reason).toBe(`${res.statusCode} ${res.statusMessage}`);
    const { code } = error as Error & { code?: string };
    expect(message).toBe(`${code}: ${error.message}`);
    return { status: res.statusCode, code, message: error.message };
  });
}

const failureWhen = (onRequest: (peer: FakePeer) => void, options?: GatewayOptions) =>
  faking(onRequest, ({ path }) => failureOf(path, options));

const sends =
  (...parts: (string | Uint8Array)[]) =>
  (peer: FakePeer) =>
    void peer.send(...parts);

const sendsAndCloses =
  (...parts: (string | Uint8Array)[]) =>
  (peer: FakePeer) =>
    void peer.send(...parts).socket.end();

test.each<[string, string, (peer: FakePeer) => void]>([
  ['ends mid-head', 'ERR_FCGI_RESPONSE_HEAD', sends(answer('Content-Type: te'))],
  ['ends without a head', 'ERR_FCGI_RESPONSE_HEAD', sends(answer(''))],
  [
    'closes mid-head',
    'ERR_FCGI_CONNECTION_CLOSED',
    sendsAndCloses(record(STDOUT, 1, 'Content-Ty')),
  ],
  [
    'closes mid-record',
    'ERR_FCGI_CONNECTION_CLOSED',
    sendsAndCloses(record(STDOUT, 1, HEAD).subarray(0, 12)),
  ],
  [
    'closes after FCGI_STDERR alone',
    'ERR_FCGI_CONNECTION_CLOSED',
    sendsAndCloses(record(STDERR, 1, '')),
  ],
  ['closes at once', 'ERR_FCGI_CONNECTION_CLOSED', ({ socket }) => void socket.destroy()],
  ['sends garbage', 'ERR_FCGI_VERSION', sends(Buffer.alloc(4096, 0xaa))],
  ['sends zeros', 'ERR_FCGI_VERSION', sends(Buffer.alloc(4096))],
  ['talks HTTP', 'ERR_FCGI_VERSION', sends('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')],
  ['talks TLS', 'ERR_FCGI_VERSION', sends(Buffer.from('1503030002022e'.repeat(2), 'hex'))],
  ['answers another request', 'ERR_FCGI_UNEXPECTED_RECORD', sends(answer(`${HEAD}hello`, 2))],
  ['sends a record that is its own', 'ERR_FCGI_UNEXPECTED_RECORD', sends(record(4, 1, 'x'))],
  ['sends a status that is none', 'ERR_FCGI_RESPONSE_HEAD', sends(answer('Status: ok\n\n'))],
  ['sends an interim status', 'ERR_FCGI_RESPONSE_HEAD', sends(answer('Status: 101 X\n\n'))],
  ['sends a header with NUL', 'ERR_FCGI_RESPONSE_HEAD', sends(answer('X-A: a\0b\n\n'))],
  [
    'sends two lengths',
    'ERR_FCGI_RESPONSE_HEAD',
    sends(answer('Content-Length: 1\nContent-Length: 2\n\nab')),
  ],
  ['cannot multiplex', 'ERR_FCGI_REQUEST_REFUSED', sends(endRequest({ protocolStatus: 1 }))],
])('answers 502 when the application %s, with %s', async (_, code, onRequest) => {
  expect(await failureWhen(onRequest)).toMatchObject({ status: 502, code });
});

test('answers 502 when the head of a response passes maxHeadSize, endless or not', async () => {
  const limit = { maxHeadSize: 100 };
  const endless = (peer: FakePeer) => void peer.send(record(STDOUT, 1, `X-A: ${'a'.repeat(200)}`));
  expect(await failureWhen(endless, limit)).toMatchObject({
    status: 502,
    code: 'ERR_FCGI_RESPONSE_HEAD',
  });
  const long = sends(answer(`X-A: ${'a'.repeat(100)}\n\n`));
  expect(await failureWhen(long, limit)).toMatchObject({
    status: 502,
    code: 'ERR_FCGI_RESPONSE_HEAD',
  });
  expect(await failureWhen(sends(answer('x')), limit)).toMatchObject({
    status: 502,
    code: 'ERR_FCGI_RESPONSE_HEAD',
  });
});

test('answers 502 when the application resets the connection', async () => {
  const server = net.createServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.resetAndDestroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const { port } = server.address() as net.AddressInfo;
    const failure = await failureOf({ host: '127.0.0.1', port });
    expect(failure).toMatchObject({ status: 502, code: 'ERR_FCGI_CONNECTION_CLOSED' });
  } finally {
    server.close();
  }
});

test('answers 502 when nobody listens on the port, and says so', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  expect(await failureOf(`127.0.0.1:${port}`)).toMatchObject({
    status: 502,
    code: 'ERR_FCGI_CONNECT',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test.each<[string, (folder: string) => string]>([
  ['a socket that is missing', (folder) => join(folder, 'none.sock')],
  ['a file that is no socket', (folder) => join(folder, 'file')],
])('answers 502 for %s', (_, path) =>
  inFolder({ file: '' }, async (folder) => {
    expect(await failureOf(path(folder))).toMatchObject({ status: 502, code: 'ERR_FCGI_CONNECT' });
  }),
);

test('answers 504 when the head was begun and nothing more comes', async () => {
  const begun = sends(record(STDOUT, 1, 'Content-'));
  expect(await failureWhen(begun, { timeout: SILENCE })).toMatchObject({
    status: 504,
    code: 'ERR_FCGI_RESPONSE_TIMEOUT',
  });
});

// How a queue that is full behaves is the system's affair.
const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('answers 504 when a port does not take the connection in time', () =>
  withFullListener({ host: '127.0.0.1' }, async (address) => {
    const target = address as net.TcpNetConnectOpts & { host: string };
    expect(await failureOf(target, { timeout: SILENCE })).toMatchObject({
      status: 504,
      code: 'ERR_FCGI_CONNECT',
    });
  }),
);

onLinux('answers 503 when the queue of a Unix socket is full', () =>
  inFolder({}, (folder) =>
    withFullListener({ path: join(folder, 'app.sock') }, async (address) => {
      const target = address as { path: string };
      expect(await failureOf(target)).toMatchObject({ status: 503, code: 'ERR_FCGI_CONNECT' });
    }),
  ),
);

test('destroys the connection when the application is silent within its body', () =>
  faking(sends(record(STDOUT, 1, `${HEAD}part`)), ({ path }) =>
    listening(createGateway(path, { timeout: SILENCE }), async (gateway) => {
      const told = once(gateway, 'gatewayError');
      const res = await fetchHead(gateway);
      await expect(within('the body', text(res))).rejects.toMatchObject({ code: 'ECONNRESET' });
      const [error] = await within('gatewayError', told);
      expect(error).toMatchObject({ code: 'ERR_FCGI_RESPONSE_TIMEOUT' });
    }),
  ));

test('tells of what is thrown and no error as one', () => {
  const params = () => {
    throw 'a word';
  };
  return listening(
    createGateway(() => {}, { params }),
    async (gateway) => {
      const told = once(gateway, 'gatewayError');
      expect((await fetchHead(gateway)).statusCode).toBe(500);
      const [error] = await within('gatewayError', told);
      expect(error).toMatchObject({ message: 'a word', cause: 'a word' });
    },
  );
});
