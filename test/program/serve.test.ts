import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from '../support/deadline.ts';
import type { Program } from '../support/program.ts';
import { WebServer } from '../support/web-server.ts';
import { request } from '../support/wire.ts';
import { pidOf, start, startWithSocket } from './serve-programs.ts';

let folder: string;
let path: string;
const running: { program: Program; inherited: boolean }[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-serve-'));
  path = join(folder, 'app.sock');
});

afterEach(async () => {
  for (const { program, inherited } of running.splice(0)) {
    if (!inherited) await program.stop();
    else if (!program.stdout.includes('\nexit ')) kill(program, 'SIGKILL');
  }
  rmSync(folder, { recursive: true, force: true });
});

const HELLO = "(req, res) => res.end('hello')";

/** The rest of the environment, without what a test's own starter may have left. */
const { GATEWAY_INTERFACE: _, PORT: __, ...plainEnv } = process.env;

function inherited(source: string, more: { fd?: 0 | 3; env?: NodeJS.ProcessEnv } = {}): Program {
  const program = startWithSocket(source, { path, ...more });
  running.push({ program, inherited: true });
  return program;
}

function byItself(source: string, options: Parameters<typeof start>[1] = {}): Program {
  const program = start(source, { env: { ...plainEnv, PORT: '0' }, ...options });
  running.push({ program, inherited: false });
  return program;
}

function kill(program: Program, signal: NodeJS.Signals): void {
  process.kill(pidOf(program), signal);
}

async function ask(): Promise<string> {
  const peer = await WebServer.connectTo({ path });
  try {
    return (await peer.exchange(request())).body.toString();
  } finally {
    peer.close();
  }
}

/** Gets `/` from the port that a program has told. */
async function get(program: Program): Promise<string> {
  await program.printed('fcgi: HTTP on ');
  const port = Number(/fcgi: HTTP on .*:(\d+)\r?\n/.exec(program.stdout)?.[1]);
  const answer = new Promise<string>((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', agent: false }, (res) => {
        res.setEncoding('utf8').on('data', resolve);
      })
      .on('error', reject);
  });
  return within('an answer', answer);
}

