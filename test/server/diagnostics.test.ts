import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Listener, ServerOptions } from '../../src/index.ts';
import { Deferred } from '../support/deferred.ts';
import { type Served, serving } from '../support/serve.ts';
import {
  ABORT_REQUEST,
  AUTHORIZER,
  begin,
  FILTER,
  GET,
  GET_VALUES,
  PARAMS,
  params,
  record,
  request,
  STDIN,
} from '../support/wire.ts';

interface Message {
  readonly socket: Socket;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly [field: string]: unknown;
}

const names = [
  'connection',
  'connection.close',
  'request.start',
  'request.end',
  'request.abort',
  'request.refuse',
  'error',
].map((name) => `fcgi.server.${name}`);

type Published = [name: string, message: Message][];

/** Serves a listener while `use` runs, with everything that is published of that server. */
async function watched(
  listener: Listener,
  use: (published: Published, served: Served) => Promise<unknown>,
  options: ServerOptions = {},
): Promise<void> {
  await serving(
    listener,
    async (served) => {
      const published: Published = [];
      const publish = (message: unknown, name: string | symbol) => {
        // Connections of servers before this one may still be closing.
        if ((message as Message).server !== served.server) return;
        published.push([String(name).replace('fcgi.server.', ''), message as Message]);
      };
      for (const name of names) subscribe(name, publish);
      try {
        await use(published, served);
      } finally {
        for (const name of names) unsubscribe(name, publish);
      }
    },
    options,
  );
}

const answer = (_req: IncomingMessage, res: ServerResponse) => {
  res.end('answered');
};

const told = (published: Published) => published.map(([name]) => name);

test('a connection and its requests: each start has its end, and each message its request', async () => {
  const requests: [IncomingMessage, ServerResponse][] = [];
  await watched(
    (req, res) => {
      requests.push([req, res]);
      if (req.fastcgi) req.fastcgi.appStatus = 7;
      res.end();
    },
    async (published, { connect, server }) => {
      const peer = await connect();
      await peer.exchange(request());
      await peer.exchange(request({ id: 2 }), 2);
      expect(told(published)).toEqual([
        'connection',
        'request.start',
        'request.end',
        'request.start',
        'request.end',
      ]);
      const { port, address } = peer.socket.address() as AddressInfo;
      const messages = published.map(([, message]) => message);
      const [connection, start, end, secondStart] = messages as [
        Message,
        Message,
        Message,
        Message,
      ];
      const place = { server, socket: connection.socket, peer: `${address}:${port}` };
      expect(Object.keys(connection).sort()).toEqual(['peer', 'server', 'socket']);
      expect(connection).toMatchObject({ peer: place.peer });
      expect(connection.server).toBe(server);
      expect(start.request).toBe(requests[0]?.[0]);
      expect(start.response).toBe(requests[0]?.[1]);
      expect(start).toMatchObject({ peer: place.peer, requestId: 1, role: 1 });
      expect(start.socket).toBe(connection.socket);
      expect(end).toMatchObject({ requestId: 1, role: 1, appStatus: 7 });
      expect(end.response).toBe(requests[0]?.[1]);
      expect(secondStart).toMatchObject({ requestId: 2 });
      peer.close();
      const closed = new Deferred<void>();
      connection.socket.once('close', () => setImmediate(() => closed.resolve()));
      if (connection.socket.closed) closed.resolve();
      await closed.wait('the end of the connection');
      expect(told(published).at(-1)).toBe('connection.close');
    },
  );
});

test('the end is told when FCGI_END_REQUEST is made, the start before the listener is called', async () => {
  let published: Published = [];
  const seen: string[][] = [];
  await watched(
    (_req, res) => {
      seen.push(told(published));
      res.end('x');
      seen.push(told(published));
    },
    async (messages, { connect }) => {
      published = messages;
      await (await connect()).exchange(request());
      expect(seen).toEqual([
        ['connection', 'request.start'],
        ['connection', 'request.start', 'request.end'],
      ]);
    },
  );
});

