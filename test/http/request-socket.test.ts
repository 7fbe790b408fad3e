import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import { GET, request, STDOUT } from '../support/wire.ts';

/** What a listener finds on `req.socket`, for a request with these variables. */
async function found<Result>(
  read: (socket: Socket, req: IncomingMessage, res: ServerResponse) => Result,
  variables: Record<string, string> = {},
): Promise<Result> {
  const result = new Deferred<Result>();
  await serving(
    (req, res) => {
      result.resolve(read(req.socket, req, res));
      res.end();
    },
    async ({ connect }) => {
      await (await connect()).exchange(request({ variables }));
    },
  );
  return result.wait('the listener');
}

test('tells the addresses that the web server saw', async () => {
  const { remoteAddress, remotePort, remoteFamily, localAddress, localPort, localFamily } =
    await found((socket) => ({
      remoteAddress: socket.remoteAddress,
      remotePort: socket.remotePort,
      remoteFamily: socket.remoteFamily,
      localAddress: socket.localAddress,
      localPort: socket.localPort,
      localFamily: socket.localFamily,
    }));
  expect([remoteAddress, remotePort, remoteFamily]).toEqual([GET.REMOTE_ADDR, 4711, 'IPv4']);
  expect([localAddress, localPort, localFamily]).toEqual([GET.SERVER_ADDR, 80, 'IPv4']);
});

test('tells IPv6 addresses', async () => {
  const variables = { REMOTE_ADDR: '2001:db8::7', SERVER_ADDR: '::1', SERVER_PORT: '443' };
  const told = await found((socket) => [socket.remoteFamily, socket.address()], variables);
  expect(told).toEqual(['IPv6', { address: '::1', family: 'IPv6', port: 443 }]);
});

test('leaves undefined what the web server did not tell', async () => {
  const variables = {
    REMOTE_ADDR: '',
    REMOTE_PORT: '',
    SERVER_ADDR: 'unix:/run/web',
    SERVER_PORT: 'x',
  };
  const told = await found(
    (socket) => [
      socket.remoteAddress,
      socket.remotePort,
      socket.remoteFamily,
      socket.localPort,
      socket.address(),
    ],
    variables,
  );
  expect(told).toEqual([undefined, undefined, undefined, undefined, {}]);
});

test('tells port 0 where the web server told only its address', async () => {
  const told = await found((socket) => socket.address(), { SERVER_PORT: '' });
  expect(told).toEqual({ address: GET.SERVER_ADDR, family: 'IPv4', port: 0 });
});

test.each<[Record<string, string>, true | undefined]>([
  [{ HTTPS: 'on' }, true],
  [{ HTTPS: '1' }, true],
  [{ HTTPS: 'off' }, undefined],
  [{ HTTPS: 'OFF', REQUEST_SCHEME: 'https' }, undefined],
  [{ HTTPS: '', REQUEST_SCHEME: 'https' }, true],
  [{ REQUEST_SCHEME: 'https' }, true],
  [{ REQUEST_SCHEME: 'http' }, undefined],
  [{ HTTP_HTTPS: 'on', HTTP_X_FORWARDED_PROTO: 'https' }, undefined],
])('is encrypted as %p says: %p', async (variables, encrypted) => {
  expect(
    await found((socket) => (socket as Socket & { encrypted?: true }).encrypted, variables),
  ).toBe(encrypted);
});

test('has what middleware expects of a socket', async () => {
  await found((socket, req) => {
    expect(socket.setNoDelay()).toBe(socket);
    expect(socket.setKeepAlive()).toBe(socket);
    expect(socket.ref().unref()).toBe(socket);
    expect([socket.readyState, socket.connecting, socket.pending]).toEqual(['open', false, false]);
    expect([socket.readable, socket.writable, socket.destroyed]).toEqual([true, true, false]);
    expect((socket as Socket & { server: object }).server).toHaveProperty('listening', true);
    expect(req.connection).toBe(socket);
    expect(socket.pause()).toBe(socket);
    expect([socket.timeout, socket.errored]).toEqual([0, null]);
    socket.setTimeout(5000);
    expect(socket.timeout).toBe(5000);
    socket.setTimeout(0);
    expect(socket.timeout).toBe(0);
  });
});

