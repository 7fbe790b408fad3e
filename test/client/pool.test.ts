import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { Client, type ClientOptions } from '../../src/client/index.ts';
import { DEADLINE_MS, within } from '../support/deadline.ts';
import {
  answer,
  type FakeApplication,
  type FakePeer,
  faking,
} from '../support/fake-application.ts';
import { record, STDOUT } from '../support/wire.ts';

const HELLO = 'Content-Type: text/plain\n\nhello';
const sayHello = (peer: FakePeer) => void peer.send(answer(HELLO));
const params = { REQUEST_METHOD: 'GET' };

async function get(client: Client): Promise<string> {
  const { body } = await within('the head', client.request({ params }));
  return within('the body', text(body));
}

/** An application that answers when it is told to. */
async function withHeld(
  options: ClientOptions,
  use: (client: Client, held: FakePeer[], application: FakeApplication) => Promise<void>,
): Promise<void> {
  const held: FakePeer[] = [];
  await faking(
    (peer) => void held.push(peer),
    async (application) => {
      await using client = new Client(application.path, options);
      await use(client, held, application);
    },
  );
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Waited ${DEADLINE_MS} ms until ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('an idle connection does not keep the process alive', () =>
  withHeld({}, async (client, held) => {
    const pipes = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
    for (let turn = 0; turn < 2; turn++) {
      const text = get(client);
      await until(() => held.length > turn);
      const running = pipes();
      held[turn]?.send(answer(HELLO));
      await text;
      await until(() => pipes() < running);
    }
  }));

describe('a connection', () => {
  test('serves one request after the other, under the same id', () =>
    faking(sayHello, async ({ path, peers }) => {
      await using client = new Client(path);
      for (let i = 0; i < 3; i++) expect(await get(client)).toBe('hello');
      expect(peers).toHaveLength(1);
      expect(peers[0]?.requests).toBe(3);
      expect(new Set(peers[0]?.records.map(({ requestId }) => requestId))).toEqual(new Set([1]));
    }));

  test('is kept while the body of its request is still unread', () =>
    faking(sayHello, async ({ path, peers }) => {
      await using client = new Client(path);
      const first = await client.request({ params });
      await first.completed;
      expect(await get(client)).toBe('hello');
      expect(await text(first.body)).toBe('hello');
      expect(peers).toHaveLength(1);
    }));

  test('is not kept without keepAlive', () =>
    faking(sayHello, async ({ path, peers }) => {
      await using client = new Client(path, { keepAlive: false });
      await get(client);
      await get(client);
      expect(peers.map(({ begin }) => begin?.[2])).toEqual([0, 0]);
    }));

  test.each([
    ['bytes after FCGI_END_REQUEST', Buffer.concat([answer(HELLO), record(STDOUT, 1, 'x')])],
    ['a part of a record after it', Buffer.concat([answer(HELLO), Buffer.of(1)])],
  ])('is not kept with %s, though the request succeeds', (_, bytes) =>
    faking(
      (peer) => void peer.send(bytes),
      async ({ path, peers }) => {
        await using client = new Client(path);
        expect(await get(client)).toBe('hello');
        expect(await get(client)).toBe('hello');
        expect(peers).toHaveLength(2);
      },
    ),
  );

  test('is not kept when the application says something while it is idle', () =>
    faking(sayHello, async ({ path, peers }) => {
      await using client = new Client(path);
      await get(client);
      peers[0]?.send(record(STDOUT, 1, 'x'));
      await within('close', peers[0]?.closed ?? Promise.reject());
      expect(await get(client)).toBe('hello');
      expect(peers).toHaveLength(2);
    }));

  test('is closed when it was idle for idleTimeout', () =>
    faking(sayHello, async ({ path, peers, connections }) => {
      await using client = new Client(path, { idleTimeout: 20 });
      await get(client);
      await within('close', peers[0]?.closed ?? Promise.reject());
      expect(await connections()).toBe(0);
    }));
});

describe('a request on a connection that the application has closed meanwhile', () => {
  /** Answers the first request of each connection, and closes at the second one. */
  const answerOnce = (peer: FakePeer) => {
    if (peer.requests === 1) sayHello(peer);
    else peer.socket.destroy();
  };

  test.each([
    ['GET', undefined],
    ['PUT', 'body'],
  ])('is sent once more if it is idempotent: %s', (REQUEST_METHOD, body) =>
    faking(answerOnce, async ({ path, peers }) => {
      await using client = new Client(path);
      await get(client);
      const response = await within(
        'the answer',
        client.request({ params: { REQUEST_METHOD }, body }),
      );
      expect(await text(response.body)).toBe('hello');
      expect(peers).toHaveLength(2);
      expect(peers[1]?.stdin.toString()).toBe(body ?? '');
    }),
  );

  test('is sent on a new connection, though other old ones are idle', async () => {
    let dying = false;
    const onRequest = (peer: FakePeer) => {
      if (dying && peer.requests > 1) peer.socket.destroy();
      else sayHello(peer);
    };
    await faking(onRequest, async ({ path, peers }) => {
      await using client = new Client(path, { maxConnections: 3 });
      await Promise.all([get(client), get(client), get(client)]);
      expect(peers).toHaveLength(3);
      dying = true;
      expect(await get(client)).toBe('hello');
      expect(peers.filter(({ requests }) => requests > 1)).toHaveLength(1);
      expect(peers).toHaveLength(4);
    });
  });

  test.each([
    ['a POST that was sent whole', () => 'body'],
    ['a POST without a body', () => undefined],
  ])('is not sent once more if it is %s', (_, body) =>
    faking(answerOnce, async ({ path, peers }) => {
      await using client = new Client(path);
      await get(client);
      const post = client.request({ params: { REQUEST_METHOD: 'POST' }, body: body() });
      await expect(post).rejects.toMatchObject({ code: 'ERR_FCGI_CONNECTION_CLOSED' });
      expect(peers).toHaveLength(1);
    }),
  );

  test('is not sent once more if part of the answer had come', () =>
    faking(
      (peer) => {
        if (peer.requests === 1) sayHello(peer);
        else peer.socket.end(record(STDOUT, 1, 'Content-'));
      },
      async ({ path, peers }) => {
        await using client = new Client(path);
        await get(client);
        await expect(get(client)).rejects.toMatchObject({ code: 'ERR_FCGI_CONNECTION_CLOSED' });
        expect(peers).toHaveLength(1);
      },
    ));

  test('is sent once more only once', () => {
    let answered = 0;
    const onRequest = (peer: FakePeer) => {
      if (answered++ === 0) sayHello(peer);
      else peer.socket.destroy();
    };
    return faking(onRequest, async ({ path, peers }) => {
      await using client = new Client(path);
      await get(client);
      await expect(get(client)).rejects.toMatchObject({ code: 'ERR_FCGI_CONNECTION_CLOSED' });
      expect(peers).toHaveLength(2);
    });
  });
});

test('a request that fails on a new connection is not sent once more', () =>
  faking(
    ({ socket }) => void socket.destroy(),
    async ({ path, peers }) => {
      await using client = new Client(path);
      await expect(get(client)).rejects.toMatchObject({ code: 'ERR_FCGI_CONNECTION_CLOSED' });
      expect(peers).toHaveLength(1);
    },
  ));

describe('concurrent requests', () => {
  test('have a connection each', () =>
    withHeld({}, async (client, held, { peers }) => {
      const answers = Promise.all(Array.from({ length: 5 }, () => get(client)));
      await until(() => held.length === 5);
      held.forEach(sayHello);
      expect(await answers).toEqual(Array(5).fill('hello'));
      expect(peers).toHaveLength(5);
    }));

  test('wait in their order for one of maxConnections', () =>
    withHeld({ maxConnections: 2 }, async (client, held, { peers }) => {
      const order: number[] = [];
      const all = [0, 1, 2, 3, 4].map((i) => get(client).then(() => order.push(i)));
      for (let done = 0; done < 5; done++) {
        await until(() => held.length > done);
        expect(peers.length).toBeLessThanOrEqual(2);
        held[done]?.send(answer(HELLO));
        await until(() => order.length > done);
      }
      await Promise.all(all);
      expect(order).toEqual([0, 1, 2, 3, 4]);
      expect(peers).toHaveLength(2);
    }));

  test('get a new connection when one that they wait for is lost', () =>
    withHeld({ maxConnections: 1 }, async (client, held) => {
      const [first, second] = [get(client), get(client)];
      await until(() => held.length === 1);
      held[0]?.socket.destroy();
      await expect(first).rejects.toMatchObject({ code: 'ERR_FCGI_CONNECTION_CLOSED' });
      await until(() => held.length === 2);
      held[1]?.send(answer(HELLO));
      expect(await second).toBe('hello');
    }));

  test('leave the queue when they are aborted', () =>
    withHeld({ maxConnections: 1 }, async (client, held) => {
      const first = get(client);
      const controller = new AbortController();
      const second = client.request({ params, signal: controller.signal });
      const third = get(client);
      await until(() => held.length === 1);
      controller.abort();
      await expect(within('the abort', second)).rejects.toMatchObject({ name: 'AbortError' });
      held[0]?.send(answer(HELLO));
      expect(await first).toBe('hello');
      await until(() => held.length === 2);
      held[1]?.send(answer(HELLO));
      expect(await third).toBe('hello');
    }));

  test('leave no more than maxIdleConnections behind', () =>
    withHeld({ maxIdleConnections: 2 }, async (client, held, { peers }) => {
      const answers = Promise.all(Array.from({ length: 4 }, () => get(client)));
      await until(() => held.length === 4);
      held.forEach(sayHello);
      await answers;
      await until(() => peers.filter(({ socket }) => socket.closed).length === 2);
    }));
});

describe('close()', () => {
  test('closes idle connections, and refuses requests afterwards', () =>
    faking(sayHello, async ({ path, peers }) => {
      const client = new Client(path);
      await get(client);
      await within('close', client.close());
      await within('close', peers[0]?.closed ?? Promise.reject());
      await expect(get(client)).rejects.toMatchObject({
        code: 'ERR_FCGI_CLIENT_CLOSED',
        message: expect.stringContaining(path),
      });
    }));

  test('ends what runs and what waits', () =>
    withHeld({ maxConnections: 1 }, async (client, held) => {
      const [running, waiting] = [get(client), get(client)];
      const both = Promise.allSettled([running, waiting]);
      await until(() => held.length === 1);
      await within('close', client.close());
      const failed = { status: 'rejected', reason: { code: 'ERR_FCGI_CLIENT_CLOSED' } };
      expect(await both).toMatchObject([failed, failed]);
      await within('close', held[0]?.closed ?? Promise.reject());
    }));

  test('ends a connection that is being made', () =>
    faking(sayHello, async ({ path, connections }) => {
      const client = new Client(path);
      const request = get(client);
      const closed = client.close();
      await expect(request).rejects.toMatchObject({ code: 'ERR_FCGI_CLIENT_CLOSED' });
      await within('close', closed);
      expect(await connections()).toBeLessThanOrEqual(1);
    }));

  test('ends the body of an answer that is being read', () =>
    faking(
      (peer) => void peer.send(record(STDOUT, 1, HELLO)),
      async ({ path }) => {
        const client = new Client(path);
        const { body } = await client.request({ params });
        const failed = once(body, 'end').catch((error) => error);
        await client.close();
        expect(await within('the failure', failed)).toMatchObject({
          code: 'ERR_FCGI_CLIENT_CLOSED',
        });
      },
    ));

  test('resolves at once if there was never a connection, and may be called twice', async () => {
    const client = new Client(':9');
    await client.close();
    await client.close();
  });
});
