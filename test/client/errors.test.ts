import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Client, RequestRefusedError } from '../../src/client/index.ts';
import { ProtocolError } from '../../src/errors.ts';
import { within } from '../support/deadline.ts';
import { answer, endRequest, type FakePeer, faking } from '../support/fake-application.ts';
import { PARAMS, record, STDERR, STDOUT } from '../support/wire.ts';

const HEAD = 'Content-Type: text/plain\n\n';
const params = { REQUEST_METHOD: 'GET' };

/** The error of a request to an application that does this. */
function failure(onRequest: (peer: FakePeer) => void, options = {}): Promise<Error> {
  return faking(onRequest, async ({ path }) => {
    await using client = new Client(path, options);
    const error = await within(
      'the failure',
      client.request({ params }).then(
        () => Promise.reject(new Error('The request did not fail')),
        (reason) => reason,
      ),
    );
    expect(error.message).toContain(path);
    return error;
  });
}

/** The error that cuts the body off, which is that of `completed` too. */
function bodyFailure(onRequest: (peer: FakePeer) => void, options = {}): Promise<Error> {
  return faking(onRequest, async ({ path }) => {
    await using client = new Client(path, options);
    const { body, completed } = await within('the head', client.request({ params }));
    const error = await within(
      'the failure',
      text(body).catch((reason) => reason),
    );
    expect(error).toBeInstanceOf(Error);
    await expect(completed).rejects.toBe(error);
    return error;
  });
}

describe('ERR_FCGI_CONNECT', () => {
  test('is for a socket that is missing', async () => {
    await using client = new Client('/nowhere/app.sock');
    await expect(client.request({ params })).rejects.toMatchObject({
      code: 'ERR_FCGI_CONNECT',
      message: expect.stringContaining('/nowhere/app.sock'),
      cause: expect.objectContaining({ code: 'ENOENT' }),
    });
  });

  test.each(['127.0.0.1', 'localhost'])(
    'is for a port of %s that nobody listens on',
    async (host) => {
      const server = net.createServer().listen(0, host);
      await once(server, 'listening');
      const { port } = server.address() as net.AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      await using client = new Client({ host, port });
      await expect(client.request({ params })).rejects.toMatchObject({
        code: 'ERR_FCGI_CONNECT',
        message: expect.stringMatching(`${host}:${port}: .*ECONNREFUSED`),
        cause: expect.objectContaining({ code: 'ECONNREFUSED' }),
      });
    },
  );

  test('is for a path that is too long for a socket', async () => {
    await using client = new Client(`/${'long'.repeat(100)}`);
    await expect(within('failure', client.request({ params }))).rejects.toMatchObject({
      code: 'ERR_FCGI_CONNECT',
    });
  });
});

describe('ERR_FCGI_CONNECTION_CLOSED', () => {
  test('is for a connection that closes before the head', async () => {
    expect(await failure(({ socket }) => socket.end())).toMatchObject({
      code: 'ERR_FCGI_CONNECTION_CLOSED',
    });
  });

  test('is for a connection that closes within the head', async () => {
    const onRequest = ({ socket }: FakePeer) => socket.end(record(STDOUT, 1, 'Content-'));
    expect(await failure(onRequest)).toMatchObject({ code: 'ERR_FCGI_CONNECTION_CLOSED' });
  });

  test.each([
    ['within the body', record(STDOUT, 1, `${HEAD}part`)],
    ['within a record', record(STDOUT, 1, `${HEAD}part`).subarray(0, -1)],
    ['before FCGI_END_REQUEST', Buffer.concat([record(STDOUT, 1, HEAD), record(STDOUT, 1)])],
    ['within FCGI_END_REQUEST', answer(`${HEAD}whole`).subarray(0, -1)],
  ])('is for a connection that closes %s, and fails the body', async (_, bytes) => {
    expect(await bodyFailure(({ socket }) => socket.end(bytes))).toMatchObject({
      code: 'ERR_FCGI_CONNECTION_CLOSED',
      message: expect.stringContaining('app.sock'),
    });
  });

  test('keeps the cause of a connection that is reset', async () => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.resetAndDestroy());
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      await using client = new Client(server);
      await expect(within('failure', client.request({ params }))).rejects.toMatchObject({
        code: 'ERR_FCGI_CONNECTION_CLOSED',
        cause: expect.objectContaining({ code: 'ECONNRESET' }),
      });
    } finally {
      server.close();
    }
  });
});

