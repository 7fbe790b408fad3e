import type { IncomingMessage, ServerResponse } from 'node:http';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import {
  begin,
  END_REQUEST,
  GET,
  GET_VALUES,
  params,
  post,
  record,
  request,
  STDOUT,
  stdin,
} from '../support/wire.ts';

test('answers in one write: head and body, the end of STDOUT, FCGI_END_REQUEST', async () => {
  await serving(
    (_req, res) => {
      res.end('hello');
    },
    async ({ connect }) => {
      const peer = await connect();
      const answer = await peer.exchange(request());
      expect(answer.status).toBe('200 OK');
      expect(answer.body.toString()).toBe('hello');
      expect(peer.records.map(({ type, content }) => [type, content.length > 0])).toEqual([
        [STDOUT, true],
        [STDOUT, false],
        [END_REQUEST, true],
      ]);
      expect(peer.chunks).toHaveLength(1);
    },
  );
});

test('sends the Content-Length that res.end(body) alone implies, and no framing of its own', async () => {
  await serving(
    (_req, res) => {
      res.end('naïve');
    },
    async ({ connect }) => {
      const { head } = await (await connect()).exchange(request());
      expect(head[0]).toBe('Status: 200 OK');
      expect(head).toContain('Content-Length: 6');
      expect(head.join('\n')).not.toMatch(/transfer-encoding|connection|keep-alive/i);
    },
  );
});

test('survives any split of a request into chunks', async () => {
  await serving(
    (req, res) => {
      req.setEncoding('latin1').on('data', (text: string) => res.write(text.toUpperCase()));
      req.on('end', () => res.end());
    },
    async ({ connect }) => {
      const peer = await connect();
      const bytes = post('abc', { variables: { HTTP_COOKIE: 'c'.repeat(200) } });
      for (let at = 1; at < bytes.length; at += 3) {
        peer.socket.write(bytes.subarray(0, at));
        await new Promise(setImmediate);
        const answer = await peer.exchange(bytes.subarray(at));
        expect(answer.body.toString()).toBe('ABC');
      }
    },
    { transport: 'unix' },
  );
}, 120_000);

test('joins a PARAMS pair that straddles records', async () => {
  const block = Buffer.concat([params(1, { ...GET, HTTP_X_LONG: 'x'.repeat(300) })]);
  await serving(
    (req, res) => {
      res.end(req.headers['x-long']);
    },
    async ({ connect }) => {
      const peer = await connect();
      const content = block.subarray(8, block.length - 8);
      const pieces: Buffer[] = [];
      for (let at = 0; at < content.length; at += 7) {
        const piece = content.subarray(at, at + 7);
        pieces.push(Buffer.from([1, 4, 0, 1, 0, piece.length, 3, 0]), piece, Buffer.alloc(3));
      }
      const answer = await peer.exchange(
        Buffer.concat([begin(), ...pieces, Buffer.from([1, 4, 0, 1, 0, 0, 0, 0]), stdin(1)]),
      );
      expect(answer.body.toString()).toBe('x'.repeat(300));
    },
  );
});

test('hands a body over byte for byte', async () => {
  await serving(
    (req, res) => {
      req.pipe(res);
    },
    async ({ connect }) => {
      const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251));
      const answer = await (await connect()).exchange(post(body));
      expect(answer.body.equals(body)).toBe(true);
    },
  );
});

test('serves one request after the other on a connection that is kept', async () => {
  const sockets = new Set<unknown>();
  await serving(
    (req, res) => {
      res.end(req.url);
    },
    async ({ connect, server }) => {
      server.on('connection', (socket) => sockets.add(socket));
      const peer = await connect();
      for (const url of ['/one', '/two', '/three']) {
        const answer = await peer.exchange(request({ variables: { REQUEST_URI: url } }));
        expect(answer.body.toString()).toBe(url);
      }
      expect(sockets.size).toBe(1);
      expect(peer.ended).toBe(false);
    },
  );
});

test('serves requests that come back to back in one chunk', async () => {
  await serving(
    (req, res) => {
      res.end(req.url);
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.send(
        request({ variables: { REQUEST_URI: '/one' } }),
        request({ id: 2, variables: { REQUEST_URI: '/two' } }),
      );
      expect((await peer.answer(1)).body.toString()).toBe('/one');
      expect((await peer.answer(2)).body.toString()).toBe('/two');
    },
  );
});

test('closes the connection after a request without FCGI_KEEP_CONN', async () => {
  await serving(
    (_req, res) => {
      res.end('bye');
    },
    async ({ connect }) => {
      const peer = await connect();
      const answer = await peer.exchange(request({ flags: 0 }));
      expect(answer.body.toString()).toBe('bye');
      await peer.closed();
    },
  );
});

