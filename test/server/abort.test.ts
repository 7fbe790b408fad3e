import type { IncomingMessage, ServerResponse } from 'node:http';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import {
  ABORT_REQUEST,
  begin,
  END_REQUEST,
  GET,
  params,
  record,
  request,
  STDIN,
  STDOUT,
} from '../support/wire.ts';

/** A listener that never answers, and notes what it sees of its request's end. */
function watching() {
  const started = new Deferred<[IncomingMessage, ServerResponse]>();
  const ended = new Deferred<string[]>();
  const events: string[] = [];
  const note = (event: string) => {
    events.push(event);
    if (events.includes('res close') && events.includes('req close')) ended.resolve(events);
  };
  const listener = (req: IncomingMessage, res: ServerResponse) => {
    req.on('aborted', () => note('req aborted'));
    req.on('error', (error: NodeJS.ErrnoException) => note(`req ${error.code}`));
    req.on('close', () => note('req close'));
    res.on('close', () => note('res close'));
    res.on('finish', () => note('res finish'));
    req.fastcgi?.signal.addEventListener('abort', () => note('signal'));
    started.resolve([req, res]);
  };
  return { listener, started, ended };
}

const half = Buffer.concat([
  begin(),
  params(1, { ...GET, REQUEST_METHOD: 'POST', CONTENT_LENGTH: '9' }),
  record(STDIN, 1, 'abc'),
]);

test('FCGI_ABORT_REQUEST looks like a disconnect, gets its FCGI_END_REQUEST and keeps the connection', async () => {
  const { listener, started, ended } = watching();
  await serving(
    (req, res) => (req.url === '/next' ? res.end('next') : listener(req, res)),
    async ({ connect }) => {
      const peer = await connect();
      peer.send(half);
      const [req, res] = await started.wait('the listener');
      peer.send(record(ABORT_REQUEST, 1));
      const answer = await peer.answer();
      expect([answer.head, answer.appStatus, answer.protocolStatus]).toEqual([[], 0, 0]);
      const events = await ended.wait('the events');
      expect([...events].sort()).toEqual(
        ['req ECONNRESET', 'req aborted', 'req close', 'res close', 'signal'].sort(),
      );
      expect([req.aborted, req.destroyed, res.destroyed, res.writableFinished]).toEqual([
        true,
        true,
        true,
        false,
      ]);
      expect(req.fastcgi?.signal.aborted).toBe(true);
      res.write('too late');
      res.end();
      const next = await peer.exchange(request({ variables: { REQUEST_URI: '/next' } }));
      expect(next.body.toString()).toBe('next');
      expect(peer.records.filter(({ type }) => type === END_REQUEST)).toHaveLength(2);
    },
  );
});

test('a closed connection looks like a disconnect', async () => {
  const { listener, started, ended } = watching();
  await serving(listener, async ({ connect }) => {
    const peer = await connect();
    peer.send(half);
    await started.wait('the listener');
    peer.close();
    expect(await ended.wait('the events')).toEqual(
      expect.arrayContaining(['req aborted', 'req ECONNRESET', 'req close', 'res close', 'signal']),
    );
  });
});

test('a connection that is closed in one direction looks like a disconnect', async () => {
  const { listener, started, ended } = watching();
  await serving(listener, async ({ connect }) => {
    const peer = await connect();
    peer.send(request());
    await started.wait('the listener');
    peer.socket.end();
    expect(await ended.wait('the events')).toContain('res close');
  });
});

test('a request whose whole body was read is not aborted, but its response closes', async () => {
  const { listener, started, ended } = watching();
  await serving(
    (req, res) => {
      req.resume().on('end', () => listener(req, res));
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.send(request());
      await started.wait('the listener');
      peer.send(record(ABORT_REQUEST, 1));
      const events = await ended.wait('the events');
      expect(events).toContain('res close');
      expect(events).not.toContain('req aborted');
    },
  );
});

test('a request that is aborted in the chunk that began it is never dispatched', async () => {
  let dispatched = 0;
  await serving(
    (_req, res) => {
      dispatched++;
      res.end();
    },
    async ({ connect }) => {
      const peer = await connect();
      const answer = await peer.exchange(Buffer.concat([half, record(ABORT_REQUEST, 1)]));
      expect(answer.head).toEqual([]);
      await peer.exchange(Buffer.concat([begin(2), record(ABORT_REQUEST, 2)]), 2);
      expect(dispatched).toBe(0);
    },
  );
});

