import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from '../../src/index.ts';
import { within } from '../support/deadline.ts';
import { Program } from '../support/program.ts';
import { WebServer } from '../support/web-server.ts';
import { request } from '../support/wire.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-listen-'));
  path = join(folder, 'app.sock');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hello = () => createServer((_req, res) => res.end('hello'));
const close = (server: net.Server) =>
  within('close', new Promise((resolve) => server.close(resolve)));

/** Waits for either event, and tells which came: 'listening', or the code of the error. */
async function outcome(server: Server): Promise<string | undefined> {
  return within(
    'listening or an error',
    new Promise((resolve) => {
      server.once('listening', () => resolve('listening'));
      server.once('error', (error) => resolve((error as NodeJS.ErrnoException).code));
    }),
  );
}

async function expectServed(server: Server): Promise<void> {
  const peer = await WebServer.connect(server);
  try {
    expect((await peer.exchange(request())).body.toString()).toBe('hello');
  } finally {
    peer.close();
  }
}

/** Leaves a socket file behind, as a process does that is killed. */
async function leaveStaleSocket(): Promise<void> {
  const program = new Program(
    `fcgi.createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`,
  );
  await program.printed('up');
  await program.stop();
  expect(existsSync(path)).toBe(true);
}

test.each<[string, (server: Server) => Server]>([
  ['a path', (server) => server.listen(path)],
  ['a path and a backlog', (server) => server.listen(path, 16)],
  ['{ path }', (server) => server.listen({ path })],
  ['{ path, mode }', (server) => server.listen({ path, mode: 0o600 })],
  ['a port and a host', (server) => server.listen(0, '127.0.0.1')],
  ['{ port, host }', (server) => server.listen({ port: 0, host: '127.0.0.1' })],
  ['a port as a string', (server) => server.listen('0' as never, '127.0.0.1' as never)],
])('listens on %s', async (_name, listen) => {
  const server = hello();
  const listening = outcome(server);
  expect(listen(server)).toBe(server);
  expect(await listening).toBe('listening');
  await expectServed(server);
  await close(server);
  expect(existsSync(path)).toBe(false);
});

test.each([0o600, 0o660, 0o666])('gives the socket file the mode %o', async (mode) => {
  const before = process.umask();
  const server = hello().listen({ path, mode });
  await within('listening', once(server, 'listening'));
  expect(statSync(path).mode & 0o777).toBe(mode);
  expect(process.umask()).toBe(before);
  await close(server);
});

test('replaces a stale socket file', async () => {
  await leaveStaleSocket();
  const server = hello();
  const result = outcome(server);
  server.listen({ path, mode: 0o660 });
  expect(await result).toBe('listening');
  await expectServed(server);
  await close(server);
});

test('emits EADDRINUSE, and replaces nothing, when somebody listens on the path', async () => {
  const first = hello().listen(path);
  await within('listening', once(first, 'listening'));
  for (const options of [{ path }, { path, mode: 0o666 }]) {
    const second = hello();
    const result = outcome(second);
    second.listen(options);
    expect(await result).toBe('EADDRINUSE');
    expect(second.listening).toBe(false);
  }
  expect(statSync(path).mode & 0o777).not.toBe(0o666);
  await expectServed(first);
  await close(first);
});

test('emits ERR_FCGI_NOT_A_SOCKET, and leaves the file, when the path is another kind of file', async () => {
  writeFileSync(path, 'precious');
  const server = hello();
  const result = outcome(server);
  server.listen(path);
  expect(await result).toBe('ERR_FCGI_NOT_A_SOCKET');
  expect(readFileSync(path, 'utf8')).toBe('precious');
});

test('emits the system error when the folder is missing, and takes no mode from anything', async () => {
  const server = hello();
  const result = outcome(server);
  server.listen({ path: join(folder, 'missing', 'app.sock'), mode: 0o600 });
  expect(await result).toMatch(/^(EACCES|ENOENT)$/);
});

