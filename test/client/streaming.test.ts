import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Client } from '../../src/client/index.ts';
import { within } from '../support/deadline.ts';
import { answer, endRequest, type FakePeer, faking } from '../support/fake-application.ts';
import { PARAMS, record, STDIN, STDOUT } from '../support/wire.ts';

const HEAD = 'Content-Type: text/plain\n\n';
const PART = 32 * 1024;
const TOTAL = 64 * 1024 * 1024;
/** Far above what all buffers on the way hold, far below the whole. */
const BUFFERS = 4 * 1024 * 1024;

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

/** The number once it has stayed the same while the client did other work. */
async function standstill(client: Client, count: () => number): Promise<number> {
  for (let last = -1; last !== count(); ) {
    last = count();
    for (let turn = 0; turn < 20; turn++) {
      const { body } = await client.request({ params: { SMALL: '1' } });
      await text(body);
    }
  }
  return count();
}

test('stops reading while nobody reads the body, and loses nothing', async () => {
  let sent = 0;
  const onRequest = (peer: FakePeer) => {
    if (peer.params.SMALL) peer.send(answer(HEAD));
    else void sendMuch(peer, (bytes) => (sent = bytes));
  };
  await faking(onRequest, async ({ path }) => {
    await using client = new Client(path);
    const { body, completed } = await client.request({ params: {} });
    expect(
      await within(
        'a standstill',
        standstill(client, () => sent),
      ),
    ).toBeLessThan(BUFFERS);
    let received = 0;
    let mostHeld = 0;
    for await (const chunk of body) {
      received += (chunk as Buffer).length;
      mostHeld = Math.max(mostHeld, body.readableLength);
    }
    expect(received).toBe(TOTAL);
    expect(mostHeld).toBeLessThan(BUFFERS);
    expect(await completed).toEqual({ appStatus: 0, protocolStatus: 0 });
  });
});

test('stops taking from the request body while the application does not read', async () => {
  let large: FakePeer | undefined;
  const onParams = (peer: FakePeer) => {
    if (peer.params.SMALL) return void peer.send(answer(HEAD));
    large = peer;
    peer.socket.pause();
  };
  await faking(
    onParams,
    async ({ path }) => {
      await using client = new Client(path);
      let taken = 0;
      const body = new Readable({
        read() {
          this.push(taken < TOTAL ? Buffer.alloc(PART, 'b') : null);
          if (taken < TOTAL) taken += PART;
        },
      });
      const response = client.request({ params: {}, body });
      expect(
        await within(
          'a standstill',
          standstill(client, () => taken),
        ),
      ).toBeLessThan(BUFFERS);
      const ended = new Promise<void>((resolve) => {
        large?.socket.on('data', () => {
          const { type, content } = large?.records.at(-1) ?? {};
          if (type === STDIN && content?.length === 0) resolve();
        });
      });
      large?.socket.resume();
      await within('the end of STDIN', ended);
      expect(large?.stdin.length).toBe(TOTAL);
      large?.send(answer(`${HEAD}hello`));
      expect(await text((await response).body)).toBe('hello');
    },
    { at: PARAMS },
  );
});

test('an answer may end before the request body does: the rest is left in its stream', () =>
  faking(
    (peer) => void peer.send(answer(`${HEAD}hello`)),
    async ({ path, peers }) => {
      await using client = new Client(path);
      const body = new Readable({ read() {} });
      body.push('part');
      const response = await within('the head', client.request({ params: {}, body }));
      expect(await text(response.body)).toBe('hello');
      await within('close', peers[0]?.closed ?? Promise.reject());
      expect(body.destroyed).toBe(false);
    },
    { at: PARAMS },
  ));

describe('the connection is closed, so that the application sees the abort,', () => {
  const partly = (peer: FakePeer) => void peer.send(record(STDOUT, 1, `${HEAD}part`));

  test('when the signal aborts before the head', () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    return faking(
      () => controller.abort(reason),
      async ({ path, peers }) => {
        await using client = new Client(path);
        const { signal } = controller;
        await expect(within('abort', client.request({ params: {}, signal }))).rejects.toBe(reason);
        await within('close', peers[0]?.closed ?? Promise.reject());
      },
    );
  });

  test('when the signal aborts within the body', () =>
    faking(partly, async ({ path, peers }) => {
      await using client = new Client(path);
      const controller = new AbortController();
      const { signal } = controller;
      const { body } = await client.request({ params: {}, signal });
      const failed = text(body).catch((error) => error);
      controller.abort();
      expect(await within('abort', failed)).toBe(signal.reason);
      await within('close', peers[0]?.closed ?? Promise.reject());
    }));

  test('when the body is destroyed', () =>
    faking(partly, async ({ path, peers }) => {
      await using client = new Client(path);
      const { body, completed } = await client.request({ params: {} });
      body.destroy();
      await expect(completed).rejects.toMatchObject({ code: 'ERR_FCGI_CONNECTION_CLOSED' });
      await within('close', peers[0]?.closed ?? Promise.reject());
    }));

  test.each([
    ['fails', new Error('disk'), { message: 'disk' }],
    ['is destroyed', undefined, { code: 'ERR_STREAM_PREMATURE_CLOSE' }],
  ])('when the stream of the request body %s', (_, error, expected) => {
    const body = new Readable({ read() {} });
    return faking(
      () => body.destroy(error),
      async ({ path, peers }) => {
        await using client = new Client(path);
        await expect(within('failure', client.request({ params: {}, body }))).rejects.toMatchObject(
          expected,
        );
        await within('close', peers[0]?.closed ?? Promise.reject());
      },
      { at: PARAMS },
    );
  });
});

test('a signal that has aborted before does not let the request begin', () =>
  faking(
    () => {},
    async ({ path, peers }) => {
      await using client = new Client(path);
      const request = client.request({ params: {}, signal: AbortSignal.abort() });
      await expect(request).rejects.toMatchObject({ name: 'AbortError' });
      expect(peers).toHaveLength(0);
    },
  ));

test('a signal that aborts after the end of the request does nothing to it', () =>
  faking(
    (peer) => void peer.send(answer(`${HEAD}hello`)),
    async ({ path, peers }) => {
      await using client = new Client(path);
      const controller = new AbortController();
      const { body, completed } = await client.request({ params: {}, signal: controller.signal });
      await completed;
      controller.abort();
      expect(await text(body)).toBe('hello');
      expect(await text((await client.request({ params: {} })).body)).toBe('hello');
      expect(peers).toHaveLength(1);
    },
  ));
