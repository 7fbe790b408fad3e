import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { run } from '../../src/cli/run.ts';
import { serveWatched } from '../../src/cli/watch/watched.ts';
import { freePorts } from '../frontends/support/free-port.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { WebServer } from '../support/web-server.ts';
import { request } from '../support/wire.ts';
import { CommandProcess, hostOf } from './support/host.ts';

let folder: string;
let command: CommandProcess;
let told: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-here-'));
  path = join(folder, 'app.sock');
  mkdirSync(join(folder, 'www'));
  writeFileSync(join(folder, 'www/robots.txt'), 'a file');
  writeFileSync(
    join(folder, 'app.js'),
    "module.exports = (req, res) => res.end('hello ' + req.url);",
  );
  command = new CommandProcess();
  command.folder = folder;
  told = '';
  command.stderr.on('data', (chunk) => {
    told += chunk;
  });
});

afterEach(() => {
  // What it made for the time of the process.
  command.emit('exit');
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command that serves, and waits until it says what matches. */
async function start(args: readonly string[], pattern: RegExp): Promise<void> {
  expect(await run(args, hostOf(command))).toBeUndefined();
  await tells(pattern);
}

async function tells(pattern: RegExp): Promise<void> {
  const look = async () => {
    while (!pattern.test(told)) await pause(10);
  };
  await within(`${pattern} from the command`, look());
}

async function get(target: net.NetConnectOpts, url = '/x'): Promise<string> {
  const peer = await WebServer.connectTo(target);
  try {
    const answer = await peer.exchange(request({ flags: 0, variables: { REQUEST_URI: url } }));
    return answer.body.toString();
  } finally {
    peer.close();
  }
}

/** Waits until nobody listens on the socket. */
async function closed(target: net.NetConnectOpts): Promise<void> {
  const look = async () => {
    for (;;) {
      const socket = net.connect(target);
      const connected = await once(socket, 'connect').catch(() => undefined);
      socket.destroy();
      if (!connected) return;
      await pause(10);
    }
  };
  await within('the end of the server', look());
}

test('serve listens on a socket, and drains on SIGTERM', async () => {
  await start(['serve', 'app.js', '--listen', `unix:${path}`, '--mode', '600'], /FastCGI on/);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await get({ path })).toBe('hello /x');
  command.emit('SIGTERM', 'SIGTERM');
  await closed({ path });
  expect(told).toMatch(/SIGTERM: finishing what runs, within 10000 ms\n$/);
});

test('serve has the gateway in front, with the files of a folder, and drains both', async () => {
  const [port, fastcgi] = await freePorts(2);
  await start(
    ['serve', 'app', '--http', `:${port}`, '--listen', `127.0.0.1:${fastcgi}`, '--root', 'www'],
    /HTTP on [\s\S]*FastCGI on|FastCGI on [\s\S]*HTTP on/,
  );
  const text = async (url: string) => (await fetch(`http://127.0.0.1:${port}${url}`)).text();
  expect([await text('/robots.txt'), await text('/x')]).toEqual(['a file', 'hello /x']);
  expect(await get({ port: fastcgi as number, host: '127.0.0.1' })).toBe('hello /x');
  command.emit('SIGTERM', 'SIGTERM');
  for (const one of [port, fastcgi]) await closed({ port: one as number, host: '127.0.0.1' });
});

test('serve alone with the gateway keeps FastCGI to itself', async () => {
  const [port] = await freePorts(1);
  await start(['serve', 'app.js', '--http', String(port)], /HTTP on/);
  expect(await (await fetch(`http://127.0.0.1:${port}/y`)).text()).toBe('hello /y');
  command.emit('SIGTERM', 'SIGTERM');
  await closed({ port: port as number, host: '127.0.0.1' });
  expect(told).not.toContain('FastCGI on');
});

test('serve answers the request that it was started for as a CGI program', async () => {
  Object.assign(command.env, {
    GATEWAY_INTERFACE: 'CGI/1.1',
    REQUEST_METHOD: 'GET',
    REQUEST_URI: '/cgi',
  });
  command.stdin.end();
  let answer = '';
  const answered = new Deferred<void>();
  command.stdout.on('data', (chunk) => {
    answer += chunk;
    if (answer.endsWith('hello /cgi')) answered.resolve();
  });
  expect(await run(['serve', 'app.js'], hostOf(command))).toBeUndefined();
  await answered.wait('the answer');
  expect(answer).toMatch(/^Status: 200 OK\r\n/);
});

// The tests may themselves have been started with a socket: one that is a connection.
test.each(['fd', 'fd:0', '0'])('serve tells that --listen %s cannot listen', async (listen) => {
  const code = await run(['serve', 'app.js', '--listen', listen], hostOf(command));
  await tells(/no socket|listen EINVAL/);
  expect([1, 2]).toContain(code ?? (await command.exited.wait('the exit')));
});

test('gateway stands in front of a socket, and tells what fails', async () => {
  const [port] = await freePorts(1);
  await start(['gateway', path, '--port', String(port), '--log', '--root', 'www'], /HTTP on/);
  const printed = new Deferred<void>();
  command.stdout.on('data', () => printed.resolve());
  const response = await fetch(`http://127.0.0.1:${port}/a.php`);
  expect(response.status).toBe(404);
  await printed.wait('a line of the log');
  writeFileSync(join(folder, 'www/a.php'), '');
  expect((await fetch(`http://127.0.0.1:${port}/a.php`)).status).toBe(502);
  await tells(/fcgi: Cannot connect to unix:/);
  command.emit('SIGTERM', 'SIGTERM');
  await closed({ port: port as number, host: '127.0.0.1' });
});

test('gateway gives an application without scripts every path that is no file', async () => {
  const [port] = await freePorts(1);
  await start(['serve', 'app.js', '-l', path], /FastCGI on/);
  const site = ['--root', 'www', '--no-scripts', '-m', '5'];
  await start(['gateway', path, '-P', String(port), ...site], /HTTP on/);
  const text = async (url: string) => (await fetch(`http://127.0.0.1:${port}${url}`)).text();
  expect([await text('/robots.txt'), await text('/x')]).toEqual(['a file', 'hello /x']);
  command.emit('SIGTERM', 'SIGTERM');
  await closed({ port: port as number, host: '127.0.0.1' });
});

test('gateway answers for a folder and for paths that are not there with scripts', async () => {
  const [port] = await freePorts(1);
  writeFileSync(join(folder, 'www/main.php'), '');
  await start(['serve', 'app.js', '-l', path], /FastCGI on/);
  const site = ['--root', 'www', '--index', 'main.php', '--fallback', '/main.php'];
  await start(['gateway', path, '-P', String(port), ...site], /HTTP on/);
  const text = async (url: string) => (await fetch(`http://127.0.0.1:${port}${url}`)).text();
  expect([await text('/'), await text('/x')]).toEqual(['hello /', 'hello /x']);
  command.emit('SIGTERM', 'SIGTERM');
  await closed({ port: port as number, host: '127.0.0.1' });
});

describe('serve --watch', () => {
  test('ends if the path is no socket', async () => {
    expect(
      await run(['serve', 'app.js', '-w', '-l', join(folder, 'app.js')], hostOf(command)),
    ).toBeUndefined();
    expect(await command.exited.wait('the exit')).toBe(1);
    expect(told).toContain('exists and is no socket');
    command.emit('SIGTERM', 'SIGTERM');
  });

  test('starts anew when a file changes, and ends with what it started', async () => {
    const [port] = await freePorts(1);
    await start(['serve', 'app.js', '-w', '-l', path, '--http', String(port)], /FastCGI on/);
    expect(await get({ path })).toBe('hello /x');
    mkdirSync(join(folder, 'node_modules'));
    mkdirSync(join(folder, 'lib'));
    writeFileSync(
      join(folder, 'app.js'),
      "module.exports = (req, res) => res.end('bye ' + req.url);",
    );
    await tells(/has changed[\s\S]*started anew/);
    expect(await get({ path })).toBe('bye /x');
    expect(await (await fetch(`http://127.0.0.1:${port}/y`)).text()).toBe('bye /y');
    command.emit('SIGTERM', 'SIGTERM');
    await closed({ path });
    await closed({ port: port as number, host: '127.0.0.1' });
  });

  test('lets connections wait for an application that cannot be loaded', async () => {
    writeFileSync(join(folder, 'app.js'), 'throw new Error("not yet");');
    await start(['serve', 'app.js', '-w', '-l', path, '--drain-timeout', '0.5'], /FastCGI on/);
    await tells(/the application ended \(1\)/);
    const waiting = get({ path });
    const gone = net.connect(path);
    await once(gone, 'connect');
    gone.destroy();
    writeFileSync(join(folder, 'app.js'), "module.exports = (req, res) => res.end('now');");
    expect(await waiting).toBe('now');
    rmSync(join(folder, 'www'), { recursive: true });
    command.emit('SIGTERM', 'SIGTERM');
    await closed({ path });
  });

  test('passes no connection on from who may not connect', async () => {
    const [port] = await freePorts(1);
    const address = { port: port as number, host: '127.0.0.1' };
    const args = ['-l', `:${port}`, '--allow', '192.0.2.1', '--watch-path', 'www'];
    await start(['serve', 'app.js', '-w', ...args], /FastCGI on/);
    const peer = await WebServer.connectTo(address);
    await peer.closed();
    command.emit('SIGTERM', 'SIGTERM');
    await closed(address);
  });

  test.each([['no/folder', /Cannot watch: ENOENT/]])(
    'cannot watch %s',
    async (watched, message) => {
      const args = ['serve', 'app.js', '-w', '--watch-path', watched];
      expect(await run(args, hostOf(command))).toBe(1);
      await tells(message);
    },
  );
});

test('an application under the eyes of another process tells when it listens, and ends with it', async () => {
  const listening = new Deferred<void>();
  let stop = () => {};
  const watcher = {
    listening: () => listening.resolve(),
    onGone: (gone: () => void) => {
      stop = gone;
    },
  };
  const settings = {
    module: 'app.js',
    exportName: undefined,
    path,
    options: { base: '/shop', drainTimeout: Number.POSITIVE_INFINITY },
  };
  await serveWatched(settings, watcher, hostOf(command));
  await listening.wait('the application');
  expect(await get({ path }, '/shop/x')).toBe('hello /x');
  command.emit('SIGTERM', 'SIGTERM');
  await closed({ path });
  stop();
  expect(await command.exited.wait('the exit')).toBe(1);
  expect(told).toBe('');
});
