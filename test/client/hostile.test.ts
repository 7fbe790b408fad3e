import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { Client, getValues, request } from '../../src/client/index.ts';
import { FcgiError } from '../../src/errors.ts';
import { within } from '../support/deadline.ts';
import { answer, type FakePeer, faking } from '../support/fake-application.ts';
import { record, STDERR, STDOUT } from '../support/wire.ts';

const GIB = 2 ** 30;
/** Far above what all buffers on the way hold, far below a GiB. */
const BUFFERS = 8 * 1024 * 1024;

/** Sends records of STDOUT until there was a GiB of them, or nobody takes more. Resolves with the bytes. */
async function flood(peer: FakePeer, content: string): Promise<number> {
  const bytes = record(STDOUT, 1, content);
  let sent = 0;
  while (sent < GIB && !peer.socket.destroyed) {
    sent += bytes.length;
    if (!peer.socket.write(bytes)) {
      await Promise.race([once(peer.socket, 'drain').catch(() => {}), peer.closed]);
    }
  }
  return sent;
}

describe('a gibibyte of headers ends with ERR_FCGI_RESPONSE_HEAD, long before it has come:', () => {
  test.each([
    ['one that does not end', 'X-Long: '.repeat(8000)],
    ['many short ones', 'X-A: 1\r\n'.repeat(8000)],
    ['bytes without a line', '\0'.repeat(60_000)],
  ])('%s', (_, content) => {
    let flooded: Promise<number> | undefined;
    const onRequest = (peer: FakePeer) => {
      flooded = flood(peer, content);
    };
    return faking(onRequest, async ({ path, peers }) => {
      const failed = within('the failure', request(path, { url: '/' }));
      await expect(failed).rejects.toMatchObject({
        code: 'ERR_FCGI_RESPONSE_HEAD',
        limit: 65_536,
        message: expect.stringContaining(path),
      });
      await within('close', peers[0]?.closed ?? Promise.reject());
      expect(await within('the end of the flood', flooded ?? Promise.reject())).toBeLessThan(
        BUFFERS,
      );
    });
  });
});

test.each<[string, (target: net.Server) => Promise<unknown>]>([
  ['request()', (target) => request(target, { url: '/' })],
  ['getValues()', (target) => getValues(target)],
])('%s says of an HTTP server that it speaks HTTP', async (_, ask) => {
  const server = http.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  try {
    await expect(within('the failure', ask(server))).rejects.toMatchObject({
      code: 'ERR_FCGI_VERSION',
      message: `127.0.0.1:${port}: It speaks HTTP, not FastCGI`,
    });
  } finally {
    server.close();
  }
});

test('whatever comes, a request ends with an answer or an error with a code that names the target', async () => {
  let bytes = Buffer.alloc(0);
  await faking(
    (peer) => void peer.socket.end(bytes),
    async ({ path }) => {
      const piece = fc.oneof(
        fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
        fc
          .tuple(
            fc.integer({ min: 0, max: 12 }),
            fc.integer({ min: 0, max: 2 }),
            fc.string({ maxLength: 20 }),
          )
          .map(([type, id, content]) => record(type, id, content)),
        fc.constantFrom(
          answer('Status: 200\n\n'),
          record(STDOUT, 1, 'X: 1\n\n'),
          record(STDERR, 1),
        ),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
          bytes = Buffer.concat(pieces);
          const whole = request(path, { url: '/' }).then(({ body }) => text(body));
          const error = await within(
            'the end',
            whole.catch((reason) => reason),
          );
          if (typeof error === 'string') return;
          expect(error).toBeInstanceOf(FcgiError);
          expect(error.code).toMatch(/^ERR_FCGI_/);
          expect(error.message).toContain(path);
        }),
        { numRuns: 300 },
      );
    },
  );
});

/** A process that listens and accepts nobody, on a queue that is full. */
async function deaf(use: (port: number) => Promise<void>): Promise<void> {
  const program = `
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, String(server.address().port));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [printed] = await within('the port', once(child.stdout, 'data'));
  const port = Number(printed);
  const queue = Array.from({ length: 8 }, () => net.connect(port, '127.0.0.1'));
  try {
    for (const socket of queue) socket.on('error', () => {});
    await within(
      'a place in the queue',
      Promise.race(queue.map((socket) => once(socket, 'connect'))),
    );
    await use(port);
  } finally {
    for (const socket of queue) socket.destroy();
    child.kill('SIGKILL');
    await exited;
  }
}

// Elsewhere a connection is made, or refused, when the queue is full.
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('a target that neither accepts nor refuses (needs the queues of Linux)', () => {
  test('fails with ERR_FCGI_CONNECT after the timeout', () =>
    deaf(async (port) => {
      await using client = new Client({ host: '127.0.0.1', port });
      await expect(client.request({ url: '/', timeout: 100 })).rejects.toMatchObject({
        code: 'ERR_FCGI_CONNECT',
        limit: 100,
        message: `Cannot connect to 127.0.0.1:${port}: no answer within 100 ms`,
      });
    }));

  test('leaves a request that its signal aborts, and its place in the pool', () =>
    deaf(async (port) => {
      await using client = new Client({ host: '127.0.0.1', port }, { maxConnections: 1 });
      const controller = new AbortController();
      const first = client.request({ url: '/', signal: controller.signal });
      // It connects by then, and goes on doing so.
      await new Promise((resolve) => setImmediate(resolve));
      const second = client.request({ url: '/', timeout: 100 });
      controller.abort(new Error('enough'));
      await expect(within('the abort', first)).rejects.toThrow('enough');
      await expect(within('the failure', second)).rejects.toMatchObject({
        code: 'ERR_FCGI_CONNECT',
      });
    }));

  test('leaves close()', () =>
    deaf(async (port) => {
      const client = new Client({ host: '127.0.0.1', port });
      const refused = expect(client.request({ url: '/' })).rejects.toMatchObject({
        code: 'ERR_FCGI_CLIENT_CLOSED',
      });
      await new Promise((resolve) => setImmediate(resolve));
      await within('close', client.close());
      await refused;
    }));
});