test.each(['drain', 'data', 'readable'])('lets go of a listener for %j', async (event) => {
  await found((socket) => {
    const heard = jest.fn();
    for (const add of ['on', 'addListener'] as const) {
      for (const remove of ['off', 'removeListener'] as const) {
        socket[add](event, heard);
        expect(socket.listeners(event)).toEqual([heard]);
        socket[remove](event, heard);
        expect(socket.listeners(event)).toEqual([]);
      }
    }
    socket.emit(event);
    expect(heard).not.toHaveBeenCalled();
  });
});

test('end() tells when the request has ended', async () => {
  const ended = new Deferred<boolean>();
  await serving(
    ({ socket }) => void socket.end(() => ended.resolve(socket.destroyed)),
    async ({ connect }) => {
      const peer = await connect();
      peer.send(request());
      expect(await ended.wait('the callback')).toBe(true);
    },
  );
});

test('counts the bytes of body and response', async () => {
  const counted = new Deferred<number[]>();
  await serving(
    (req, res) => {
      const { socket } = req;
      req.resume().on('end', () => res.end('12345'));
      res.on('close', () => counted.resolve([socket.bytesRead, socket.bytesWritten]));
    },
    async ({ connect }) => {
      const peer = await connect();
      const bytes = request({
        variables: { REQUEST_METHOD: 'POST', CONTENT_LENGTH: '3' },
        body: 'abc',
      });
      peer.send(bytes.subarray(0, -19));
      await new Promise(setImmediate);
      peer.send(bytes.subarray(-19));
      await peer.answer();
      const head = peer.records.find(({ type }) => type === STDOUT)?.content.length;
      expect(await counted.wait('close')).toEqual([3, head]);
    },
  );
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '5'])(
  'refuses the timeout %p',
  async (msecs) => {
    await found((socket) => {
      expect(() => socket.setTimeout(msecs as number)).toThrow(
        expect.objectContaining({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' }),
      );
    });
  },
);

test('emits timeout after silence, to whoever listens', async () => {
  const heard = new Deferred<string>();
  await serving(
    (req, res) => {
      const never = () => heard.resolve('the one that was taken back');
      req.socket.setTimeout(10, never);
      req.socket.setTimeout(0, never);
      req.socket.setTimeout(20, () => heard.resolve('the second'));
      res.on('timeout', () => res.end());
    },
    async ({ connect }) => {
      await (await connect()).exchange(request());
      expect(await heard.wait('timeout')).toBe('the second');
    },
  );
});

test('is closed, and writes nowhere, once its request has ended', async () => {
  const closed = new Deferred<Socket>();
  await serving(
    (req, res) => {
      req.socket.on('close', () => closed.resolve(req.socket));
      res.end('done');
    },
    async ({ connect }) => {
      const peer = await connect();
      await peer.exchange(request());
      const socket = await closed.wait('close');
      expect([socket.destroyed, socket.readyState, socket.writable]).toEqual([
        true,
        'closed',
        false,
      ]);
      const called = new Deferred<void>();
      expect(socket.write('late', () => called.resolve())).toBe(false);
      await called.wait('the callback');
      await peer.exchange(request({ id: 2 }), 2);
      expect(peer.records.filter(({ requestId }) => requestId === 1)).toHaveLength(3);
    },
  );
});

test('writes to the socket follow the head, and never precede it', async () => {
  await serving(
    (req, res) => {
      req.socket.write('HTTP/1.1 200 OK\r\n\r\n');
      res.write('one ');
      req.socket.write('two ', 'latin1');
      res.end('three');
    },
    async ({ connect }) => {
      const answer = await (await connect()).exchange(request());
      expect(answer.status).toBe('200 OK');
      expect(answer.body.toString()).toBe('one two three');
    },
  );
});

test('a stream can be piped to it', async () => {
  await serving(
    (req, res) => {
      res.flushHeaders();
      Readable.from(['a', 'b', 'c'])
        .pipe(req.socket, { end: false })
        .on('unpipe', () => res.end());
    },
    async ({ connect }) => {
      const answer = await (await connect()).exchange(request());
      expect(answer.body.toString()).toBe('abc');
    },
  );
});

test('pipeline() into the response ends its request', async () => {
  await serving(
    (_req, res) => {
      pipeline(Readable.from(['a', 'b']), res);
    },
    async ({ connect }) => {
      const answer = await (await connect()).exchange(request());
      expect(answer.body.toString()).toBe('ab');
    },
  );
});
