import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createGateway, type Gateway } from '../../src/gateway/index.ts';
import { within } from '../support/deadline.ts';
import { answer, endRequest, type FakePeer, faking } from '../support/fake-application.ts';
import { fetchHead, listening, send } from '../support/http-client.ts';
import { PARAMS, record, STDIN, STDOUT } from '../support/wire.ts';

const HEAD = 'Content-Type: text/plain\n\n';
const PART = 32 * 1024;
const TOTAL = 64 * 1024 * 1024;
/** Above what all buffers on the way may hold, the system's among them; far below the whole. */
const BUFFERS = 24 * 1024 * 1024;

/** The number once it has stayed the same while the gateway did other work. */
async function standstill(gateway: Gateway, count: () => number): Promise<number> {
  for (let last = -1; last !== count(); ) {
    last = count();
    for (let turn = 0; turn < 20; turn++) await text(await fetchHead(gateway, { path: '/small' }));
  }
  return count();
}

const isSmall = ({ params }: FakePeer) => params.REQUEST_URI === '/small';

/** Sends `TOTAL` bytes of STDOUT as fast as they are taken. */
async function sendMuch({ socket }: FakePeer, onSent: (bytes: number) => void): Promise<void> {
  const part = record(STDOUT, 1, Buffer.alloc(PART, 'b'));
  socket.write(record(STDOUT, 1, HEAD));
  for (let sent = 0; sent < TOTAL; sent += PART) {
    onSent(sent);
    if (!socket.write(part)) await once(socket, 'drain');
  }
  socket.write(endRequest());
}

test('reads no more of an answer than the client takes, and loses nothing', async () => {
  let sent = 0;
  const onRequest = (peer: FakePeer) => {
    if (isSmall(peer)) peer.send(answer(HEAD));
    else void sendMuch(peer, (bytes) => (sent = bytes));
  };
  await faking(onRequest, ({ path }) =>
    listening(createGateway(path), async (gateway) => {
      const res = await fetchHead(gateway);
      const stopped = standstill(gateway, () => sent);
      expect(await within('a standstill', stopped)).toBeLessThan(BUFFERS);
      let received = 0;
      for await (const chunk of res) received += (chunk as Buffer).length;
      expect(received).toBe(TOTAL);
    }),
  );
});

test.each([
  ['a length', { 'Content-Length': TOTAL }],
  ['no length', { 'Transfer-Encoding': 'chunked' }],
])('takes no more of a body of %s than the application reads', async (_, headers) => {
  let large: FakePeer | undefined;
  const onParams = (peer: FakePeer) => {
    if (isSmall(peer)) return void peer.send(answer(HEAD));
    large = peer;
    peer.socket.pause();
  };
  await faking(
    onParams,
    ({ path }) =>
      listening(createGateway(path, { maxBodySize: TOTAL }), async (gateway) => {
        let taken = 0;
        const body = new Readable({
          read() {
            this.push(taken < TOTAL ? Buffer.alloc(PART, 'b') : null);
            if (taken < TOTAL) taken += PART;
          },
        });
        const req = send(gateway, { method: 'POST', headers });
        body.pipe(req);
        const stopped = standstill(gateway, () => taken);
        expect(await within('a standstill', stopped)).toBeLessThan(BUFFERS);
        const ended = new Promise<void>((resolve) => {
          large?.socket.on('data', () => {
            const { type, content } = large?.records.at(-1) ?? {};
            if (type === STDIN && content?.length === 0) resolve();
          });
        });
        large?.socket.resume();
        await within('the end of STDIN', ended);
        expect(large?.stdin.length).toBe(TOTAL);
        const response = once(req, 'response');
        large?.send(answer(`${HEAD}hello`));
        const [res] = await within('the head', response);
        expect(await text(res)).toBe('hello');
      }),
    { at: PARAMS },
  );
});
