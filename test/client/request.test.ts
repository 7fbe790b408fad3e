import { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Client, request } from '../../src/client/index.ts';
import { Role } from '../../src/protocol/index.ts';
import { within } from '../support/deadline.ts';
import { answer, endRequest, type FakePeer, faking } from '../support/fake-application.ts';
import {
  DATA,
  PARAMS,
  pairs,
  parseRecords,
  record,
  STDERR,
  STDIN,
  STDOUT,
} from '../support/wire.ts';

const HELLO = 'Content-Type: text/plain\r\n\r\nhello';
const sayHello = (peer: FakePeer) => void peer.send(answer(HELLO));
const params = { REQUEST_METHOD: 'GET' };

test('sends FCGI_BEGIN_REQUEST, PARAMS and an empty STDIN as the specification has them', () =>
  faking(sayHello, async ({ path, peers }) => {
    await using client = new Client(path);
    await client.request({ params: { A: '1', B: '', C: undefined, D: '\xe9' } });
    const block = pairs([
      ['A', '1'],
      ['B', ''],
      ['D', '\xe9'],
    ]);
    expect(peers[0]?.records).toEqual(
      parseRecords(
        Buffer.concat([
          record(1, 1, Buffer.of(0, 1, 1, 0, 0, 0, 0, 0)),
          record(PARAMS, 1, block),
          record(PARAMS, 1),
          record(STDIN, 1),
        ]),
      ),
    );
  }));

test('resolves at the end of the head, before the body has come', async () => {
  let peer: FakePeer | undefined;
  const onRequest = (one: FakePeer) => {
    peer = one.send(record(STDOUT, 1, 'Status: 201 Made\nX: 1\n\n'));
  };
  await faking(onRequest, async ({ path }) => {
    await using client = new Client(path);
    const response = await within('the head', client.request({ params }));
    expect(response).toMatchObject({
      statusCode: 201,
      statusMessage: 'Made',
      rawHeaders: ['X', '1'],
    });
    peer?.send(answer('later'));
    expect(await within('the body', text(response.body))).toBe('later');
    expect(await response.completed).toEqual({ appStatus: 0, protocolStatus: 0 });
  });
});

test('reads an answer that is cut anywhere', async () => {
  const bytes = answer(HELLO);
  let cut = 0;
  const onRequest = ({ socket }: FakePeer) => {
    socket.setNoDelay(true);
    socket.write(bytes.subarray(0, cut), () =>
      setImmediate(() => socket.write(bytes.subarray(cut))),
    );
  };
  await faking(onRequest, async ({ path, peers }) => {
    await using client = new Client(path);
    for (cut = 0; cut <= bytes.length; cut++) {
      const response = await within('the head', client.request({ params }));
      expect(await within('the body', text(response.body))).toBe('hello');
    }
    expect(peers).toHaveLength(1);
  });
});

test('tells the appStatus', () =>
  faking(
    (peer) => void peer.send(record(STDOUT, 1, HELLO), endRequest({ appStatus: 0xfffffffe })),
    async ({ path }) => {
      await using client = new Client(path);
      const { completed } = await client.request({ params });
      expect(await completed).toEqual({ appStatus: 0xfffffffe, protocolStatus: 0 });
    },
  ));

test('gathers FCGI_STDERR, and passes it on as it comes', () => {
  const seen: string[] = [];
  const stderr = new Writable({
    write(chunk, _encoding, callback) {
      seen.push(String(chunk));
      callback();
    },
  });
  const onRequest = (peer: FakePeer) =>
    void peer.send(
      record(STDERR, 1, 'one'),
      record(STDERR, 1, 'two'),
      record(STDERR, 1),
      answer(HELLO),
    );
  return faking(onRequest, async ({ path }) => {
    await using client = new Client(path);
    const response = await client.request({ params, stderr });
    await response.completed;
    expect(response.stderr).toBe('onetwo');
    expect(seen.join('')).toBe('onetwo');
  });
});

