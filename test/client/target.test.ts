import { once } from 'node:events';
import net from 'node:net';
import { addressName, parseTarget, type Target } from '../../src/client/target.ts';
import { faking } from '../support/fake-application.ts';

test.each<[Target, object, string]>([
  ['/run/app.sock', { path: '/run/app.sock' }, 'unix:/run/app.sock'],
  ['./fcgi.sock', { path: './fcgi.sock' }, 'unix:./fcgi.sock'],
  ['fcgi.sock', { path: 'fcgi.sock' }, 'unix:fcgi.sock'],
  ['/run/app:9000', { path: '/run/app:9000' }, 'unix:/run/app:9000'],
  ['unix:/run/app.sock', { path: '/run/app.sock' }, 'unix:/run/app.sock'],
  ['unix:app', { path: 'app' }, 'unix:app'],
  ['\\\\.\\pipe\\app', { path: '\\\\.\\pipe\\app' }, 'unix:\\\\.\\pipe\\app'],
  ['127.0.0.1:9000', { host: '127.0.0.1', port: 9000 }, '127.0.0.1:9000'],
  ['app.example:1', { host: 'app.example', port: 1 }, 'app.example:1'],
  ['[::1]:65535', { host: '::1', port: 65535 }, '[::1]:65535'],
  [':9000', { host: 'localhost', port: 9000 }, 'localhost:9000'],
  [{ path: '/run/app' }, { path: '/run/app' }, 'unix:/run/app'],
  [{ host: 'a', port: 9000 }, { host: 'a', port: 9000 }, 'a:9000'],
  [{ port: 9000 }, { host: 'localhost', port: 9000 }, 'localhost:9000'],
])('takes %j', (target, address, name) => {
  expect(parseTarget(target)).toEqual(address);
  expect(addressName(parseTarget(target))).toBe(name);
});

test.each([
  '',
  'unix:',
  'localhost',
  '9000',
  'localhost:',
  'localhost:0',
  'localhost:65536',
  'localhost:http',
  '::1:9000',
  'http://localhost:9000',
  'tcp://localhost:9000',
  '/run/a\0b',
  9000,
  null,
  undefined,
  true,
  {},
  { path: '' },
  { path: 1 },
  { port: '9000' },
  { port: 1.5 },
  { host: 1, port: 9000 },
])('refuses %j with a TypeError that names it', (target) => {
  const name = typeof target === 'string' ? target.replace('\0', '') : String(target);
  expect(() => parseTarget(target as Target)).toThrow(TypeError);
  if (typeof target !== 'object' && !name.includes('/run')) {
    expect(() => parseTarget(target as Target)).toThrow(name);
  }
});

test('takes a server that listens on a Unix socket', () =>
  faking(
    () => {},
    async ({ server, path }) => expect(parseTarget(server)).toEqual({ path }),
  ));

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1'],
])('takes a server that listens on %s as %s', async (host, reachable) => {
  const server = net.createServer().listen(0, host);
  try {
    await once(server, 'listening');
    expect(parseTarget(server)).toEqual({
      host: reachable,
      port: (server.address() as net.AddressInfo).port,
    });
  } finally {
    server.close();
  }
});

test('refuses a server that does not listen', () => {
  expect(() => parseTarget(net.createServer())).toThrow(TypeError);
  expect(() => parseTarget(net.createServer())).toThrow('not listening');
});
