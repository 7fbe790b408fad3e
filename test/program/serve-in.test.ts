import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveIn } from '../../src/program/serve.ts';
import { within } from '../support/deadline.ts';
import { FakeProcess, textIn } from './serve-host.ts';

const hello: http.RequestListener = (_req, res) => void res.end('hello');

let host: FakeProcess;
let folder: string;

beforeEach(() => {
  host = new FakeProcess();
  folder = mkdtempSync(join(tmpdir(), 'fcgi-serve-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function get(server: http.Server): Promise<string> {
  const { port } = server.address() as net.AddressInfo;
  const req = http.get({ port, host: '127.0.0.1', agent: new http.Agent({ keepAlive: true }) });
  const [res] = await within('the response', once(req, 'response'));
  const [body] = await within('the body', once(res, 'data'));
  return String(body);
}

async function httpServer(options: Parameters<typeof serveIn>[2] = {}): Promise<http.Server> {
  const served = serveIn(host.asProcess(), hello, { port: 0, hostname: '127.0.0.1', ...options });
  expect(served.mode).toBe('http');
  await within('listening', once(served.server, 'listening'));
  return served.server as http.Server;
}

test('without a socket or CGI it is an HTTP server, with the options that it knows', async () => {
  const server = await httpServer({ keepAliveTimeout: 7, maxConnections: 9 });
  expect([server.keepAliveTimeout, server.maxConnections]).toEqual([7, 9]);
  expect(await get(server)).toBe('hello');
  const { port } = server.address() as net.AddressInfo;
  expect(host.told()).toBe(`fcgi: HTTP on 127.0.0.1:${port}\n`);
  host.emit('SIGTERM', 'SIGTERM');
  host.emit('SIGTERM', 'SIGTERM');
  await within('close', once(server, 'close'));
  expect(host.told()).toBe('fcgi: SIGTERM: finishing what runs, within 10000 ms\n');
});

test('an IPv6 address is told in brackets', async () => {
  const probe = net.createServer().listen(0, '::1');
  const available = await new Promise((resolve) => {
    probe.once('listening', () => resolve(true)).once('error', () => resolve(false));
  });
  probe.close();
  if (!available) return;
  const server = await httpServer({ hostname: '::1' });
  expect(host.told()).toMatch(/on \[::1\]:\d+\n$/);
  server.close();
});

test('PORT is the default, and may be a path', async () => {
  const path = join(folder, 'http.sock');
  host.env.PORT = path;
  const { server } = serveIn(host.asProcess(), hello, { log: false });
  await within('listening', once(server as http.Server, 'listening'));
  expect(server.address()).toBe(path);
  expect(host.told()).toBe('');
  server.close();
});

test('a second SIGINT exits at once, and the end of drainTimeout does when requests still run', async () => {
  const server = await httpServer({ drainTimeout: 20 });
  server.removeAllListeners('request');
  const { port } = server.address() as net.AddressInfo;
  const client = net.connect(port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await within('the request', once(server, 'request'));
  host.emit('SIGINT', 'SIGINT');
  expect(await host.exited.wait('exit')).toBe(0);
  host.exit = (code) => void host.emit('exited', code);
  const again = once(host, 'exited');
  host.emit('SIGINT', 'SIGINT');
  expect(await within('exit', again)).toEqual([130]);
  client.destroy();
});

test('a drainTimeout of Infinity waits for ever', async () => {
  const server = await httpServer({ drainTimeout: Number.POSITIVE_INFINITY });
  host.emit('SIGHUP', 'SIGHUP');
  await within('close', once(server, 'close'));
  expect(host.told()).toContain('SIGHUP');
});

test('a server that the application closes leaves signals alone', async () => {
  const server = await httpServer();
  expect(host.listenerCount('SIGTERM')).toBe(1);
  await within('close', new Promise((done) => server.close(done)));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) expect(host.listenerCount(signal)).toBe(0);
});

test('what keeps it from listening is told in a line, with exit code 1', async () => {
  serveIn(host.asProcess(), hello, { port: 70_000 });
  expect(await host.exited.wait('exit')).toBe(1);
  expect(host.told()).toMatch(/^fcgi: .*70000.*\n$/);
});

test('a later error is told, and ends nothing; with a listener it is that one’s', async () => {
  const server = await httpServer();
  host.told();
  server.emit('error', new Error('EMFILE'));
  expect(host.told()).toBe('fcgi: EMFILE\n');
  server.on('error', () => {});
  server.emit('error', new Error('EMFILE'));
  expect(host.told()).toBe('');
  server.close();
});

test.each([
  [{ drainTimeout: '1' as never }, 'ERR_INVALID_ARG_TYPE'],
  [{ drainTimeout: -1 }, 'ERR_OUT_OF_RANGE'],
  [{ drainTimeout: Number.NaN }, 'ERR_OUT_OF_RANGE'],
  [{ log: 'yes' as never }, 'ERR_INVALID_ARG_TYPE'],
  [{ restartFile: 1 as never }, 'ERR_INVALID_ARG_TYPE'],
])('the options %j are refused with %s', (options, code) => {
  expect(() => serveIn(host.asProcess(), hello, options)).toThrow(
    expect.objectContaining({ code }),
  );
});

test('CGI answers on standard output, and keeps the exit code', async () => {
  Object.assign(host.env, { GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET', HTTP_PROXY: 'x' });
  const lines: string[] = [];
  const { mode } = serveIn(
    host.asProcess(),
    (req, res) => {
      if (req.fastcgi) req.fastcgi.appStatus = 4;
      host.stdout.write('logged');
      res.end('hello');
    },
    { drainTimeout: 1, log: (line) => lines.push(line) },
  );
  expect(await host.exited.wait('exit')).toBe(4);
  expect([mode, lines, host.env.HTTP_PROXY]).toEqual([
    'cgi',
    ['fcgi: CGI, one request'],
    undefined,
  ]);
  expect(textIn(host.stdout)).toMatch(/^Status: 200 OK\r\n(.+\r\n)+\r\nhello$/);
  expect(host.told()).toBe('logged');
});

test('an uncaught error under CGI gets status 500 and exit code 1', async () => {
  Object.assign(host.env, { GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET' });
  serveIn(host.asProcess(), () => {}, {});
  const others = () => {};
  host.on('uncaughtException', others);
  host.emit('uncaughtException', new Error('for others'));
  host.off('uncaughtException', others);
  host.emit('uncaughtException', new Error('broken'));
  expect(await host.exited.wait('exit')).toBe(1);
  expect(textIn(host.stdout)).toMatch(/^Status: 500 /);
  expect(host.told()).toMatch(/^Error: broken/);
});