describe('an abort', () => {
  const post = { ...GET, REQUEST_METHOD: 'POST', CONTENT_LENGTH: '3' };

  test.each<[string, Buffer, (res: ServerResponse) => void, object]>([
    ['FCGI_ABORT_REQUEST', record(ABORT_REQUEST, 1), () => {}, { by: 'web server' }],
    ['res.destroy()', Buffer.alloc(0), (res) => res.destroy(), { by: 'application' }],
    [
      'a body that is too long',
      record(STDIN, 1, 'four'),
      () => {},
      { by: 'error', error: expect.objectContaining({ code: 'ERR_FCGI_BODY_LENGTH' }) },
    ],
  ])('by %s is told once, with who did it', async (_name, bytes, listener, reason) => {
    const started = new Deferred<void>();
    await watched(
      (req, res) => {
        req.on('error', () => {});
        started.resolve();
        listener(res);
      },
      async (published, { connect }) => {
        const peer = await connect();
        peer.send(begin(), params(1, post));
        await started.wait('the request');
        peer.send(bytes);
        await peer.answer();
        const aborts = published.filter(([name]) => name === 'request.abort');
        expect(aborts.map(([, message]) => message)).toEqual([expect.objectContaining(reason)]);
        expect(aborts[0]?.[1]).toMatchObject({ requestId: 1, role: 1 });
        expect(aborts[0]?.[1].error === undefined).toBe(!('error' in reason));
        expect(told(published)).not.toContain('request.end');
      },
    );
  });

  test('by the end of the connection is told of each request that the application has', async () => {
    const closed = new Deferred<void>();
    await watched(
      (req) => {
        req.on('close', () => closed.resolve()).on('error', () => {});
      },
      async (published, { connect }) => {
        const peer = await connect();
        peer.send(begin(2), record(PARAMS, 2, 'x'), request());
        peer.send(record(GET_VALUES, 0));
        await peer.until('proof that they have come', () => peer.records.length > 0);
        peer.close();
        await closed.wait('the end of the request');
        const aborted = published.filter(([name]) => name === 'request.abort');
        expect(aborted.map(([, { requestId, by }]) => [requestId, by])).toEqual([
          [1, 'web server'],
        ]);
      },
    );
  });
});

test.each<[string, Buffer, number, number, object]>([
  ['FCGI_UNKNOWN_ROLE', begin(1, 1, 9), 9, 3, {}],
  ['FCGI_OVERLOADED', begin(1, 1, FILTER), 3, 2, { maxConcurrentRequests: 0, filter: answer }],
  ['FCGI_OVERLOADED for half-open requests', begin(1), 1, 2, { maxHalfOpenRequests: 0 }],
])(
  'a request that is refused with %s never starts',
  async (_name, bytes, role, status, options) => {
    await watched(
      answer,
      async (published, { connect }) => {
        const peer = await connect();
        expect((await peer.exchange(bytes)).protocolStatus).toBe(status);
        expect(told(published)).toEqual(['connection', 'request.refuse']);
        expect(published[1]?.[1]).toMatchObject({ requestId: 1, role, protocolStatus: status });
      },
      options,
    );
  },
);

test('an error is told with the connection that it came on', async () => {
  await watched(
    answer,
    async (published, { connect, errors }) => {
      const peer = await connect();
      await peer.exchange(Buffer.concat([begin(), params(1, {}), record(STDIN, 1)]));
      peer.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
      await peer.closed();
      const reported = published.filter(([name]) => name === 'error');
      expect(reported.map(([, message]) => message.error)).toEqual(errors);
      expect(errors.map(({ code }) => code)).toEqual([
        'ERR_FCGI_META_VARIABLE',
        'ERR_FCGI_VERSION',
      ]);
      for (const [, { socket }] of reported) expect(socket).toBe(published[0]?.[1].socket);
    },
    { authorizer: answer },
  );
});

test('tells the role of an Authorizer', async () => {
  await watched(
    answer,
    async (published, { connect }) => {
      const peer = await connect();
      await peer.exchange(Buffer.concat([begin(1, 1, AUTHORIZER), params(1, GET)]));
      expect(published[1]).toMatchObject(['request.start', { role: 2 }]);
    },
    { authorizer: answer },
  );
});