describe('ERR_FCGI_RESPONSE_HEAD', () => {
  test.each([
    ['a malformed head', answer('no head\n\n')],
    ['an answer that ends within its head', answer('Content-Type: text/plain\n')],
    ['an answer without STDOUT', endRequest()],
    ['a Content-Length that is no number', answer('Content-Length: 1x\n\n')],
    ['two lengths', answer('Content-Length: 1\nContent-Length: 2\n\nx')],
  ])('is for %s', async (_, bytes) => {
    expect(await failure((peer) => void peer.send(bytes))).toMatchObject({
      code: 'ERR_FCGI_RESPONSE_HEAD',
    });
  });

  test('is for a head longer than maxHeadSize', async () => {
    const onRequest = (peer: FakePeer) => void peer.send(answer(`A: ${'a'.repeat(20)}\n\n`));
    expect(await failure(onRequest, { maxHeadSize: 10 })).toMatchObject({
      code: 'ERR_FCGI_RESPONSE_HEAD',
      limit: 10,
    });
  });
});

describe('ERR_FCGI_BODY_LENGTH', () => {
  test.each([
    ['shorter', 'abc'],
    ['longer', 'abcde'],
  ])('is for a body %s than its Content-Length', async (_, body) => {
    const bytes = answer(`Content-Length: 4\n\n${body}`);
    expect(await bodyFailure((peer) => void peer.send(bytes))).toMatchObject({
      code: 'ERR_FCGI_BODY_LENGTH',
    });
  });
});

describe('ERR_FCGI_RESPONSE_TIMEOUT', () => {
  test('is for an application that does not answer', async () => {
    expect(await failure(() => {}, { timeout: 50 })).toMatchObject({
      code: 'ERR_FCGI_RESPONSE_TIMEOUT',
      limit: 50,
    });
  });

  test('is for an application that falls silent within the body', async () => {
    const onRequest = (peer: FakePeer) => void peer.send(record(STDOUT, 1, `${HEAD}part`));
    expect(await bodyFailure(onRequest, { timeout: 500 })).toMatchObject({
      code: 'ERR_FCGI_RESPONSE_TIMEOUT',
    });
  });

  /** Keeps this process from hearing anything for longer than the timeout of the tests below. */
  function stall(): void {
    const end = performance.now() + 400;
    while (performance.now() < end);
  }

  test('is not for a stall of this process while the answer is there', () => {
    const onRequest = (peer: FakePeer) => {
      peer.send(answer(`${HEAD}hello`));
      stall();
    };
    return faking(onRequest, async ({ path }) => {
      await using client = new Client(path, { timeout: 200 });
      const { body } = await within('the answer', client.request({ params }));
      expect(await text(body)).toBe('hello');
    });
  });

  test('a stall of this process while it connects is no ERR_FCGI_CONNECT', () =>
    faking(
      (peer) => void peer.send(answer(`${HEAD}hello`)),
      async ({ path }) => {
        await using client = new Client(path, { timeout: 200 });
        const response = client.request({ params });
        // It calls connect() by then, and nothing has happened since.
        for (let step = 0; step < 100; step++) await null;
        stall();
        expect(await text((await within('the answer', response)).body)).toBe('hello');
      },
    ));

  test('is for a single request by its own option', () =>
    faking(
      () => {},
      async ({ path }) => {
        await using client = new Client(path);
        await expect(client.request({ params, timeout: 50 })).rejects.toMatchObject({
          code: 'ERR_FCGI_RESPONSE_TIMEOUT',
          limit: 50,
        });
      },
    ));

  /** Lets as much time pass as it takes another request to fail for the same timeout. */
  async function sitOut(client: Client): Promise<void> {
    const silent = client.request({ params: { SILENT: '1' }, timeout: 200 });
    await expect(silent).rejects.toMatchObject({ code: 'ERR_FCGI_RESPONSE_TIMEOUT' });
  }

  test('is not for the silence of who fills STDIN', () =>
    faking(
      (peer) => {
        if (!peer.params.SILENT) peer.send(answer(`${HEAD}hello`));
      },
      async ({ path }) => {
        await using client = new Client(path);
        const body = new PassThrough();
        const response = client.request({ params, body, timeout: 200 });
        await sitOut(client);
        body.end('x');
        expect(await text((await within('the answer', response)).body)).toBe('hello');
      },
    ));

  test('is not for the silence of who reads the body', () => {
    const bytes = Buffer.alloc(60_000, 'b');
    const parts = Array<Buffer>(50).fill(record(STDOUT, 1, bytes));
    return faking(
      (peer) => {
        if (!peer.params.SILENT) peer.send(record(STDOUT, 1, HEAD), ...parts, endRequest());
      },
      async ({ path }) => {
        await using client = new Client(path);
        const { body } = await client.request({ params, timeout: 200 });
        await sitOut(client);
        expect(await text(body)).toHaveLength(50 * bytes.length);
      },
    );
  });
});

