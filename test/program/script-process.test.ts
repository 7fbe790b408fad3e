import { Console } from 'node:console';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cgiIn } from '../../src/program/cgi-script.ts';
import { ScriptExit } from '../../src/program/cgi-script-run.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { WebServer } from '../support/web-server.ts';
import { ABORT_REQUEST, post, record, request } from '../support/wire.ts';
import { scriptAnswer, worldOf } from './script-world.ts';
import { FakeProcess, textIn } from './serve-host.ts';

let host: FakeProcess;
let folder: string;

beforeEach(() => {
  host = new FakeProcess();
  folder = mkdtempSync(join(tmpdir(), 'fcgi-serve-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const scripting = (script: Parameters<typeof scriptAnswer>[1], bytes: Uint8Array) =>
  scriptAnswer(host, script, bytes);

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
  const { process, global } = worldOf(host);
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
  const { process, global } = worldOf(host);
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
  const failing = (error: Error) => () => void host.emit('uncaughtException', error);
  await scriptAnswer(host, () => {}, request(), failing(new Error('for others')));
  host.removeAllListeners('uncaughtException');
  await scriptAnswer(host, () => {}, request(), failing(new ScriptExit()));
  await scriptAnswer(host, () => {}, request(), failing(new Error('outside')));
  expect(await host.exited.wait('exit')).toBe(1);
  expect(host.told()).toContain('Uncaught Error: outside');
});

test('a script may have a console of its own, and two servers share one installation', async () => {
  const { process, global } = worldOf(host);
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

test('an error in a callback of a script ends its request alone', async () => {
  const answer = await scripting(
    () => new Promise(() => host.emit('uncaughtException', new Error('in a callback'))),
    request(),
  );
  expect([answer.status, answer.appStatus]).toEqual(['500 Internal Server Error', 1]);
  expect(answer.stderr).toContain('Error: in a callback');
});

test.each<[string, (process: NodeJS.Process) => void, number]>([
  ['exit(3)', (process) => process.exit(3), 3],
  ['exit() after exitCode was set', (process) => process.exit(), 4],
  ['exit(null)', (process) => process.exit(null), 4],
  ['exit(259), of which 8 bits count', (process) => process.exit(259), 3],
])('%s is the appStatus of the request', async (_name, exit, appStatus) => {
  const answer = await scripting((process) => {
    process.stdout.write('A: b\n\nsaid');
    process.exitCode = 4;
    exit(process);
  }, request());
  expect([answer.body.toString(), answer.appStatus]).toEqual(['said', appStatus]);
  expect(host.exitCode).toBeUndefined();
});

test('a script without a promise that reads by readable is over with its input', async () => {
  const { body } = await scripting((process, console) => {
    let text = '';
    process.stdin.on('readable', () => {
      text += process.stdin.read() ?? '';
    });
    process.stdin.on('end', () => console.log(`A: b\n\n${text}`));
  }, post('by readable'));
  expect(body.toString()).toBe('by readable\n');
});

test('a write after the end of stdout is the loss of the script alone', async () => {
  const answer = await scripting((process) => {
    process.stdout.end('A: b\n\nwhole');
    process.stdout.write('late');
  }, request());
  expect([answer.body.toString(), answer.appStatus]).toEqual(['whole', 0]);
});

test("streams that are accessors, as those of Node's process, stay so, and as they were", async () => {
  let stdin: unknown = host.stdin;
  Object.defineProperty(host, 'stdin', {
    get: () => stdin,
    set: (value) => {
      stdin = value;
    },
    configurable: true,
    enumerable: true,
  });
  const before = Object.getOwnPropertyDescriptor(host, 'stdin');
  const answer = await scriptAnswer(
    host,
    (process, console) => console.log(`A: b\n\n${process.stdin === stdin}`),
    request(),
    () => Object.assign(host, { stdin: 'replaced' }),
  );
  expect(answer.body.toString()).toBe('false\n');
  expect(Object.getOwnPropertyDescriptor(host, 'stdin')).toEqual(before);
  expect(stdin).toBe('replaced');
});

test("a write of the process's stdout that somebody replaced is there again afterwards", async () => {
  const written: unknown[] = [];
  const write = (chunk: unknown) => written.push(chunk) > 0;
  Object.assign(host.stdout, { write });
  const meanwhile = () => void host.stdout.write('outside');
  const script = (process: NodeJS.Process) => process.stdout.write('A: b\n\ninside');
  const answer = await scriptAnswer(host, script, request(), meanwhile);
  expect([answer.body.toString(), written]).toEqual(['inside', ['outside']]);
  expect(host.stdout.write).toBe(write);
});

test('under CGI a script runs in the process as it is', async () => {
  const { process, global } = worldOf(host);
  Object.assign(host.env, { GATEWAY_INTERFACE: 'CGI/1.1', HTTP_PROXY: 'evil' });
  const ran = new Promise((resolve) => {
    const { mode } = cgiIn({ process, global }, () => resolve(process.stdout), {});
    expect(mode).toBe('cgi');
  });
  expect(await within('the script', ran)).toBe(host.stdout);
  expect(host.env.HTTP_PROXY).toBeUndefined();
});

test('a script may listen on a port of loopback', async () => {
  const { process, global } = worldOf(host);
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
