import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Relay } from '../../src/cli/watch/relay.ts';
import { within } from '../support/deadline.ts';

let folder: string;
let outer: string;
let inner: string;
let relay: Relay;
let application: net.Server;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-relay-'));
  outer = join(folder, 'outer.sock');
  inner = join(folder, 'inner.sock');
  relay = new Relay(inner, undefined);
  relay.start({ path: outer });
  await within('the relay', once(relay, 'listening'));
  // Answers when it has read all.
  application = net.createServer({ allowHalfOpen: true }, (socket) => {
    let read = '';
    socket.on('data', (chunk) => {
      read += chunk;
    });
    socket.once('end', () => socket.end(`read ${read}`));
  });
});

afterEach(async () => {
  relay.closeAllConnections();
  await within('the end of the relay', new Promise((done) => relay.close(done)));
  application.close();
  rmSync(folder, { recursive: true, force: true });
});

function connect(): net.Socket {
  return net.connect({ path: outer, allowHalfOpen: true });
}

test('passes bytes on both ways, and each end by itself', async () => {
  application.listen(inner);
  relay.setReady(true);
  expect(await within('the answer', text(connect().end('all')))).toBe('read all');
});

test('lets a connection wait until the application is ready', async () => {
  const answer = text(connect().end('early'));
  application.listen(inner);
  await once(application, 'listening');
  relay.setReady(true);
  expect(await within('the answer', answer)).toBe('read early');
});

test('tries again when the application has just gone', async () => {
  relay.setReady(true);
  const socket = connect().end('again');
  const answer = text(socket);
  await once(relay, 'connection');
  application.listen(inner);
  expect(await within('the answer', answer)).toBe('read again');
});

test('closes the connection of a web server when the application closes it', async () => {
  const closing = net.createServer((socket) => socket.destroy()).listen(inner);
  relay.setReady(true);
  const socket = connect();
  socket.on('error', () => {});
  socket.resume();
  await within('the end of the connection', once(socket, 'end'));
  socket.destroy();
  closing.close();
});