describe('ERR_FCGI_REQUEST_REFUSED', () => {
  test.each([
    [1, 'FCGI_CANT_MPX_CONN'],
    [2, 'FCGI_OVERLOADED'],
    [3, 'FCGI_UNKNOWN_ROLE'],
    [9, 'protocol status 9'],
  ])('is for protocol status %d, and names it', async (protocolStatus, name) => {
    const error = await failure((peer) => void peer.send(endRequest({ protocolStatus })));
    expect(error).toBeInstanceOf(RequestRefusedError);
    expect(error).toMatchObject({ code: 'ERR_FCGI_REQUEST_REFUSED', protocolStatus });
    expect(error.message).toContain(name);
  });
});

describe('a ProtocolError', () => {
  test.each([
    ['ERR_FCGI_UNEXPECTED_RECORD', 'a record for another id', record(STDOUT, 2, 'x')],
    ['ERR_FCGI_UNEXPECTED_RECORD', 'a record for no id', record(STDERR, 0, 'x')],
    ['ERR_FCGI_UNEXPECTED_RECORD', 'a record of a wrong type', record(PARAMS, 1, 'x')],
    ['ERR_FCGI_UNEXPECTED_RECORD', 'a record of an unknown type', record(42, 1, 'x')],
    ['ERR_FCGI_UNEXPECTED_RECORD', 'END_REQUEST of another id', endRequest({ requestId: 7 })],
    ['ERR_FCGI_RECORD_LENGTH', 'END_REQUEST of a wrong length', record(3, 1, 'x')],
    ['ERR_FCGI_VERSION', 'garbage', Buffer.alloc(8, 0xee)],
  ])('with %s is for %s', async (code, _, bytes) => {
    const error = await failure((peer) => void peer.send(bytes));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code });
  });

  test('is for STDOUT that goes on after its end, and fails the body', async () => {
    const bytes = [record(STDOUT, 1, HEAD), record(STDOUT, 1), record(STDOUT, 1, 'more')];
    expect(await bodyFailure((peer) => void peer.send(...bytes))).toMatchObject({
      code: 'ERR_FCGI_UNEXPECTED_RECORD',
    });
  });

  test('is for a server that speaks HTTP', async () => {
    const server = http.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await using client = new Client(server);
      await expect(within('failure', client.request({ params }))).rejects.toMatchObject({
        name: 'ProtocolError',
        code: 'ERR_FCGI_VERSION',
      });
    } finally {
      server.close();
    }
  });
});

test('an error that comes with the head is seen by who listens for it after the head', () =>
  faking(
    (peer) => void peer.send(record(STDOUT, 1, `${HEAD}part`), record(STDOUT, 9, 'x')),
    async ({ path }) => {
      await using client = new Client(path);
      const { body } = await client.request({ params });
      const [error] = await within(
        'the error',
        once(body, 'error').catch((reason) => [reason]),
      );
      expect(error).toMatchObject({ code: 'ERR_FCGI_UNEXPECTED_RECORD' });
    },
  ));
