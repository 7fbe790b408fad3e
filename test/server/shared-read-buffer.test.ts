import { once } from 'node:events';
import net from 'node:net';
import { readIntoSharedBuffer } from '../../src/server/shared-read-buffer.ts';
import { within } from '../support/deadline.ts';

/** What a reader of the server's end of a connection gets, until the connection ends. */
async function received(
  chunks: readonly string[],
  prepare: (socket: net.Socket) => void = () => {},
) {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await within('listening', once(server, 'listening'));
  const { port } = server.address() as net.AddressInfo;
  const client = net.connect(port, '127.0.0.1');
  const [socket] = (await within('a connection', once(server, 'connection'))) as [net.Socket];
  prepare(socket);
  const views: Buffer[] = [];
  let text = '';
  readIntoSharedBuffer(socket, (chunk) => {
    views.push(chunk);
    text += chunk;
  });
  const ended = once(socket, 'end');
  for (const chunk of chunks) client.write(chunk);
  client.end();
  await within('the end', ended);
  socket.destroy();
  server.close();
  return { text, memory: new Set(views.map(({ buffer }) => buffer)), views };
}

const parts = ['a', 'b'.repeat(200_000), 'c'];

test('what comes is passed on, read after read, in one buffer', async () => {
  const first = await received(parts);
  const second = await received(['d']);
  expect([first.text, second.text]).toEqual([parts.join(''), 'd']);
  expect(first.views.length).toBeGreaterThan(1);
  expect(new Set([...first.memory, ...second.memory]).size).toBe(1);
});

test('a socket whose handle knows no buffers is read as Node reads it', async () => {
  const { text, memory } = await received(parts, (socket) => {
    Object.assign(Object(Reflect.get(socket, '_handle')), { useUserBuffer: undefined });
  });
  expect(text).toBe(parts.join(''));
  expect(memory.size).toBeGreaterThan(1);
});

test('nothing comes while the socket is paused', async () => {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await within('listening', once(server, 'listening'));
  const { port } = server.address() as net.AddressInfo;
  const client = net.connect(port, '127.0.0.1');
  const [socket] = (await within('a connection', once(server, 'connection'))) as [net.Socket];
  let length = 0;
  const some = new Promise<void>((resolve) => {
    readIntoSharedBuffer(socket, (chunk) => {
      length += chunk.length;
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
  server.close();
});
