import { text } from 'node:stream/consumers';
import { Client, getValues } from '../../src/client/index.ts';
import { DEADLINE_MS, within } from '../support/deadline.ts';
import { answer, endRequest, type FakePeer } from '../support/fake-application.ts';
import { serving } from '../support/serve.ts';
import {
  ABORT_REQUEST,
  GET_VALUES,
  GET_VALUES_RESULT,
  pairs,
  record,
  STDIN,
  STDOUT,
  UNKNOWN_TYPE,
} from '../support/wire.ts';
import { type Got, granting } from './granting.ts';

const HEAD = 'Content-Type: text/plain\n\n';
const GRANTED = { FCGI_MPXS_CONNS: '1' };
const one = { multiplex: true, maxConnections: 1 };

async function get(client: Client, name: string): Promise<string> {
  const { body } = await within('the head', client.request({ params: { NAME: name } }));
  return within('the body', text(body));
}

function reply({ peer, id }: Got, body: string): void {
  peer.send(answer(HEAD + body, id));
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Waited ${DEADLINE_MS} ms until ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('where the application grants it', () => {
  test('requests share the one connection, and get their own answers in any order', () =>
    granting(GRANTED, async ({ path, peers, got }) => {
      await using client = new Client(path, one);
      const bodies = [get(client, 'a'), get(client, 'b'), get(client, 'c')];
      await until(() => got.length === 3);
      expect(peers).toHaveLength(1);
      expect(got.map(({ id }) => id)).toEqual([1, 2, 3]);
      for (const request of [...got].reverse()) reply(request, `answer ${request.id}`);
      expect(await Promise.all(bodies)).toEqual(['answer 1', 'answer 2', 'answer 3']);
    }));

  test('answers may be interleaved', () =>
    granting(GRANTED, async ({ path, got }) => {
      await using client = new Client(path, one);
      const bodies = [get(client, 'a'), get(client, 'b')];
      await until(() => got.length === 2);
      const parts = ['x', 'y', 'z'].flatMap((part) => [
        record(STDOUT, 1, part),
        record(STDOUT, 2, part.toUpperCase()),
      ]);
      got[0]?.peer.send(record(STDOUT, 2, HEAD), record(STDOUT, 1, HEAD), ...parts);
      got[0]?.peer.send(endRequest({ requestId: 1 }), endRequest({ requestId: 2 }));
      expect(await Promise.all(bodies)).toEqual(['xyz', 'XYZ']);
    }));

  test('they have a connection each as long as there may be more', () =>
    granting(GRANTED, async ({ path, peers, got }) => {
      await using client = new Client(path, { multiplex: true, maxConnections: 2 });
      const bodies = Array.from({ length: 4 }, () => get(client, 'a'));
      await until(() => got.length === 4);
      expect(peers).toHaveLength(2);
      for (const peer of peers) {
        expect(got.filter((request) => request.peer === peer)).toHaveLength(2);
      }
      for (const request of got) reply(request, 'hello');
      expect(await Promise.all(bodies)).toEqual(Array(4).fill('hello'));
    }));

  test('it may answer once more, as Go does', () => {
    const values = record(GET_VALUES_RESULT, 0, pairs(GRANTED));
    const twice = (peer: FakePeer) => peer.send(values, record(GET_VALUES_RESULT, 0), values);
    return granting(twice, async ({ path, peers, got }) => {
      await using client = new Client(path, one);
      const body = get(client, 'a');
      await until(() => got.length === 1);
      got[0]?.peer.send(values);
      reply(got[0] as Got, 'hello');
      expect(await body).toBe('hello');
      expect(peers).toHaveLength(1);
    });
  });

  test('it is asked once, before the first request', () =>
    granting(GRANTED, async ({ path, peers, got, questions }) => {
      await using client = new Client(path, one);
      for (let turn = 0; turn < 3; turn++) {
        const body = get(client, 'a');
        await until(() => got.length > turn);
        reply(got[turn] as Got, 'hello');
        await body;
      }
      expect(questions()).toBe(1);
      expect(peers[0]?.records[0]?.type).toBe(GET_VALUES);
    }));

  test('no more than its FCGI_MAX_REQS run at a time', () =>
    granting({ ...GRANTED, FCGI_MAX_REQS: '2' }, async ({ path, peers, got }) => {
      await using client = new Client(path, { multiplex: true, maxConnections: 3 });
      const bodies = Array.from({ length: 3 }, () => get(client, 'a'));
      await until(() => got.length === 2);
      reply(got[0] as Got, 'hello');
      await until(() => got.length === 3);
      for (const request of got.slice(1)) reply(request, 'hello');
      expect(await Promise.all(bodies)).toEqual(Array(3).fill('hello'));
      expect(peers.length).toBeLessThanOrEqual(2);
    }));

  test('an id is used again when its request has ended, and not before', () =>
    granting(GRANTED, async ({ path, got }) => {
      await using client = new Client(path, one);
      const [a, b] = [get(client, 'a'), get(client, 'b')];
      await until(() => got.length === 2);
      reply(got[0] as Got, 'a');
      await a;
      const c = get(client, 'c');
      await until(() => got.length === 3);
      expect(got[2]?.id).toBe(1);
      reply(got[1] as Got, 'b');
      reply(got[2] as Got, 'c');
      expect(await Promise.all([b, c])).toEqual(['b', 'c']);
    }));

  test('onRecord of a request that joins in the middle of a record sees its own records alone', () =>
    granting(GRANTED, async ({ path, got }) => {
      await using client = new Client(path, one);
      const first = client.request({ params: {} });
      await until(() => got.length === 1);
      const part = record(STDOUT, 1, 'part');
      got[0]?.peer.send(Buffer.concat([record(STDOUT, 1, HEAD), part.subarray(0, -2)]));
      const { body } = await within('the head', first);
      await until(() => body.readableLength === 2);
      const notes: string[] = [];
      const joined = client.request({
        params: {},
        onRecord: (direction, { type, requestId }) =>
          notes.push(`${direction} ${type} #${requestId}`),
      });
      await until(() => got.length === 2);
      got[0]?.peer.send('rt', answer(HEAD, 2), record(STDOUT, 1), endRequest());
      await within('the end', (await joined).completed);
      expect(await text(body)).toBe('part');
      expect(notes).toEqual([
        ...['sent 1 #2', 'sent 4 #2', 'sent 5 #2'],
        ...['received 6 #2', 'received 6 #2', 'received 3 #2'],
      ]);
    }));

  test('one that nobody reads holds up the others, and no request joins them', () =>
    granting(GRANTED, async ({ path, peers, got }) => {
      await using client = new Client(path, one);
      const slow = client.request({ params: {} });
      const other = get(client, 'b');
      await until(() => got.length === 2);
      const part = record(STDOUT, 1, Buffer.alloc(60_000, 'b'));
      got[0]?.peer.send(record(STDOUT, 1, HEAD), part, part, answer(`${HEAD}other`, 2));
      const { body } = await within('the head', slow);
      await until(() => body.readableLength > 64 * 1024);
      const late = get(client, 'late');
      const slowText = text(body);
      expect(await other).toBe('other');
      await until(() => got.length === 3);
      got[0]?.peer.send(endRequest(), answer(`${HEAD}late`, got[2]?.id));
      expect(await within('the slow one', slowText)).toHaveLength(120_000);
      expect(await late).toBe('late');
      expect(peers).toHaveLength(1);
    }));
});

describe('a request that ends alone leaves the others on its connection:', () => {
  const cases: [string, (controller: AbortController, got: Got) => void, object][] = [
    ['its signal aborts', (controller) => controller.abort(new Error('enough')), {}],
    [
      'its head is malformed',
      (_, { peer, id }) => void peer.send(record(STDOUT, id, 'no head\n\n')),
      { code: 'ERR_FCGI_RESPONSE_HEAD' },
    ],
    ['nothing comes for it', () => {}, { code: 'ERR_FCGI_RESPONSE_TIMEOUT' }],
  ];

  test.each(cases)('%s', (_, fail, expected) =>
    granting(GRANTED, async ({ path, peers, got }) => {
      await using client = new Client(path, one);
      const other = get(client, 'a');
      await until(() => got.length === 1);
      const controller = new AbortController();
      const timeout = 'code' in expected && /TIMEOUT/.test(`${expected.code}`) ? 50 : 0;
      const failing = client.request({ params: {}, signal: controller.signal, timeout });
      const failed = expect(within('the failure', failing)).rejects.toMatchObject(expected);
      await until(() => got.length === 2);
      fail(controller, got[1] as Got);
      await failed;
      await until(() => peers[0]?.records.at(-1)?.type === ABORT_REQUEST);
      expect(peers[0]?.records.at(-1)?.requestId).toBe(2);
      // What was under way, and its end, do not matter.
      got[0]?.peer.send(record(STDOUT, 2, 'late'), endRequest({ requestId: 2 }));
      reply(got[0] as Got, 'hello');
      expect(await other).toBe('hello');
    }),
  );

  test('the connection takes no other request after that, and closes with the last one', () =>
    granting(GRANTED, async ({ path, peers, got }) => {
      await using client = new Client(path, one);
      const other = get(client, 'a');
      const controller = new AbortController();
      const failing = client.request({ params: {}, signal: controller.signal });
      await until(() => got.length === 2);
      controller.abort();
      await expect(failing).rejects.toMatchObject({ name: 'AbortError' });
      const late = get(client, 'late');
      reply(got[0] as Got, 'hello');
      expect(await other).toBe('hello');
      await within('close', peers[0]?.closed ?? Promise.reject());
      await until(() => got.length === 3);
      expect(got[2]?.peer).toBe(peers[1]);
      reply(got[2] as Got, 'late');
      expect(await late).toBe('late');
    }));

  test('one whose body is destroyed', () =>
    granting(GRANTED, async ({ path, got }) => {
      await using client = new Client(path, one);
      const [first, other] = [client.request({ params: {} }), get(client, 'b')];
      await until(() => got.length === 2);
      got[0]?.peer.send(record(STDOUT, 1, `${HEAD}part`));
      const { body, completed } = await first;
      body.destroy();
      await expect(completed).rejects.toMatchObject({ code: 'ERR_FCGI_CONNECTION_CLOSED' });
      reply(got[1] as Got, 'other');
      expect(await other).toBe('other');
    }));
});

test('a request that was about to join a connection when that was lost is sent on another', () =>
  granting(GRANTED, async ({ path, got }) => {
    await using client = new Client(path, one);
    // At whichever step of the way it is.
    for (let steps = 0; steps < 40; steps++) {
      const controller = new AbortController();
      const before = got.length;
      const first = client.request({ params: {}, signal: controller.signal });
      await until(() => got.length === before + 1);
      const second = client.request({ method: 'POST', body: 'body' });
      for (let step = 0; step < steps; step++) await null;
      controller.abort();
      await expect(first).rejects.toMatchObject({ name: 'AbortError' });
      await until(() => got.length === before + 2);
      reply(got[before + 1] as Got, 'hello');
      const { body } = await within('the head', second);
      expect(await within('the body', text(body))).toBe('hello');
    }
  }));

test('what breaks the protocol ends all requests of the connection', () =>
  granting(GRANTED, async ({ path, got }) => {
    await using client = new Client(path, one);
    const all = Promise.allSettled([get(client, 'a'), get(client, 'b')]);
    await until(() => got.length === 2);
    got[0]?.peer.send(record(STDOUT, 9, 'x'));
    const failed = { status: 'rejected', reason: { code: 'ERR_FCGI_UNEXPECTED_RECORD' } };
    expect(await within('the failures', all)).toMatchObject([failed, failed]);
  }));

describe('requests wait for one another where it is not granted:', () => {
  test.each<[string, Parameters<typeof granting>[0]]>([
    ['it says no', { FCGI_MPXS_CONNS: '0', FCGI_MAX_REQS: '9' }],
    ['it does not know the name', {}],
    [
      'it does not know the question',
      (peer) => peer.send(record(UNKNOWN_TYPE, 0, '\x09'.repeat(8))),
    ],
    ['it closes the connection', (peer) => void peer.socket.end()],
    ['it talks nonsense', (peer) => peer.send('HTTP/1.1 400 Bad Request\r\n\r\n')],
    [
      'it says no and closes, as php-fpm does',
      (peer) => void peer.socket.end(record(GET_VALUES_RESULT, 0, pairs({ FCGI_MPXS_CONNS: '0' }))),
    ],
  ])('%s', (_, values) =>
    granting(values, async ({ path, got, connections, questions }) => {
      await using client = new Client(path, one);
      const bodies = [get(client, 'a'), get(client, 'b')];
      await until(() => got.length === 1);
      expect(await connections()).toBeLessThanOrEqual(2);
      expect(got[0]?.id).toBe(1);
      reply(got[0] as Got, 'a');
      expect(await bodies[0]).toBe('a');
      await until(() => got.length === 2);
      expect(got[1]?.id).toBe(1);
      reply(got[1] as Got, 'b');
      expect(await bodies[1]).toBe('b');
      expect(questions()).toBe(1);
    }),
  );

  test('a client does not ask without the option, nor without keepAlive', () =>
    granting(GRANTED, async ({ path, got, questions }) => {
      for (const options of [{}, { multiplex: true, keepAlive: false }]) {
        await using client = new Client(path, { maxConnections: 1, ...options });
        const before = got.length;
        const body = get(client, 'a');
        await until(() => got.length > before);
        reply(got[before] as Got, 'a');
        await body;
      }
      expect(questions()).toBe(0);
    }));
});

test('an application that cannot be reached fails the request, and is asked again by the next', () =>
  granting(GRANTED, async ({ path, got }) => {
    await using client = new Client(`${path}.missing`, one);
    for (let turn = 0; turn < 2; turn++) {
      await expect(get(client, 'a')).rejects.toMatchObject({ code: 'ERR_FCGI_CONNECT' });
    }
    expect(got).toHaveLength(0);
  }));

test('a request may be aborted while the application is asked', () =>
  granting(
    () => {},
    async ({ path, questions }) => {
      await using client = new Client(path, one);
      const controller = new AbortController();
      const request = client.request({ params: {}, signal: controller.signal });
      const aborted = expect(within('the abort', request)).rejects.toThrow('enough');
      await until(() => questions() === 1);
      controller.abort(new Error('enough'));
      await aborted;
    },
  ));

test('close() ends what waits for the answer to the question', () =>
  granting(
    () => {},
    async ({ path, questions }) => {
      const client = new Client(path, one);
      const refused = expect(get(client, 'a')).rejects.toMatchObject({
        code: 'ERR_FCGI_CLIENT_CLOSED',
      });
      await until(() => questions() === 1);
      await within('close', client.close());
      await refused;
    },
  ));

test('a server of this library grants it', () => {
  const waiting: (() => void)[] = [];
  return serving(
    (req, res) => {
      waiting.push(() => res.end(req.url));
      if (waiting.length === 3) for (const go of waiting.reverse()) go();
    },
    async ({ server }) => {
      expect(await getValues(server, ['FCGI_MPXS_CONNS'])).toEqual({ FCGI_MPXS_CONNS: '1' });
      await using client = new Client(server, one);
      const urls = ['/a', '/b', '/c'];
      const bodies = urls.map(async (url) => text((await client.request({ url })).body));
      expect(await within('the answers', Promise.all(bodies))).toEqual(urls);
    },
  );
});

test('the body of a request is sent beside that of another', () =>
  granting(GRANTED, async ({ path, got, peers }) => {
    await using client = new Client(path, one);
    const send = (body: string) => client.request({ params: {}, body });
    const all = [send('a'.repeat(100_000)), send('b'.repeat(100_000))];
    await until(() => got.length === 2);
    for (const [i, name] of ['a', 'b'].entries()) {
      const sent = peers[0]?.records.filter((r) => r.type === STDIN && r.requestId === i + 1) ?? [];
      expect(Buffer.concat(sent.map(({ content }) => content)).toString()).toBe(
        name.repeat(100_000),
      );
      reply(got[i] as Got, '');
    }
    for (const response of await Promise.all(all)) await response.completed;
  }));
