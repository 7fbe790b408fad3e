import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cgiIn } from '../../src/program/cgi-script.ts';
import { serveIn } from '../../src/program/serve.ts';
import { Server } from '../../src/server/server.ts';
import { within } from '../support/deadline.ts';
import { FakeProcess } from './serve-host.ts';

/** As if the tests had been started with a socket; what listens on it is told by each test. */
jest.mock('../../src/server/inherited-socket.ts', () => ({ inheritedSocket: () => 0 }));

let host: FakeProcess;
let folder: string;

beforeEach(() => {
  host = new FakeProcess();
  folder = mkdtempSync(join(tmpdir(), 'fcgi-inherited-'));
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** Lets the file descriptor listen. */
function listenOnPath(): void {
  jest.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, target) {
    expect(target).toEqual({ fd: 0 });
    return net.Server.prototype.listen.call(this, join(folder, 'app.sock')) as Server;
  });
}

/** Lets listen(2) fail, as Node tells it: a tick later. */
function refuseToListen(): void {
  jest.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server) {
    process.nextTick(() => this.emit('error', new Error('listen EINVAL')));
    return this;
  });
}

test('a listening socket makes the mode FastCGI, and is told', async () => {
  listenOnPath();
  const { mode, server } = serveIn(host.asProcess(), () => {}, {});
  await within('the line', once(host.stderr, 'readable'));
  expect([mode, host.told()]).toEqual([
    'fastcgi',
    `fcgi: FastCGI on ${join(folder, 'app.sock')}\n`,
  ]);
  await within('close', new Promise((done) => server.close(done)));
});

test('a script takes a listening socket, whatever path it has', async () => {
  listenOnPath();
  const { process } = { process: host.asProcess() };
  const global = { process, console };
  const { mode, server } = cgiIn({ process, global }, () => {}, { path: '/nowhere' });
  expect([mode, server.listening]).toEqual(['fastcgi', true]);
  await within('close', new Promise((done) => server.close(done)));
});

test('a socket that is a connection leaves the mode to GATEWAY_INTERFACE', async () => {
  refuseToListen();
  Object.assign(host.env, { GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET' });
  const { mode } = serveIn(host.asProcess(), (_req, res) => res.end(), { drainTimeout: 1 });
  expect(mode).toBe('cgi');
  expect(await host.exited.wait('exit')).toBe(0);
  expect(host.told()).toBe('');
});

test('a socket that is a connection is no error of a server that listens elsewhere', async () => {
  refuseToListen();
  const { listen } = Server.prototype;
  const refused = jest.mocked(listen).getMockImplementation() as () => Server;
  jest.mocked(listen).mockImplementation(function (this: Server, target: unknown) {
    if ((target as { fd?: number }).fd === 0) return refused.call(this);
    return net.Server.prototype.listen.call(this, join(folder, 'own.sock')) as Server;
  } as never);
  const global = { process: host.asProcess(), console };
  const { server } = cgiIn({ process: host.asProcess(), global }, () => {}, { path: 'own.sock' });
  // Rejects with the first 'error'.
  await within('listening', once(server, 'listening'));
  await new Promise((done) => setImmediate(done));
  expect(host.told()).toBe(`fcgi: FastCGI on ${join(folder, 'own.sock')}\n`);
  const later = once(server, 'error');
  process.nextTick(() => server.emit('error', new Error('a later one')));
  expect(await within('a later error', later)).toMatchObject([{ message: 'a later one' }]);
  await within('close', new Promise((done) => server.close(done)));
});
