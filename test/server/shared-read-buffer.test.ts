import { once } from 'node:events';
import net from 'node:net';
import { readIntoSharedBuffer } from '../../src/server/shared-read-buffer.ts';
import { within } from '../support/deadline.ts';

/** The two ends of a connection over loopback, for as long as `use` runs. */
async function connected<Result>(
  use: (client: net.Socket, socket: net.Socket) => Promise<Result>,
): Promise<Result> {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await within('listening', once(server, 'listening'));
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  try {
    const [socket] = (await within('a connection', once(server, 'connection'))) as [net.Socket];
    return await use(client, socket);
  } finally {
    client.destroy();
    server.close();
  }
}

/** What is read at one end when the chunks are written at the other. */
function received(chunks: readonly string[], prepare: (socket: net.Socket) => void = () => {}) {
  return connected(async (client, socket) => {
    prepare(socket);
    const views: Buffer[] = [];
    let text = '';
    readIntoSharedBuffer(socket, (chunk, length) => {
      views.push(chunk);
      text += chunk.toString('latin1', 0, length);
    });
    const ended = once(socket, 'end');
    for (const chunk of chunks) client.write(chunk);
    client.end();
    await within('the end', ended);
    socket.destroy();
    return { text, reads: views.length, memory: new Set(views.map(({ buffer }) => buffer)) };
  });
}

const parts = ['a', 'b'.repeat(200_000), 'c'];

test('what comes is passed on, read after read, in one buffer', async () => {
  const first = await received(parts);
  const second = await received(['d']);
  expect([first.text, second.text]).toEqual([parts.join(''), 'd']);
  expect(first.reads).toBeGreaterThan(1);
  expect(new Set([...first.memory, ...second.memory]).size).toBe(1);
});

test('a socket whose handle knows no buffers is read as Node reads it', async () => {
  const { text, memory } = await received(parts, (socket) => {
    Object.assign(Object(Reflect.get(socket, '_handle')), { useUserBuffer: undefined });
  });
  expect(text).toBe(parts.join(''));
  expect(memory.size).toBeGreaterThan(1);
});

test('nothing comes while the socket is paused', () =>
  connected(async (client, socket) => {
    let length = 0;
    const some = new Promise<void>((resolve) => {
      readIntoSharedBuffer(socket, (_chunk, bytes) => {
        length += bytes;
        socket.pause();
        resolve();
      });
    });
    const size = 8 * 1024 * 1024;
    client.end(Buffer.alloc(size));
    await within('a chunk', some);
    const paused = length;
    for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
    expect([length, paused <= 64 * 1024]).toEqual([paused, true]);
    socket.on('pause', () => process.nextTick(() => socket.resume()));
    socket.resume();
    await within('the end', once(socket, 'end'));
    expect(length).toBe(size);
    socket.destroy();
  }));
