import { Console } from 'node:console';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cgiIn } from '../../src/program/cgi-script.ts';
import { ScriptExit } from '../../src/program/cgi-script-run.ts';
import { serveIn } from '../../src/program/serve.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { WebServer } from '../support/web-server.ts';
import { ABORT_REQUEST, post, record, request } from '../support/wire.ts';
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

/** What global variables are to scripts in the tests. */
function world() {
  const console = new Console(host.stdout, host.stderr);
  const global = { process: host.asProcess(), console };
  Object.defineProperty(global, 'process', {
    get: () => host,
    set: () => {},
    configurable: true,
    enumerable: true,
  });
  return { process: host.asProcess(), global };
}

async function scripting(
  script: (process: NodeJS.Process, console: Console) => unknown,
  bytes: Uint8Array,
  uncaught?: Error,
) {
  const { process, global } = world();
  const path = join(folder, 'fcgi.sock');
  const { server } = cgiIn({ process, global }, () => script(global.process, global.console), {
    path,
  });
  await within('listening', once(server, 'listening'));
  const peer = await WebServer.connectTo({ path });
  try {
    if (uncaught) host.emit('uncaughtException', uncaught);
    return await peer.exchange(bytes);
  } finally {
    peer.close();
    await within('close', new Promise((done) => server.close(done)));
  }
}

test('a script has a process of its own, and the real one is as before when the server has closed', async () => {
  const { env, stdin, stdout, stderr } = host;
  const write = Object.getOwnPropertyDescriptor(stdout, 'write');
  const answer = await scripting(async (process, console) => {
    console.log('A: b\n');
    for await (const chunk of process.stdin) process.stdout.write(`${chunk}\n`);
    stdout.write('kept\n');
    process.stderr.write('one\n');
    process.stderr.write('two\n');
    console.error('three');
    process.env = { NEW: 'env' };
    process.exitCode = 5;
    console.log(process.env.NEW, process.exitCode, process.pid);
    Object.assign(process, { stdin: null });
    Object.assign(process, { stdout: null, stderr: null });
    process.title = 'shared';
    process.exit();
  }, post('body'));
  expect(answer.body.toString()).toBe('body\nkept\nenv 5 -1\n');
  expect([answer.appStatus, answer.stderr]).toEqual([5, 'one\ntwo\nthree\n']);
  expect([host.env, host.stdin, host.stdout, host.stderr]).toEqual([env, stdin, stdout, stderr]);
  expect([host.env === env, host.exitCode, (host as unknown as NodeJS.Process).title]).toEqual([
    ...[true, undefined, 'shared'],
  ]);
  expect(Object.getOwnPropertyDescriptor(stdout, 'write')).toEqual(write);
  expect(host.listenerCount('uncaughtException')).toBe(0);
});

test('what is set outside of scripts is set on the real process', async () => {
  const { process, global } = world();
  const path = join(folder, 'fcgi.sock');
  const { server } = cgiIn({ process, global }, () => {}, { path, log: false });
  await within('listening', once(server, 'listening'));
  process.env = { REAL: 'env' };
  global.process = process;
  host.stdout.write('real');
  expect([process.env.REAL, textIn(host.stdout)]).toEqual(['env', 'real']);
  process.exit(6);
  expect(await host.exited.wait('exit')).toBe(6);
  await within('close', new Promise((done) => server.close(done)));
  expect(process.env.REAL).toBe('env');
});

test('a script that fails gets status 500, its response cut off if it had begun', async () => {
  const failed = await scripting(() => {
    throw new Error('broken');
  }, request());
  expect([failed.status, failed.appStatus]).toEqual(['500 Internal Server Error', 1]);
  expect(failed.stderr).toContain('Error: broken');
  const headless = await scripting((_process, console) => console.log('no head'), request());
  expect(headless.stderr).toContain('ERR_FCGI_RESPONSE_HEAD');
  const malformed = await scripting(
    (_process, console) => console.log('no: head\n: x\n\n'),
    request(),
  );
  expect([malformed.status, malformed.stderr]).toEqual([
    '500 Internal Server Error',
    expect.stringContaining('ERR_FCGI_RESPONSE_HEAD'),
  ]);
  const begun = scripting(async (process) => {
    await new Promise((written) => process.stdout.write('A: b\n\npart', written));
    throw new Error('too late');
  }, request());
  await expect(begun).rejects.toThrow('closed before FCGI_END_REQUEST');
});

