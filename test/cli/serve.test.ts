import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../frontends/support/free-port.ts';
import { RunningProcess } from '../frontends/support/process.ts';
import { WebServer } from '../support/web-server.ts';
import { request } from '../support/wire.ts';
import { fcgi, MAIN, ONE_LINE, startFcgi } from './support/command.ts';
import { CommandProcess, runHere } from './support/host.ts';

let folder: string;
const running: RunningProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-serve-'));
  symlinkSync(join(__dirname, '../../node_modules'), join(folder, 'node_modules'));
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text);
});

afterEach(async () => {
  for (const program of running.splice(0)) await program.stop('SIGKILL');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dist = join(__dirname, '../../dist/index.js');

const modules = {
  'app.mjs': 'export default (req, res) => res.end("hello " + req.url);',
  'app.cjs': 'module.exports = (req, res) => res.end("hello " + req.url);',
  'express.mjs': `import express from 'express';
    export const app = express().get('/{*any}', (req, res) => res.send('hello ' + req.url));`,
  'handler.mjs': `import { Handler } from ${JSON.stringify(dist)};
    export default class extends Handler {
      handle() { return this.sendResponse(200, 'text/plain', 'hello ' + this.environ.REQUEST_URI); }
    }`,
  'factory.mjs': `export default async function createApp() {
    const { default: express } = await import('express');
    return express().use((req, res) => res.send('hello ' + req.url));
  }`,
  'app.ts':
    'const greeting: string = "hello "; export default (req: { url: string }, res: any) => res.end(greeting + req.url);',
  'slow.mjs': `export default (req, res) => {
    res.write('begun ');
    setTimeout(() => res.end('finished'), 300);
  };`,
  'throws.mjs': 'const a = 1;\nthrow new TypeError("no\\ndatabase");',
  'syntax.mjs': 'const a = 1;\nconst = 2;',
  'imports.mjs': "import 'no-such-package';",
  'nothing.mjs': 'export const port = 8080;',
};

/** Starts `fcgi serve`, and waits until it says where it listens. */
async function serve(...args: string[]): Promise<RunningProcess> {
  const program = startFcgi(['serve', ...args], { cwd: folder });
  running.push(program);
  await program.printed(/ on .*\n/);
  return program;
}

async function get(target: net.NetConnectOpts, url = '/'): Promise<string> {
  const peer = await WebServer.connectTo(target);
  try {
    const answer = await peer.exchange(request({ flags: 0, variables: { REQUEST_URI: url } }));
    return answer.body.toString();
  } finally {
    peer.close();
  }
}

test.each(['app.mjs', './app.cjs', 'express.mjs', 'handler.mjs', 'factory.mjs'])(
  'serves %s',
  async (name) => {
    const path = join(folder, `${name.replace(/\W/g, '')}.sock`);
    const program = await serve(name, '--listen', path);
    expect(await get({ path }, '/x')).toBe('hello /x');
    expect(await program.stop('SIGTERM')).toBe(0);
  },
);

test('serves TypeScript where Node runs it, and says which Node does elsewhere', async () => {
  const path = join(folder, 'ts.sock');
  if ((process.features as { typescript?: unknown }).typescript) {
    await serve('app.ts', '--listen', path);
    expect(await get({ path }, '/x')).toBe('hello /x');
    return;
  }
  const { code, stderr } = await fcgi(['serve', 'app.ts', '-l', path], { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toMatch(ONE_LINE);
  expect(stderr).toContain('from 22.18 on');
});

describe('--listen takes', () => {
  test('a port of 127.0.0.1, or host:port', async () => {
    const [first, second] = await freePorts(2);
    const program = await serve('app.mjs', '--listen', `:${first}`);
    expect(program.output).toBe(`fcgi: FastCGI on 127.0.0.1:${first}\n`);
    expect(await get({ port: first as number, host: '127.0.0.1' })).toBe('hello /');
    await serve('app.mjs', '--listen', `127.0.0.1:${second}`);
    expect(await get({ port: second as number, host: '127.0.0.1' })).toBe('hello /');
  });

  test('the path of a socket, with the mode of --mode', async () => {
    const path = join(folder, 'mode.sock');
    await serve('app.mjs', '--listen', path, '--mode', '0660');
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(await get({ path })).toBe('hello /');
  });

  test.each([['fd:3'], ['3'], ['fd']])(
    'a descriptor that the process was started with: %s',
    async (listen) => {
      const path = join(folder, 'inherited.sock');
      const holder = net.createServer().listen(path);
      await once(holder, 'listening');
      const { fd } = (holder as unknown as { _handle: { fd: number } })._handle;
      // systemd's variables name the process that it starts: a shell that becomes the command.
      const start = ['-c', 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', 'sh', process.execPath];
      const args = [...start, MAIN, 'serve', 'app.mjs', '--listen', listen];
      const program = new RunningProcess('/bin/sh', args, { cwd: folder, socket: fd });
      running.push(program);
      await program.printed(/FastCGI on the socket that the process was started with\n/);
      holder.close();
      expect(await program.stop('SIGTERM')).toBe(0);
    },
  );
});

test('without --listen it is ./fcgi.sock', async () => {
  const program = await serve('app.mjs');
  expect(program.output).toBe('fcgi: FastCGI on ./fcgi.sock\n');
  expect(await get({ path: join(folder, 'fcgi.sock') })).toBe('hello /');
});

test('as a CGI program it answers one request', async () => {
  const env = {
    ...process.env,
    GATEWAY_INTERFACE: 'CGI/1.1',
    REQUEST_METHOD: 'GET',
    REQUEST_URI: '/x',
  };
  const { code, stdout, stderr } = await fcgi(['serve', 'app.mjs'], { cwd: folder, env });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^Status: 200 OK\r\n[\s\S]*\r\n\r\nhello \/x$/);
});

test('--http puts the gateway in front, beside --listen or alone', async () => {
  const [port] = await freePorts(1);
  const path = join(folder, 'both.sock');
  writeFileSync(join(folder, 'robots.txt'), 'a file');
  const program = await serve('app.mjs', '--http', String(port), '--listen', path, '--root', '.');
  await program.printed(/FastCGI on [\s\S]* on /);
  expect(program.output).toContain(`fcgi: HTTP on 127.0.0.1:${port}\n`);
  const text = async (url: string) => (await fetch(`http://127.0.0.1:${port}${url}`)).text();
  expect(await text('/x')).toBe('hello /x');
  expect(await text('/robots.txt')).toBe('a file');
  expect(await get({ path }, '/x')).toBe('hello /x');
  expect(await program.stop('SIGTERM')).toBe(0);
  const alone = await serve('app.mjs', '--http', `127.0.0.1:${port}`);
  expect(alone.output).toBe(`fcgi: HTTP on 127.0.0.1:${port}\n`);
  expect(await text('/y')).toBe('hello /y');
  expect(await alone.stop('SIGTERM')).toBe(0);
});

test('--base is stripped, --export names the application, --max-requests ends it', async () => {
  const path = join(folder, 'base.sock');
  const program = await serve(
    'express.mjs',
    '-l',
    path,
    '--export',
    'app',
    '--base',
    '/shop',
    '--max-requests',
    '1',
  );
  expect(await get({ path }, '/shop/x')).toBe('hello /x');
  expect(await program.ended).toBe(0);
});

test('SIGTERM lets running requests finish, over FastCGI and behind the gateway', async () => {
  const [port] = await freePorts(1);
  const path = join(folder, 'slow.sock');
  const program = await serve('slow.mjs', '--listen', path, '--http', String(port));
  await program.printed(/HTTP on/);
  const response = await fetch(`http://127.0.0.1:${port}/`);
  const peer = await WebServer.connectTo({ path });
  peer.send(request({ flags: 0 }));
  await peer.until('the beginning', () => peer.records.length > 0);
  const ended = program.stop('SIGTERM');
  expect(await response.text()).toBe('begun finished');
  expect((await peer.answer()).body.toString()).toBe('begun finished');
  expect(await ended).toBe(0);
  expect(program.output.match(/SIGTERM: finishing what runs, within 10000 ms/g)).toHaveLength(1);
});

describe('what cannot be served is a line and exit code 1:', () => {
  const failing = async (...args: string[]) => {
    const { code, stdout, stderr } = await fcgi(['serve', ...args], { cwd: folder });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(ONE_LINE);
    return stderr;
  };

  test.each([
    ['missing.mjs', 'missing.mjs: there is no such module'],
    [
      'throws.mjs',
      `throws.mjs cannot be loaded: TypeError: no database (${'FOLDER'}/throws.mjs:2)`,
    ],
    ['syntax.mjs', `(${'FOLDER'}/syntax.mjs:2)`],
    ['imports.mjs', "imports.mjs cannot be loaded: Error: Cannot find package 'no-such-package'"],
    [
      'nothing.mjs',
      'nothing.mjs exports nothing that answers requests: it exports port. Export the application',
    ],
  ])('%s', async (name, message) => {
    expect(await failing(name)).toContain(message.replace('FOLDER', folder));
  });

  test('a port in use, of FastCGI and of HTTP', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    try {
      for (const option of ['--listen', '--http']) {
        const line = await failing('app.mjs', option, `127.0.0.1:${port}`);
        expect(line).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port}`);
      }
    } finally {
      server.close();
    }
  });

  test('a path that is no socket', async () => {
    const line = await failing('app.mjs', '--listen', './app.mjs');
    expect(line).toContain('exists and is no socket');
  });

  test('with a stack trace for --verbose', async () => {
    const { code, stderr } = await fcgi(['serve', 'throws.mjs', '--verbose'], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^fcgi: throws\.mjs cannot [^\n]*\n[\s\S]*throws\.mjs:2/);
  });
});

describe('a wrong option is a line and exit code 2:', () => {
  test.each([
    [['--listen', 'app'], '--listen app is no address to listen on'],
    [['--listen', 'http://a'], 'no address to listen on'],
    [['--listen', ':70000'], 'no address to listen on'],
    [
      ['--listen', '9000'],
      '--listen 9000: file descriptor 9000 is no socket; a port is written :9000',
    ],
    [['--listen', ':9000', '--mode', '0660'], '--mode is for the path of a Unix socket'],
    [['--mode', '0660'], '--mode is for the socket file that --listen names'],
    [['--listen', './a.sock', '--mode', '888'], '--mode 888 is no permission in octal'],
    [['--http', 'port'], '--http port is no port'],
    [['--root', '.'], '--root is for the gateway'],
    [['--base', 'shop'], 'The option base must be'],
    [['--allow', 'localhost', '-l', ':0'], 'allowedClients: "localhost" is neither'],
    [['--drain-timeout', 'long'], "--drain-timeout is 'long'"],
    [['--watch', '--max-requests', '5'], '--max-requests ends the application'],
  ])('%j', async (args, message) => {
    const outcome = await fcgi(['serve', 'app.mjs', ...args], { cwd: folder });
    const { code, stdout, stderr } = outcome;
    expect([code, stdout]).toEqual([2, '']);
    const command = new CommandProcess();
    command.folder = folder;
    expect(await runHere(['serve', 'app.cjs', ...args], command)).toEqual(outcome);
    expect(stderr).toMatch(ONE_LINE);
    expect(stderr).toContain(message);
  });
});