test('drains an unread body before it closes, so that the answer is not lost to a reset', async () => {
  await serving(
    (_req, res) => {
      res.statusCode = 413;
      res.end('too large');
    },
    async ({ connect }) => {
      const peer = await connect();
      const bytes = post(Buffer.alloc(8 * 1024 * 1024), { flags: 0 });
      const sent = new Promise<void>((resolve, reject) => {
        peer.socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
      const answer = await peer.answer();
      expect(answer.status).toBe('413 Payload Too Large');
      await sent;
      await peer.closed();
    },
  );
});

test('keeps the connection when a body was not read to its end', async () => {
  await serving(
    (req, res) => {
      res.end(req.url);
    },
    async ({ connect }) => {
      const peer = await connect();
      await peer.exchange(post(Buffer.alloc(1_000_000)));
      const answer = await peer.exchange(request({ variables: { REQUEST_URI: '/next' } }));
      expect(answer.body.toString()).toBe('/next');
    },
  );
});

/** Posts a body, and hands the request to `use` when all of it has come and nothing was read. */
async function withWholeBody(
  body: Buffer,
  use: (req: IncomingMessage, res: ServerResponse) => Promise<void>,
): Promise<void> {
  const started = new Deferred<[IncomingMessage, ServerResponse]>();
  await serving(
    (req, res) => started.resolve([req, res]),
    async ({ connect }) => {
      const peer = await connect();
      // An id above 1 shows that the connection is multiplexed: it is read on, whatever the body does.
      peer.send(post(body, { id: 2 }), record(GET_VALUES, 0));
      await peer.until('proof that all was read', () => peer.records.length > 0);
      await use(...(await started.wait('the listener')));
    },
  );
}

test('lets a listener that answered early read the rest of a body that has come', async () => {
  await withWholeBody(Buffer.alloc(1024 * 1024), async (req, res) => {
    const read = new Deferred<number>();
    let bytes = 0;
    res.end('accepted');
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    req.on('end', () => read.resolve(bytes));
    expect(await read.wait('the body')).toBe(1024 * 1024);
  });
});

test('keeps the socket of a listener that answered early until it has read the body', async () => {
  await withWholeBody(Buffer.alloc(1024 * 1024), async (req, res) => {
    const answered = new Deferred<void>();
    const socketClosed = new Deferred<void>();
    let bytes = 0;
    res.on('close', () => answered.resolve());
    req.socket.on('close', () => socketClosed.resolve());
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (!res.writableEnded) req.pause();
      res.end('accepted');
    });
    await answered.wait('the answer');
    expect([req.socket.destroyed, bytes < 1024 * 1024]).toEqual([false, true]);
    req.resume();
    await socketClosed.wait('the end of the socket');
    expect(bytes).toBe(1024 * 1024);
  });
});

test('sends nothing of a response to HEAD but its head', async () => {
  await serving(
    (_req, res) => {
      res.setHeader('Content-Length', 5);
      res.end('hello');
    },
    async ({ connect }) => {
      const answer = await (await connect()).exchange(
        request({ variables: { REQUEST_METHOD: 'HEAD' } }),
      );
      expect(answer.head).toContain('Content-Length: 5');
      expect(answer.body).toHaveLength(0);
    },
  );
});

test.each([204, 304])('sends no body with %i', async (statusCode) => {
  await serving(
    (_req, res) => {
      res.statusCode = statusCode;
      res.end('not sent');
    },
    async ({ connect }) => {
      const answer = await (await connect()).exchange(request());
      expect(answer.status).toMatch(String(statusCode));
      expect(answer.body).toHaveLength(0);
    },
  );
});

test('passes no 1xx head on, and calls back', async () => {
  const called: string[] = [];
  await serving(
    (_req, res) => {
      res.writeContinue(() => called.push('continue'));
      res.writeProcessing();
      res.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => {
        called.push('hints');
        res.end('done');
      });
    },
    async ({ connect }) => {
      const answer = await (await connect()).exchange(request());
      expect(answer.status).toBe('200 OK');
      expect(answer.head.join('\n')).not.toMatch(/100|102|103|HTTP\/1/);
      expect(called).toEqual(['continue', 'hints']);
    },
  );
});

test('refuses a 1xx status as the final one', async () => {
  const thrown = new Deferred<NodeJS.ErrnoException>();
  await serving(
    (_req, res) => {
      try {
        res.writeHead(101);
      } catch (error) {
        thrown.resolve(error as NodeJS.ErrnoException);
        res.writeHead(500).end();
      }
    },
    async ({ connect }) => {
      const answer = await (await connect()).exchange(request());
      expect((await thrown.wait('thrown')).code).toBe('ERR_HTTP_INVALID_STATUS_CODE');
      expect(answer.status).toBe('500 Internal Server Error');
    },
  );
});

const hopByHop = {
  Connection: 'close',
  'Keep-Alive': 'timeout=5',
  'Transfer-Encoding': 'chunked',
  Trailer: 'x',
  Upgrade: 'h2c',
  Status: '999 No',
};

test.each<[string, (res: import('node:http').ServerResponse) => void]>([
  [
    'setHeader',
    (res) => {
      for (const [name, value] of Object.entries(hopByHop)) res.setHeader(name, value);
    },
  ],
  ['writeHead with an object', (res) => void res.writeHead(200, { ...hopByHop, 'X-Kept': '1' })],
  ['writeHead with an array', (res) => void res.writeHead(200, Object.entries(hopByHop).flat())],
  ['writeHead with pairs', (res) => void res.writeHead(200, Object.entries(hopByHop) as never)],
  [
    'setHeader and writeHead',
    (res) => {
      res.setHeader('X-Kept', '1');
      res.writeHead(200, hopByHop);
    },
  ],
])('leaves the headers of a connection out: %s', async (_name, prepare) => {
  await serving(
    (_req, res) => {
      prepare(res);
      res.write('a');
      res.addTrailers({ x: '1' });
      res.end('b');
    },
    async ({ connect }) => {
      const answer = await (await connect()).exchange(request());
      expect(answer.head.join('\n')).not.toMatch(
        /^(connection|keep-alive|transfer-encoding|trailer|upgrade|status: 999)/im,
      );
      expect(answer.body.toString()).toBe('ab');
    },
  );
});

test('closes a response once, also if it is destroyed when it has finished', async () => {
  const closed: number[] = [];
  let requests = 0;
  await serving(
    (_req, res) => {
      const nth = ++requests;
      res.on('finish', () => res.destroy());
      res.on('close', () => closed.push(nth));
      res.end('done');
    },
    async ({ connect }) => {
      const peer = await connect();
      await peer.exchange(request());
      await peer.exchange(request());
      expect(closed.filter((nth) => nth === 1)).toHaveLength(1);
    },
  );
});
