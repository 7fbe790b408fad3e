import { text } from 'node:stream/consumers';
import { Client, getValues, type ObservedRecord, request } from '../../src/client/index.ts';
import { RecordObserver } from '../../src/client/record-observer.ts';
import { within } from '../support/deadline.ts';
import { answer, type FakePeer, faking } from '../support/fake-application.ts';
import { serving } from '../support/serve.ts';
import {
  BEGIN_REQUEST,
  END_REQUEST,
  GET_VALUES,
  GET_VALUES_RESULT,
  PARAMS,
  parseRecords,
  record,
  STDERR,
  STDIN,
  STDOUT,
} from '../support/wire.ts';

const HELLO = 'Content-Type: text/plain\n\nhello';
const sayHello = (peer: FakePeer) => void peer.send(answer(HELLO));
const params = { REQUEST_METHOD: 'GET' };

/** Notes records as `sent 1 #1 …`. */
function noting(): { notes: string[]; onRecord: (direction: string, one: ObservedRecord) => void } {
  const notes: string[] = [];
  const onRecord = (direction: string, { type, requestId, content }: ObservedRecord) => {
    notes.push(`${direction} ${type} #${requestId} ${content.length}`);
  };
  return { notes, onRecord };
}

const exchange = [
  `sent ${BEGIN_REQUEST} #1 8`,
  `sent ${PARAMS} #1 19`,
  `sent ${PARAMS} #1 0`,
  `sent ${STDIN} #1 0`,
  `received ${STDOUT} #1 ${HELLO.length}`,
  `received ${STDOUT} #1 0`,
  `received ${END_REQUEST} #1 8`,
];

test.each([
  ['a request', 'request'],
  ['a client', 'client'],
])('the onRecord of %s sees the records of both directions in their order', (_, whose) =>
  faking(sayHello, async ({ path }) => {
    const { notes, onRecord } = noting();
    await using client = new Client(path, whose === 'client' ? { onRecord } : {});
    const options = whose === 'request' ? { onRecord } : {};
    const { body } = await client.request({ params, ...options });
    await within('the body', text(body));
    expect(notes).toEqual(exchange);
  }),
);

test('request() tells each record once', () =>
  faking(sayHello, async ({ path }) => {
    const { notes, onRecord } = noting();
    const { completed } = await request(path, { params, onRecord });
    await within('the end', completed);
    expect(notes).toEqual(exchange);
  }));

test('the onRecord of a request sees nothing of another one on the same connection', () =>
  faking(sayHello, async ({ path, peers }) => {
    await using client = new Client(path);
    await (await client.request({ params: { BEFORE: '1' } })).completed;
    const { notes, onRecord } = noting();
    await (await client.request({ params, onRecord })).completed;
    await (await client.request({ params: { AFTER: '1' } })).completed;
    expect(peers).toHaveLength(1);
    expect(notes).toEqual(exchange);
  }));

test('records are whole, without padding, however the connection cut them', () => {
  const seen: ObservedRecord[] = [];
  const onRequest = (peer: FakePeer) => {
    const bytes = Buffer.concat([
      record(STDERR, 1, 'oh', 5),
      record(STDOUT, 1, HELLO, 3),
      answer('x'.repeat(300)),
    ]);
    peer.socket.setNoDelay(true);
    for (const byte of bytes) peer.socket.write(Buffer.of(byte));
  };
  return faking(onRequest, async ({ path }) => {
    const onRecord = (direction: string, one: ObservedRecord) => {
      if (direction === 'received') seen.push(one);
    };
    const { completed } = await request(path, { params, onRecord });
    await within('the end', completed);
    expect(seen.map(({ type, content }) => [type, content.toString('latin1')])).toEqual([
      [STDERR, 'oh'],
      [STDOUT, HELLO],
      [STDOUT, 'x'.repeat(300)],
      [STDOUT, ''],
      [END_REQUEST, '\0'.repeat(8)],
    ]);
  });
});

test('a body larger than a record is seen as the records that it was sent in', () =>
  faking(sayHello, async ({ path, peers }) => {
    const sent: ObservedRecord[] = [];
    const onRecord = (direction: string, one: ObservedRecord) => {
      if (direction === 'sent') sent.push(one);
    };
    const body = Buffer.alloc(200_000, 'b');
    await (await request(path, { params, body, onRecord })).completed;
    expect(sent).toEqual(peers[0]?.records);
    expect(sent.filter(({ type }) => type === STDIN).length).toBeGreaterThan(3);
  }));

test('getValues() shows the question and the answer', () =>
  serving(
    () => {},
    async ({ server }) => {
      const { notes, onRecord } = noting();
      await within('the values', getValues(server, ['FCGI_MPXS_CONNS'], { onRecord }));
      expect(notes.slice(0, 3)).toEqual([
        `sent ${GET_VALUES} #0 17`,
        `sent ${GET_VALUES} #0 0`,
        `received ${GET_VALUES_RESULT} #0 18`,
      ]);
    },
  ));

test('records before what is none are seen, nothing after it', async () => {
  const { notes, onRecord } = noting();
  const bytes = Buffer.concat([record(STDOUT, 1, HELLO), Buffer.from('HTTP/1.1 400 Bad\r\n\r\n')]);
  await faking(
    (peer) => void peer.send(bytes),
    async ({ path }) => {
      const { body } = await request(path, { params, onRecord });
      await expect(within('the failure', text(body))).rejects.toMatchObject({
        code: 'ERR_FCGI_VERSION',
      });
    },
  );
  expect(notes.filter((note) => note.startsWith('received'))).toEqual([
    `received ${STDOUT} #1 ${HELLO.length}`,
  ]);
});

test('an observer finds the same records at every split of the bytes', () => {
  const bytes = Buffer.concat([answer(HELLO), record(STDERR, 258, 'e', 200), answer('')]);
  const expected = parseRecords(bytes);
  for (let at = 0; at <= bytes.length; at++) {
    const seen: ObservedRecord[] = [];
    const observer = new RecordObserver((one) => seen.push(one));
    observer.push(bytes.subarray(0, at));
    observer.push(bytes.subarray(at));
    expect(seen).toEqual(expected);
  }
});
