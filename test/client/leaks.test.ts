import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Client, type RequestOptions } from '../../src/client/index.ts';
import { within } from '../support/deadline.ts';
import { answer, endRequest, type FakePeer, faking } from '../support/fake-application.ts';
import { PARAMS, record, STDOUT } from '../support/wire.ts';

const HELLO = 'Content-Type: text/plain\n\nhello';
const one = { maxConnections: 1 };

/** A request that needs the only connection, and gets it. */
async function getsThrough(client: Client): Promise<void> {
  const response = await within('a connection', client.request({ params: { NEXT: '1' } }));
  expect(await within('the body', text(response.body))).toBe('hello');
}

/** Whether the next request is served, on the same connection or on another, whatever became of this one. */
function afterwards(
  onRequest: (peer: FakePeer) => void,
  request: (client: Client) => Promise<unknown>,
  at?: number,
): Promise<number> {
  const serve = (peer: FakePeer) => {
    if (peer.params.NEXT) peer.send(answer(HELLO));
    else onRequest(peer);
  };
  return faking(
    serve,
    async ({ path, peers, connections }) => {
      await using client = new Client(path, one);
      await request(client);
      await getsThrough(client);
      expect(await connections()).toBe(1);
      return peers.length;
    },
    at === undefined ? {} : { at },
  );
}

const get = (client: Client, options: RequestOptions = {}) =>
  within('the head', client.request({ params: {}, ...options }));

describe('the connection is kept after', () => {
  test.each<[string, (client: Client) => Promise<unknown>]>([
    ['a body that nobody reads', (client) => get(client)],
    [
      'many bodies that nobody reads',
      (client) => Promise.all(Array.from({ length: 20 }, () => get(client))),
    ],
    [
      'a body that is destroyed when all of it has come',
      async (client) => {
        const { body, completed } = await get(client);
        await completed;
        body.destroy();
      },
    ],
    ['the answer to HEAD', (client) => get(client, { params: { REQUEST_METHOD: 'HEAD' } })],
  ])('%s', async (_, request) => {
    expect(await afterwards((peer) => void peer.send(answer(HELLO)), request)).toBe(1);
  });

  test('a request that is refused', async () => {
    const overloaded = (peer: FakePeer) => void peer.send(endRequest({ protocolStatus: 2 }));
    const refused = (client: Client) =>
      expect(get(client)).rejects.toMatchObject({ code: 'ERR_FCGI_REQUEST_REFUSED' });
    expect(await afterwards(overloaded, refused)).toBe(1);
  });
});

describe('another connection takes the place of one after', () => {
  const large = [
    record(STDOUT, 1, HELLO),
    ...Array(40).fill(record(STDOUT, 1, 'x'.repeat(60_000))),
  ];

  test('a large body that is destroyed unread', async () => {
    const destroy = async (client: Client) => void (await get(client)).body.destroy();
    expect(await afterwards((peer) => void peer.send(...large), destroy)).toBe(2);
  });

  test('a large body whose reader gives up', async () => {
    const readSome = async (client: Client) => {
      for await (const chunk of (await get(client)).body) if (chunk) break;
    };
    expect(await afterwards((peer) => void peer.send(...large), readSome)).toBe(2);
  });

  test('an answer that is longer than it says', async () => {
    const tooLong = (peer: FakePeer) => void peer.send(answer(`Content-Length: 1\n\nhello`));
    const fails = async (client: Client) => {
      const { body } = await get(client);
      await expect(text(body)).rejects.toMatchObject({ code: 'ERR_FCGI_BODY_LENGTH' });
    };
    expect(await afterwards(tooLong, fails)).toBe(2);
  });

  test('an answer that came before the request body did, whose body nobody reads', async () => {
    const body = new Readable({ read() {} });
    const request = async (client: Client) => (await get(client, { body })).completed;
    expect(await afterwards((peer) => void peer.send(answer(HELLO)), request, PARAMS)).toBe(2);
  });

  test('a request body that fails while the application is silent', async () => {
    const body = new Readable({ read() {} });
    const fails = (client: Client) => expect(get(client, { body })).rejects.toThrow('disk');
    expect(await afterwards(() => void body.destroy(new Error('disk')), fails, PARAMS)).toBe(2);
  });
});

test('a request body that fails while the request waits for a connection fails the request', () => {
  const held: FakePeer[] = [];
  return faking(
    (peer) => void held.push(peer),
    async ({ path }) => {
      await using client = new Client(path, one);
      const first = client.request({ params: {} });
      const body = new Readable({ read() {} });
      const second = client.request({ params: {}, body });
      const failed = expect(within('the failure', second)).rejects.toThrow('disk');
      const closed = once(body, 'close').catch(() => {});
      body.destroy(new Error('disk'));
      await within('close', closed);
      while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
      held[0]?.send(answer(HELLO));
      await (await first).completed;
      await failed;
    },
  );
});

test('nothing is left of aborted requests, at whatever stage', () =>
  faking(
    (peer) => void peer.send(record(STDOUT, 1, HELLO)),
    async ({ path, connections }) => {
      await using client = new Client(path, { maxConnections: 3 });
      for (let turns = 0; turns < 40; turns++) {
        const controller = new AbortController();
        const all = Array.from({ length: 4 }, () =>
          client.request({ params: {}, signal: controller.signal }),
        );
        // Some wait for a connection, connect, are sent, or have their head.
        for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
        const settled = Promise.allSettled(all);
        controller.abort();
        for (const result of await within('the end', settled)) {
          if (result.status === 'fulfilled')
            await expect(text(result.value.body)).rejects.toThrow();
          else expect(result.reason).toBe(controller.signal.reason);
        }
      }
      await within('close', client.close());
      while ((await connections()) > 0) await new Promise((resolve) => setImmediate(resolve));
    },
  ));