describe('the mode', () => {
  test('is FastCGI when file descriptor 0 listens: spawn-fcgi, mod_fcgid, lighttpd', async () => {
    const program = inherited(`serve(${HELLO});`);
    await program.printed('fcgi: FastCGI on the socket');
    expect(await ask()).toBe('hello');
  });

  test('is FastCGI when file descriptor 0 listens, though GATEWAY_INTERFACE is set', async () => {
    const env = { GATEWAY_INTERFACE: 'CGI/1.1' };
    const program = inherited(`say('mode ' + serve(${HELLO}).mode);`, { env });
    await program.printed('mode fastcgi');
    expect(await ask()).toBe('hello');
  });

  test('is FastCGI when LISTEN_FDS and LISTEN_PID name a socket: systemd', async () => {
    const program = inherited(
      `process.env.LISTEN_FDS = '1';
       process.env.LISTEN_PID = String(process.pid);
       serve(${HELLO});`,
      { fd: 3 },
    );
    await program.printed('fcgi: FastCGI on the socket');
    expect(await ask()).toBe('hello');
  });

  test('is HTTP when LISTEN_PID is another process', async () => {
    const env = { LISTEN_FDS: '1', LISTEN_PID: '1', PORT: '0' };
    const program = inherited(`serve(${HELLO});`, { fd: 3, env });
    expect(await get(program)).toBe('hello');
  });

  test('is HTTP in the worker of a cluster, which gets its sockets later', async () => {
    const program = inherited(
      `import cluster from 'node:cluster';
       cluster.setupPrimary({ exec: ${JSON.stringify(writeProgram())}, execArgv: [] });
       cluster.fork().on('exit', () => process.exit());`,
      { env: { PORT: '0' } },
    );
    expect(await get(program)).toBe('hello');
    await program.printed('exit 0.');
  });

  test.each<[string, 'ignore' | 'pipe']>([
    ['/dev/null, as of a container, or npm start </dev/null', 'ignore'],
    ['one of a pair of sockets, as of a process manager', 'pipe'],
  ])('is HTTP when file descriptor 0 is %s', async (_name, stdin) => {
    const program = byItself(`serve(${HELLO});`, {
      env: { ...plainEnv, PORT: '0' },
      stdio: [stdin, 'pipe', 'pipe'],
    });
    expect(await get(program)).toBe('hello');
  });

  test('is HTTP when file descriptor 0 is closed', async () => {
    const program = byItself(
      `import { spawn } from 'node:child_process';
       spawn('sh', ['-c', 'exec "$0" "$1" <&-', process.execPath, process.env.FILE], { stdio: 'inherit' })
         .on('exit', () => process.exit());`,
      { env: { ...plainEnv, PORT: '0', FILE: writeProgram() } },
    );
    expect(await get(program)).toBe('hello');
    await program.exit();
  });

  test('is HTTP on a terminal', async () => {
    // script(1) gives a program a terminal; without it there is nothing to test with.
    if (!hasCommand('script')) return;
    const program = byItself(
      `import { spawn } from 'node:child_process';
       const command = process.execPath + ' ' + process.env.FILE;
       spawn('script', ['-qec', command, '/dev/null'], { stdio: ['ignore', 'inherit', 'inherit'] })
         .on('exit', () => process.exit());`,
      { env: { ...plainEnv, PORT: '0', FILE: writeProgram() } },
    );
    await program.printed('tty true');
    expect(await get(program)).toBe('hello');
    await program.exit();
  });

  test('is CGI when file descriptor 0 is a connection and GATEWAY_INTERFACE is set: mod_cgid', async () => {
    const program = byItself(`serve(${HELLO});`, {
      env: { ...plainEnv, GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    expect(await program.exit()).toBe(0);
    await program.printed('Status: 200 OK');
    expect(program.stdout).toMatch(/\r\n\r\nhello$/);
    expect(program.stderr).toBe('');
  });
});

function hasCommand(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`]);
    return true;
  } catch {
    return false;
  }
}

/** Writes a program that answers once. */
function writeProgram(): string {
  const file = join(folder, 'app.mjs');
  const serve = join(__dirname, '../../dist/index.js');
  writeFileSync(
    file,
    `import { serve } from 'file://${serve}';
     console.log('tty ' + process.stdin.isTTY);
     serve((req, res) => {
       res.end('hello');
       res.on('close', () => setImmediate(() => process.exit()));
     });`,
  );
  return file;
}

describe('HTTP', () => {
  test('listens on the port or the path of PORT', async () => {
    const program = byItself(`serve(${HELLO});`, { env: { ...plainEnv, PORT: path } });
    await program.printed(`fcgi: HTTP on ${path}\n`);
    expect(existsSync(path)).toBe(true);
  });

  test('tells in one line that the port is taken, and ends the process with exit code 1', async () => {
    const holder = net.createServer().listen(0);
    const { port } = holder.address() as net.AddressInfo;
    try {
      const program = byItself(`setInterval(() => {}, 1000); serve(${HELLO}, { port: ${port} });`);
      expect(await program.exit()).toBe(1);
      expect(program.stderr).toMatch(/^fcgi: listen EADDRINUSE[^\n]*\n$/);
    } finally {
      holder.close();
    }
  });

  test("leaves errors to the server's own listener, a port that is none too", async () => {
    const program = byItself(
      `serve(${HELLO}).server.on('error', (error) => say('got ' + error.code + '.'));`,
      { env: { ...plainEnv, PORT: '70000' } },
    );
    await program.printed('got ERR_SOCKET_BAD_PORT.');
    expect(await program.exit()).toBe(0);
  });
});

/** Answers at the next message to the process: `go` is made to appear by the test. */
const SLOW = `(req, res) => {
  say('running.');
  const timer = setInterval(() => {
    if (!existsSync(process.env.GO)) return;
    clearInterval(timer);
    res.end('finished');
  }, 5);
  res.on('close', () => clearInterval(timer));
  req.on('aborted', () => say('aborted.'));
}`;

describe('a signal', () => {
  const go = () => execFileSync('touch', [join(folder, 'go')]);
  const slow = (options = '') =>
    inherited(`import { existsSync } from 'node:fs'; serve(${SLOW}, {${options}});`, {
      env: { GO: join(folder, 'go') },
    });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s closes idle connections, lets requests finish, and ends the process with exit code 0',
    async (signal) => {
      const program = slow();
      await program.printed('fcgi: FastCGI');
      const idle = await WebServer.connectTo({ path });
      const busy = await WebServer.connectTo({ path });
      busy.send(request());
      await program.printed('running.');
      kill(program, signal);
      await idle.until('the end of the idle connection', () => idle.ended);
      go();
      expect((await busy.answer()).body.toString()).toBe('finished');
      await program.printed('exit 0.');
      expect(existsSync(path)).toBe(true);
      idle.close();
      busy.close();
    },
  );

  test('cuts requests off that still run after drainTimeout', async () => {
    const program = slow('drainTimeout: 50');
    await program.printed('fcgi: FastCGI');
    const peer = await WebServer.connectTo({ path });
    peer.send(request());
    await program.printed('running.');
    kill(program, 'SIGTERM');
    await program.printed('exit 0.');
    expect(program.stdout).toContain('aborted.');
    await peer.until('the end of the connection', () => peer.ended);
  });

  test('SIGINT ends the process at once when it comes again', async () => {
    const program = slow('drainTimeout: Infinity');
    await program.printed('fcgi: FastCGI');
    const peer = await WebServer.connectTo({ path });
    peer.send(request());
    await program.printed('running.');
    kill(program, 'SIGINT');
    await program.printed('fcgi: SIGINT');
    kill(program, 'SIGINT');
    await program.printed('exit 130.');
    peer.close();
  });

  test('ends the process after drainTimeout when something else keeps it alive', async () => {
    const program = inherited(
      `setInterval(() => {}, 1000); serve(${HELLO}, { drainTimeout: 20 });`,
    );
    await program.printed('fcgi: FastCGI');
    kill(program, 'SIGTERM');
    await program.printed('exit 0.');
  });

  test('drains plain HTTP, whose clients keep their connections', async () => {
    const program = byItself(
      `import { existsSync } from 'node:fs'; serve(${SLOW}, { hostname: '127.0.0.1' });`,
      { env: { ...plainEnv, PORT: '0', GO: join(folder, 'go') } },
    );
    await program.printed('fcgi: HTTP on 127.0.0.1:');
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(program.stdout)?.[1]);
    const client = net.connect({ port, host: '127.0.0.1' });
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    let answer = '';
    client.on('data', (chunk) => {
      answer += chunk;
    });
    await program.printed('running.');
    program.process.kill('SIGTERM');
    await program.printed('fcgi: SIGTERM');
    go();
    expect(await program.exit()).toBe(0);
    expect(answer).toContain('finished');
  });
});

test('the program ends after maxRequests, for its starter to start another', async () => {
  const program = inherited(
    `setInterval(() => {}, 1000); serve(${HELLO}, { maxRequests: 1, drainTimeout: 20 });`,
  );
  await program.printed('fcgi: FastCGI');
  expect(await ask()).toBe('hello');
  await program.printed('exit 0.');
});