test('a script without a promise is over with its input', async () => {
  const { body } = await scripting((process, console) => {
    process.stdin.on('end', () => console.log('A: b\n\nend')).resume();
  }, post('x'));
  expect(body.toString()).toBe('end\n');
});

test('output waits for a web server that does not read, and is dropped when it has gone', async () => {
  const { body } = await scripting(async (process, console) => {
    console.log('A: b\n');
    for (let i = 0; i < 64; i++) {
      await new Promise((written) => process.stdout.write('x'.repeat(65_536), written));
    }
  }, request());
  expect(body).toHaveLength(64 * 65_536);
});

test('what a script prints after its request was aborted, or after its end, is dropped', async () => {
  const { process, global } = world();
  const path = join(folder, 'fcgi.sock');
  const ended = new Deferred<void>();
  const script = async () => {
    global.console.log('A: b\n\n');
    process.stdin.on('error', () => {});
    await once(process.stdin.resume(), 'close').catch(() => {});
    for (const text of ['more', 'and more']) process.stdout.write(text);
    setImmediate(() => {
      global.console.log('late');
      ended.resolve();
    });
  };
  const { server } = cgiIn({ process, global }, script, { path });
  await within('listening', once(server, 'listening'));
  const peer = await WebServer.connectTo({ path });
  peer.send(post('0123456789').subarray(0, -8));
  await peer.until('the head', () => peer.records.length > 0);
  peer.send(record(ABORT_REQUEST, 1));
  await ended.wait('the end of the script');
  expect((await peer.answer()).body.toString()).toBe('\n');
  peer.close();
  expect(host.stdout.read()).toBeNull();
  await within('close', new Promise((done) => server.close(done)));
});

test('an error outside of scripts ends the process, unless somebody else listens', async () => {
  host.on('uncaughtException', () => {});
  await scripting(() => {}, request(), new Error('for others'));
  host.removeAllListeners('uncaughtException');
  await scripting(() => {}, request(), new ScriptExit());
  await scripting(() => {}, request(), new Error('outside'));
  expect(await host.exited.wait('exit')).toBe(1);
  expect(host.told()).toContain('Uncaught Error: outside');
});

test('a script may have a console of its own, and two servers share one installation', async () => {
  const { process, global } = world();
  const servers = ['a.sock', 'b.sock'].map((name) => {
    const script = () => {
      global.console = new Console(process.stdout);
      global.console.log('A: b\n\nown');
    };
    return cgiIn({ process, global }, script, { path: join(folder, name), log: false }).server;
  });
  const real = global.console;
  await within('listening', Promise.all(servers.map((server) => once(server, 'listening'))));
  for (const server of servers) {
    const peer = await WebServer.connect(server);
    expect((await peer.exchange(request())).body.toString()).toBe('own\n');
    peer.close();
    await within('close', new Promise((done) => server.close(done)));
  }
  expect(global.console).toBe(real);
});

test('under CGI a script runs in the process as it is', async () => {
  const { process, global } = world();
  Object.assign(host.env, { GATEWAY_INTERFACE: 'CGI/1.1', HTTP_PROXY: 'evil' });
  const ran = new Promise((resolve) => {
    const { mode } = cgiIn({ process, global }, () => resolve(process.stdout), {});
    expect(mode).toBe('cgi');
  });
  expect(await within('the script', ran)).toBe(host.stdout);
  expect(host.env.HTTP_PROXY).toBeUndefined();
});

test('a script may listen on a port of loopback', async () => {
  const { process, global } = world();
  const { server } = cgiIn({ process, global }, () => {}, {
    port: 0,
    maxRequests: 1,
    drainTimeout: 1,
  });
  await within('listening', once(server, 'listening'));
  const address = server.address() as net.AddressInfo;
  expect(address.address).toBe('127.0.0.1');
  const peer = await WebServer.connect(server);
  await peer.exchange(request());
  expect(await host.exited.wait('exit')).toBe(0);
  peer.close();
});
