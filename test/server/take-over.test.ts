import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from '../../src/index.ts';
import { within } from '../support/deadline.ts';
import { WebServer } from '../support/web-server.ts';
import { request } from '../support/wire.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-take-over-'));
  path = join(folder, 'app.sock');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const answering = (text: string) => createServer((_req, res) => res.end(text));
const listening = (server: Server) => within('listening', once(server, 'listening'));
const close = (server: Server) => within('close', new Promise((done) => server.close(done)));

const failure = async (server: Server) => {
  const [error] = await within('an error', once(server, 'error'));
  return error as NodeJS.ErrnoException & { address?: string };
};

async function ask(): Promise<string> {
  const peer = await WebServer.connectTo({ path });
  try {
    return (await peer.exchange(request())).body.toString();
  } finally {
    peer.close();
  }
}

test('listen({ takeOver }) takes the path from the server that listens there', async () => {
  const first = answering('first').listen(path);
  await listening(first);
  const kept = await WebServer.connectTo({ path });
  const second = answering('second').listen({ path, takeOver: true });
  await listening(second);
  try {
    expect(await ask()).toBe('second');
    // Its connections are still the first one's.
    expect((await kept.exchange(request())).body.toString()).toBe('first');
    kept.close();
    await close(first);
    expect(await ask()).toBe('second');
    expect(second.address()).toBe(path);
  } finally {
    await close(second);
  }
  expect(readdirSync(folder)).toEqual([]);
});

test('listen({ takeOver }) on a path where nobody listens listens there', async () => {
  const server = answering('alone').listen({ path, takeOver: true });
  await listening(server);
  expect(await ask()).toBe('alone');
  await close(server);
  expect(readdirSync(folder)).toEqual([]);
});

test('listen({ takeOver }) replaces nothing but a socket', async () => {
  writeFileSync(path, 'precious');
  const error = await failure(answering('').listen({ path, takeOver: true }));
  expect(error.code).toBe('ERR_FCGI_NOT_A_SOCKET');
  expect(readFileSync(path, 'utf8')).toBe('precious');
  expect(readdirSync(folder)).toEqual(['app.sock']);
});

test('a folder with the name of the path is left as it is', async () => {
  const server = answering('');
  const failed = failure(server);
  mkdirSync(path);
  server.listen({ path, takeOver: true });
  expect((await failed).code).toBe('ERR_FCGI_NOT_A_SOCKET');
});

test('the error of a path that cannot be used names that path', async () => {
  path = join(folder, 'missing', 'app.sock');
  const { code, message, address, stack } = await failure(answering('').listen(path));
  expect(code).toMatch(/^(EACCES|ENOENT)$/);
  expect([message.includes(path), address, stack?.includes(path)]).toEqual([true, path, true]);
});

test('of two servers that begin to listen on one path at once one does, the other gets EADDRINUSE', async () => {
  const servers = [answering('one'), answering('other')];
  const outcomes = servers.map(
    (server) =>
      new Promise((resolve) => {
        server.once('listening', () => resolve('listening'));
        server.once('error', (error) => resolve((error as NodeJS.ErrnoException).code));
      }),
  );
  for (const server of servers) server.listen(path);
  expect(await within('both', Promise.all(outcomes))).toEqual(['listening', 'EADDRINUSE']);
  expect(await ask()).toBe('one');
  await close(servers[0] as Server);
});

test('a path that is too long for another name beside it is listened on all the same', async () => {
  const deep = join(folder, 'x'.repeat(100 - Buffer.byteLength(folder)));
  mkdirSync(deep);
  path = join(deep, 's');
  const server = answering('long').listen({ path, mode: 0o600 });
  await listening(server);
  expect(await ask()).toBe('long');
  await close(server);
  expect(existsSync(path)).toBe(false);
});

test('close() serves those who have connected before, and lets no others connect', async () => {
  const server = answering('accepted').listen(path);
  await listening(server);
  // They connect within this turn: the server has accepted none of them.
  const peers = Array.from({ length: 20 }, () => WebServer.connectTo({ path }));
  const closed = close(server);
  expect([existsSync(path), server.listening]).toEqual([false, false]);
  const late = failureToConnect();
  for (const peer of await Promise.all(peers)) {
    expect((await peer.exchange(request({ flags: 0 }))).body.toString()).toBe('accepted');
  }
  expect(await late).toBe('ENOENT');
  await closed;
});

async function failureToConnect(): Promise<string> {
  const socket = net.connect(path);
  const [error] = await within('the failure', once(socket, 'error'));
  return error.code;
}

test('a second close() tells that the server does not run', async () => {
  const server = answering('').listen(path);
  await listening(server);
  const outcomes = await within(
    'both',
    Promise.all([0, 1].map(() => new Promise<Error | undefined>((done) => server.close(done)))),
  );
  expect(outcomes.map((error) => (error as NodeJS.ErrnoException)?.code)).toEqual([
    undefined,
    'ERR_SERVER_NOT_RUNNING',
  ]);
});

test('listens on its path again right after close()', async () => {
  const server = answering('again').listen(path);
  await listening(server);
  server.close();
  server.listen(path);
  await listening(server);
  expect(await ask()).toBe('again');
  await close(server);
  expect(readdirSync(folder)).toEqual([]);
});