test('close() right after listen() on a stale path does not listen', async () => {
  await leaveStaleSocket();
  const server = hello();
  let listened = false;
  server.on('listening', () => {
    listened = true;
  });
  server.listen(path);
  await within('close', new Promise((resolve) => server.close(resolve)));
  const probe = net.connect(path);
  await within('the refusal', new Promise((resolve) => probe.once('error', resolve)));
  expect(listened).toBe(false);
});

/**
 * Starts a program as a web server or systemd does: with a listening socket that nobody else has. The
 * process that made the socket is gone when the program runs.
 */
async function startWithSocket(fd: 0 | 3, source: string): Promise<Program> {
  const stdio = fd === 0 ? "[fd, 'inherit', 'inherit']" : "['ignore', 'inherit', 'inherit', fd]";
  const whole = `
    console.log('pid', process.pid, '.');
    process.on('exit', (code) => console.log('exit', code, '.'));
    ${source}`;
  const program = new Program(`
    import { spawn } from 'node:child_process';
    import net from 'node:net';
    const holder = net.createServer().listen(${JSON.stringify(path)}, () => {
      const fd = holder._handle.fd;
      const code = ${JSON.stringify(Program.code(whole))};
      spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ${stdio} });
      process.kill(process.pid, 'SIGKILL');
    });`);
  await program.printed('up.');
  return program;
}

const pidOf = (program: Program) => Number(/pid (\d+)/.exec(program.stdout)?.[1]);

async function exchange(): Promise<string> {
  const peer = await WebServer.connectTo({ path });
  try {
    return (await peer.exchange(request())).body.toString();
  } finally {
    peer.close();
  }
}

test.each([
  ['listen()', '', "server.on('listening', () => console.log('up.'));"],
  ['listen(callback)', "() => console.log('up.')", ''],
])(
  '%s serves on the socket at file descriptor 0, and never unlinks it',
  async (_call, callback, more) => {
    const program = await startWithSocket(
      0,
      `const server = fcgi.createServer((req, res) => res.end('inherited')).listen(${callback});
     ${more}
     process.on('SIGTERM', () => server.close());`,
    );
    try {
      expect(await exchange()).toBe('inherited');
      process.kill(pidOf(program), 'SIGTERM');
      await program.printed('exit 0 .');
      expect(existsSync(path)).toBe(true);
    } finally {
      if (!program.stdout.includes('exit')) process.kill(pidOf(program), 'SIGKILL');
    }
  },
);

test('takes the socket of LISTEN_FDS when LISTEN_PID is this process', async () => {
  const program = await startWithSocket(
    3,
    `process.env.LISTEN_PID = String(process.pid);
     process.env.LISTEN_FDS = '1';
     const server = fcgi.createServer((req, res) => { res.end('by systemd'); server.close(); });
     server.listen(() => console.log('up.'));`,
  );
  try {
    expect(await exchange()).toBe('by systemd');
    await program.printed('exit 0 .');
    expect(existsSync(path)).toBe(true);
  } finally {
    if (!program.stdout.includes('exit')) process.kill(pidOf(program), 'SIGKILL');
  }
});

test.each([
  ['a file', 'ignore' as const],
  ['a pipe', 'pipe' as const],
])('emits ERR_FCGI_NO_LISTEN_SOCKET when file descriptor 0 is %s', async (_name, stdin) => {
  const program = new Program(
    `process.env.LISTEN_FDS = '1';
     process.env.LISTEN_PID = '1';
     fcgi.createServer().listen().on('error', (error) => console.log(error.code, '!'));`,
    { stdio: [stdin, 'pipe', 'pipe'] },
  );
  try {
    await program.printed('!');
    // Node makes the pipes of child processes from sockets, which nobody can listen on.
    expect(program.stdout).toMatch(
      stdin === 'ignore' ? /^ERR_FCGI_NO_LISTEN_SOCKET !/ : /^(EINVAL|ERR_FCGI_NO_LISTEN_SOCKET) !/,
    );
  } finally {
    await program.stop();
  }
});