test('a signal that is first asked for after the abort is aborted', async () => {
  const aborted = new Deferred<boolean | undefined>();
  const started = new Deferred<void>();
  await serving(
    (req, res) => {
      started.resolve();
      res.on('close', () => aborted.resolve(req.fastcgi?.signal.aborted));
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.send(request());
      await started.wait('the listener');
      peer.send(record(ABORT_REQUEST, 1));
      expect(await aborted.wait('the end')).toBe(true);
    },
  );
});

test('a response that was sent leaves the signal alone', async () => {
  const after = new Deferred<IncomingMessage>();
  await serving(
    (req, res) => {
      req.fastcgi?.signal.addEventListener('abort', () => {
        throw new Error('aborted after the response was sent');
      });
      res.on('close', () => after.resolve(req));
      res.end('sent');
    },
    async ({ connect }) => {
      const peer = await connect();
      await peer.exchange(request());
      const req = await after.wait('close');
      peer.close();
      expect(req.fastcgi?.signal.aborted).toBe(false);
    },
  );
});

test.each<[string, (req: IncomingMessage, res: ServerResponse) => void]>([
  ['req.destroy()', (req) => req.destroy()],
  ['req.socket.destroy()', (req) => req.socket.destroy()],
  ['req.socket.destroySoon()', (req) => req.socket.destroySoon()],
  ['req.socket.resetAndDestroy()', (req) => req.socket.resetAndDestroy()],
  ['req.socket.end()', (req) => req.socket.end()],
  ['res.destroy()', (_req, res) => res.destroy()],
  ['res.destroy(error)', (_req, res) => res.destroy(new Error('given up'))],
])('%s before a byte was sent ends the request alone', async (_name, destroy) => {
  await serving(
    (req, res) => {
      if (req.url === '/other') res.end('unharmed');
      else destroy(req, res);
    },
    async ({ connect }) => {
      const peer = await connect();
      const answer = await peer.exchange(request());
      expect([answer.head, answer.appStatus]).toEqual([[], 1]);
      const other = await peer.exchange(request({ variables: { REQUEST_URI: '/other' } }));
      expect(other.body.toString()).toBe('unharmed');
    },
  );
});

test('a response given up midway ends its request alone on a shared connection', async () => {
  const started = new Deferred<ServerResponse>();
  const other = new Deferred<ServerResponse>();
  await serving(
    (req, res) => {
      if (req.url === '/other') return other.resolve(res);
      res.write('a part', () => started.resolve(res));
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.send(request(), request({ id: 2, variables: { REQUEST_URI: '/other' } }));
      (await started.wait('the part')).destroy();
      expect((await peer.answer(1)).appStatus).toBe(1);
      (await other.wait('the other')).end('unharmed');
      expect((await peer.answer(2)).body.toString()).toBe('unharmed');
    },
  );
});

// nginx would deliver what came as the whole: a response without a length may end with its connection.
test('a response given up midway breaks off a connection of its own, with a record no application sends', async () => {
  await serving(
    (_req, res) => {
      res.write('a part', () => res.destroy());
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.send(request());
      await peer.closed();
      expect(peer.records.map(({ type }) => type)).toEqual([STDOUT, ABORT_REQUEST]);
      expect(peer.records[1]).toMatchObject({ requestId: 1, content: Buffer.alloc(0) });
    },
  );
});

test('what was written in the turn in which the response is given up is not sent, as under http', async () => {
  const failed = new Deferred<string | undefined>();
  await serving(
    (_req, res) => {
      res.write('a part', (error) => failed.resolve((error as NodeJS.ErrnoException | null)?.code));
      res.destroy();
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.send(request());
      await peer.closed();
      expect(peer.records.map(({ type }) => type)).toEqual([ABORT_REQUEST]);
      expect(await failed.wait('the callback')).toBe('ERR_STREAM_DESTROYED');
    },
  );
});

test('a response given up midway breaks off its connection though its body is still being sent', async () => {
  await serving(
    (_req, res) => {
      res.write('a part', () => res.destroy());
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.send(half);
      await peer.closed();
      expect(peer.records.at(-1)?.type).toBe(ABORT_REQUEST);
      expect(peer.records.some(({ type }) => type === END_REQUEST)).toBe(false);
    },
  );
});

test('a listener that still reads a body when it has answered is cut off with it', async () => {
  const events: string[] = [];
  const closed = new Deferred<void>();
  await serving(
    (req, res) => {
      req.on('data', () => res.end('enough'));
      req.on('aborted', () => events.push('aborted'));
      req.on('end', () => events.push('end'));
      req.on('close', () => closed.resolve());
    },
    async ({ connect }) => {
      const answer = await (await connect()).exchange(half);
      expect(answer.body.toString()).toBe('enough');
      await closed.wait('close');
      expect(events).toEqual(['aborted']);
    },
  );
});