test('keeps no more than 64 KiB of FCGI_STDERR', () =>
  faking(
    (peer) =>
      void peer.send(...Array(3).fill(record(STDERR, 1, Buffer.alloc(30_000, 'e'))), answer(HELLO)),
    async ({ path }) => {
      await using client = new Client(path);
      const response = await client.request({ params });
      await response.completed;
      expect(response.stderr).toHaveLength(65_536);
    },
  ));

test.each<[string, string | Uint8Array, string]>([
  ['a string', 'h\xe9', '3'],
  ['bytes', Buffer.from('hello'), '5'],
  ['an empty string', '', '0'],
])('sends %s as STDIN with its CONTENT_LENGTH', (_, body, length) =>
  faking(sayHello, async ({ path, peers }) => {
    await using client = new Client(path);
    await client.request({ params, body });
    expect(peers[0]?.stdin.equals(Buffer.from(body))).toBe(true);
    expect(peers[0]?.params.CONTENT_LENGTH).toBe(length);
  }),
);

test('leaves a CONTENT_LENGTH of the caller alone', () =>
  faking(sayHello, async ({ path, peers }) => {
    await using client = new Client(path);
    await client.request({ params: { CONTENT_LENGTH: '' }, body: 'hello' });
    expect(peers[0]?.params.CONTENT_LENGTH).toBe('');
  }));

test('sends a stream as STDIN', () =>
  faking(sayHello, async ({ path, peers }) => {
    await using client = new Client(path);
    await client.request({ params, body: Readable.from(['a', '', 'b'], { objectMode: false }) });
    expect(peers[0]?.stdin.toString()).toBe('ab');
  }));

test('sends PARAMS of more than a record holds', () =>
  faking(sayHello, async ({ path, peers }) => {
    await using client = new Client(path);
    const value = 'v'.repeat(200_000);
    await client.request({ params: { LONG: value } });
    expect(peers[0]?.params.LONG).toBe(value);
  }));

test.each([
  ['no string', { A: 1 as unknown as string }],
  ['characters that are no bytes', { A: '€' }],
])('refuses a variable with %s before it connects', (_, wrong) =>
  faking(sayHello, async ({ path, peers }) => {
    await using client = new Client(path);
    await expect(client.request({ params: wrong })).rejects.toThrow(TypeError);
    expect(peers).toHaveLength(0);
  }),
);

test('sends no STDIN to an Authorizer', () =>
  faking(
    sayHello,
    async ({ path, peers }) => {
      await using client = new Client(path);
      await client.request({ params, role: Role.AUTHORIZER });
      expect(peers[0]?.begin?.[1]).toBe(2);
      expect(peers[0]?.records.map(({ type }) => type)).toEqual([1, PARAMS, PARAMS]);
    },
    { at: PARAMS },
  ));

test('ends the DATA of a Filter', () =>
  faking(
    sayHello,
    async ({ path, peers }) => {
      await using client = new Client(path);
      await within('the answer', client.request({ params, role: Role.FILTER }));
      expect(peers[0]?.begin?.[1]).toBe(3);
      expect(peers[0]?.records.map(({ type }) => type)).toEqual([1, PARAMS, PARAMS, STDIN, DATA]);
    },
    { at: DATA },
  ));

test('answers a HEAD request that tells a length without having it', () =>
  faking(
    (peer) => void peer.send(answer('Content-Length: 5\n\n')),
    async ({ path }) => {
      await using client = new Client(path);
      const response = await client.request({ params: { REQUEST_METHOD: 'HEAD' } });
      expect(await text(response.body)).toBe('');
    },
  ));

test('request() uses a connection of its own, without FCGI_KEEP_CONN', () =>
  faking(sayHello, async ({ path, peers }) => {
    const response = await request(path, { params });
    expect(await text(response.body)).toBe('hello');
    await within('close', peers[0]?.closed ?? Promise.reject());
    expect(peers[0]?.begin?.[2]).toBe(0);
  }));

test.each([
  { maxConnections: 0 },
  { maxIdleConnections: -1 },
  { idleTimeout: Number.NaN },
  { timeout: -1 },
  { maxHeadSize: 0 },
])('refuses %j with a RangeError', (options) => {
  expect(() => new Client(':9000', options)).toThrow(RangeError);
  expect(() => new Client(':9000', options)).toThrow(Object.keys(options)[0]);
});
