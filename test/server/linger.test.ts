import { once } from 'node:events';
import { createServer as createNetServer, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { createServer } from '../../src/index.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import { request } from '../support/wire.ts';

/** As a socket with TLS: more than a descriptor of the system. */
class OwnSocket extends Socket {}

/** Has a socket serve one request that leaves no connection; all that its other end gets. */
async function serveOver(socket: Socket): Promise<Buffer> {
  const webServer = createNetServer().listen(0, '127.0.0.1');
  try {
    await within('listening', once(webServer, 'listening'));
    const accepted = once(webServer, 'connection');
    const { port, address } = webServer.address() as { port: number; address: string };
    socket.connect(port, address);
    const [peer] = (await within('the connection', accepted)) as [Socket];
    createServer((_req, res) => res.end('served')).emit('connection', socket);
    peer.write(request({ flags: 0 }));
    // It rejects unless the end of the stream comes before that of the connection.
    return await within('the end', buffer(peer));
  } finally {
    socket.destroy();
    webServer.close();
  }
}

test.each([
  ['of the system is closed at once', new Socket(), false],
  ['of another class is shut down first', new OwnSocket(), true],
])(
  'a socket %s when all was sent, and its other end gets all of it',
  async (_, socket, shutDown) => {
    const closed = once(socket, 'close');
    expect((await serveOver(socket)).toString('latin1')).toContain('served');
    await within('close', closed);
    expect(socket.writableFinished).toBe(shutDown);
  },
);

test('a response of which the system takes a part is sent to its end', async () => {
  const body = Buffer.alloc(8 * 1024 * 1024, 'x');
  await serving(
    (_req, res) => res.end(body),
    async ({ connect }) => {
      const peer = await connect();
      peer.socket.pause();
      peer.send(request({ flags: 0 }));
      await wait(50);
      peer.socket.resume();
      expect((await peer.answer()).body).toHaveLength(body.length);
      await peer.closed();
    },
  );
});

test('what was written calls back before its connection closes', async () => {
  const calls: string[] = [];
  const gone = new Deferred<void>();
  await serving(
    (req, res) => {
      res.write('a', (error) => calls.push(`write ${error ?? 'sent'}`));
      res.end('b', () => calls.push('end'));
      req.on('close', () => calls.push('close'));
    },
    async ({ connect, server }) => {
      server.on('connection', (socket: Socket) => socket.on('close', () => gone.resolve()));
      const peer = await connect();
      peer.send(request({ flags: 0 }));
      await peer.closed();
      await gone.wait('the end of the connection');
    },
  );
  expect(calls).toEqual(['write sent', 'end', 'close']);
});
