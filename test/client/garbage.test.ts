import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Client } from '../../src/client/index.ts';
import { within } from '../support/deadline.ts';
import { answer, endRequest, type FakePeer, faking } from '../support/fake-application.ts';
import { record, STDOUT } from '../support/wire.ts';

const HEAD = 'Content-Type: text/plain\n\n';
const PART = record(STDOUT, 1, 'x'.repeat(60_000));

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Collects garbage again and again until a promise is settled. */
async function collecting<Value>(promise: Promise<Value>): Promise<Value> {
  let settled = false;
  const end = () => {
    settled = true;
  };
  promise.then(end, end);
  while (!settled) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return promise;
}

/** A large answer to the first request, hello to the others. */
function largeFirst(peer: FakePeer): void {
  if (peer.params.NEXT) peer.send(answer(`${HEAD}hello`));
  else peer.send(record(STDOUT, 1, HEAD), ...Array(40).fill(PART), endRequest());
}

test('a body that nobody has any more gives its connection back', () =>
  faking(largeFirst, async ({ path, peers }) => {
    await using client = new Client(path, { maxConnections: 1 });
    const forget = async () => {
      const { statusCode } = await client.request({ params: {} });
      expect(statusCode).toBe(200);
    };
    await within('the head', forget());
    const next = client.request({ params: { NEXT: '1' } });
    await within('the end of what was forgotten', collecting(peers[0]?.closed ?? Promise.reject()));
    expect(await within('the next', text((await next).body))).toBe('hello');
  }));

test('a body that is waited for is not given up, however long its reader takes', () =>
  faking(largeFirst, async ({ path }) => {
    await using client = new Client(path);
    const { body } = await within('the head', client.request({ params: {} }));
    for (let turn = 0; turn < 20; turn++) await collecting(Promise.resolve());
    let length = 0;
    const read = async () => {
      for await (const chunk of body) {
        length += (chunk as Buffer).length;
        collect();
      }
    };
    await within('the body', read());
    expect(length).toBe(40 * 60_000);
  }));

test('a body that is piped is not given up', () =>
  faking(largeFirst, async ({ path }) => {
    await using client = new Client(path);
    const pipe = async () => (await client.request({ params: {} })).body.pipe(new PassThrough());
    const piped = await within('the head', pipe());
    for (let turn = 0; turn < 20; turn++) await collecting(Promise.resolve());
    expect(await within('the body', text(piped))).toHaveLength(40 * 60_000);
  }));
