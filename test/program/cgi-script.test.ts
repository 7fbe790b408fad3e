import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../support/program.ts';
import { WebServer } from '../support/web-server.ts';
import { ABORT_REQUEST, post, record, request } from '../support/wire.ts';
import { start } from './serve-programs.ts';

let folder: string;
const programs: Program[] = [];
const peers: WebServer[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-script-'));
});

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  for (const program of programs.splice(0)) await program.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a program whose script listens on ./fcgi.sock in a folder of its own. */
async function serving(source: string, env: NodeJS.ProcessEnv = {}): Promise<Program> {
  const { GATEWAY_INTERFACE: _, ...plain } = process.env;
  const program = start(source, { cwd: folder, env: { ...plain, ...env } });
  programs.push(program);
  await program.printed('fcgi: FastCGI on ./fcgi.sock');
  return program;
}

async function connect(): Promise<WebServer> {
  const peer = await WebServer.connectTo({ path: join(folder, 'fcgi.sock') });
  peers.push(peer);
  return peer;
}

const ask = async (bytes: Uint8Array = request()) => (await connect()).exchange(bytes);

test('a script gets the variables in process.env, the body on stdin, and answers by console.log', async () => {
  await serving(`cgi(async () => {
    let body = '';
    for await (const chunk of process.stdin) body += chunk;
    console.log('Content-Type: text/plain\\nX-Id: ' + process.env.REQUEST_METHOD + '\\n');
    console.log('%s %s', process.env.REMOTE_ADDR, body);
  });`);
  const { status, head, body } = await ask(post('a body'));
  expect(status).toBe('200 OK');
  expect(head).toEqual(expect.arrayContaining(['Content-Type: text/plain', 'X-Id: POST']));
  expect(body.toString()).toBe('192.0.2.7 a body\n');
});

test('a script without a promise is over when the input that it reads has come', async () => {
  await serving(`cgi(() => {
    let body = '';
    process.stdin.setEncoding('utf8');
    process.stdin.on('data', (piece) => { body += piece; });
    process.stdin.on('end', () => console.log('Status: 201 Made\\n\\n' + body));
  });`);
  const answer = await ask(post('in events'));
  expect([answer.status, answer.body.toString()]).toEqual(['201 Made', 'in events\n']);
});

test('a script that only looks at stdin is over when it returns', async () => {
  await serving("cgi(() => console.log('A: b\\n\\n' + process.stdin.isTTY));");
  expect((await ask(post('unread'))).body.toString()).toBe('undefined\n');
});

/** Prints what it sees at each step, in every way in which code goes on later. */
const INTERLEAVED = `
  import { EventEmitter, once } from 'node:events';
  import fs from 'node:fs';
  import realProcess from 'node:process';
  import { setTimeout as sleep } from 'node:timers/promises';
  const { stdout } = process;
  const { log } = console;
  const arrived = [];
  cgi(async () => {
    const id = process.env.QUERY_STRING;
    const seen = new Set();
    const look = (text = '') => {
      seen.add(process.env.QUERY_STRING + realProcess.env.REQUEST_URI);
      console.log('console ' + id + text);
      process.stdout.write('write ' + id + '\\n');
      stdout.write('kept ' + id + '\\n');
      log('log ' + id);
      console.error('error ' + id);
      process.stderr.write('errors ' + id + '\\n');
    };
    console.log('A: b\\n');
    await new Promise((resolve) => {
      arrived.push(resolve);
      if (arrived.length === 50) for (const go of arrived) go();
    });
    look();
    await sleep(Math.random() * 5);
    look();
    await new Promise((done) => setTimeout(() => { look(); done(); }, Math.random() * 5));
    await new Promise((done) => fs.stat('.', () => { look(); done(); }));
    await new Promise((done) => setImmediate(() => { look(); done(); }));
    await new Promise((done) => process.nextTick(() => { look(); done(); }));
    const emitter = new EventEmitter();
    emitter.on('x', () => look());
    setTimeout(() => emitter.emit('x'), Math.random() * 3);
    await once(emitter, 'x');
    let body = '';
    process.stdin.on('data', (piece) => { look(); body += piece; });
    await once(process.stdin, 'end');
    await new Promise((done) => process.stdout.write('', () => { look(); done(); }));
    await new Promise((done) => process.stderr.write('errors ' + id + '\\n', () => { look(); done(); }));
    console.group();
    process.exitCode = Number(id);
    await sleep(1);
    console.log('body ' + body + ' ' + [...seen].join() + ' ' + process.exitCode);
  });`;

test('fifty scripts at once never see or write what is of another', async () => {
  const program = await serving(INTERLEAVED);
  const ids = Array.from({ length: 50 }, (_, i) => i + 1);
  const bytes = (id: number) =>
    post(`body ${id}`, { variables: { QUERY_STRING: String(id), REQUEST_URI: `/${id}` } });
  const answers = await Promise.all(ids.map((id) => ask(bytes(id))));
  answers.forEach((answer, i) => {
    const id = ids[i] as number;
    const lines = answer.body.toString().trimEnd().split('\n');
    expect(lines.pop()).toBe(`  body body ${id} ${id}/${id} ${id}`);
    const words = ['console', 'write', 'kept', 'log'];
    expect(new Set(lines)).toEqual(new Set(words.map((word) => `${word} ${id}`)));
    expect(lines.length % words.length).toBe(0);
    expect(new Set(answer.stderr.trimEnd().split('\n'))).toEqual(
      new Set([`error ${id}`, `errors ${id}`]),
    );
    expect(answer.appStatus).toBe(id);
  });
  expect(program.stdout).toBe('fcgi: FastCGI on ./fcgi.sock\n');
});

test('scripts of one connection do not mix either, and big bodies pass both ways', async () => {
  await serving(`cgi(async () => {
    process.stdout.write('X: ' + process.env.QUERY_STRING + '\\r\\n\\r\\n');
    for await (const chunk of process.stdin) {
      if (!process.stdout.write(chunk)) await new Promise((go) => process.stdout.once('drain', go));
    }
  });`);
  const peer = await connect();
  const bodies = [1, 2, 3].map((id) => Buffer.alloc(1024 * 1024, String(id)));
  const all = bodies.map((body, i) =>
    post(body, { id: i + 1, variables: { QUERY_STRING: `q${i + 1}` } }),
  );
  peer.send(...all);
  for (const [i, body] of bodies.entries()) {
    const answer = await peer.answer(i + 1);
    expect(answer.head).toContain(`X: q${i + 1}`);
    expect(answer.body.equals(body)).toBe(true);
  }
});

test('outside of scripts, and after the server has closed, all is as it was', async () => {
  const program = await serving(
    `const names = ['env', 'stdin', 'stdout', 'stderr', 'exitCode'];
     const before = names.map((name) => process[name]);
     const kept = [process, console, process.stdout.write, process.stderr.write, process.exit];
     const same = () => names.every((name, i) => process[name] === before[i]) && kept[0] === process && kept[1] === console;
     const { server } = cgi(() => { console.log('A: b\\n'); process.env.NEW = 'x'; process.env = { all: 'new' }; });
     const second = cgi(() => {}, { port: 0 }).server;
     await new Promise((listening) => second.once('listening', listening));
     setInterval(() => {}, 1000);
     server.on('close', () => {
       say('during ' + same() + process.env.NEW + process.env.all);
       second.close(() => {
         say('after ' + same() + (process.stdout.write === kept[2] && process.stderr.write === kept[3] && process.exit === kept[4]));
         process.env.LATER = 'real';
         process.exit(process.env.LATER === 'real' ? 7 : 8);
       });
     });
     process.on('SIGUSR2', () => server.close());`,
  );
  await ask();
  program.process.kill('SIGUSR2');
  expect(await program.exit()).toBe(7);
  expect(program.stdout).toContain('during trueundefinedundefined\nafter truetrue');
});

test("the environment is the process's and the request's, without the header Proxy or strange variables", async () => {
  await serving(
    `cgi(() => {
      const { PATH, HTTP_PROXY, REMOTE_USER, HTTP_X, PATH_INFO } = process.env;
      console.log('A: b\\n\\n' + JSON.stringify([!!PATH, HTTP_PROXY, REMOTE_USER, HTTP_X, PATH_INFO]));
    });`,
    { HTTP_PROXY: 'http://own/', REMOTE_USER: 'starter', HTTP_X: 'starter' },
  );
  const evil = { HTTP_PROXY: 'http://evil/', PATH_INFO: Buffer.from('/ä') };
  const { body } = await ask(request({ variables: evil }));
  expect(JSON.parse(body.toString())).toEqual([true, 'http://own/', null, null, '/ä']);
});

describe('process.exit()', () => {
  test.each([
    ['in the script', 'process.exit(3); console.log("never");'],
    ['with process.exitCode', 'process.exitCode = 3; process.exit();'],
    ['in a promise', 'await null; process.exit(3);'],
    ['in a timer', 'setTimeout(() => process.exit(3)); await new Promise(() => {});'],
    [
      'in an event of stdin',
      'process.stdin.on("end", () => process.exit(3)).resume(); await new Promise(() => {});',
    ],
    ['in a microtask', 'queueMicrotask(() => process.exit(3)); await new Promise(() => {});'],
    ['where it is caught', 'try { process.exit(3) } catch {} console.log("never");'],
  ])('%s ends the request with that appStatus, and not the process', async (_name, source) => {
    await serving(`cgi(async () => { console.log('A: b\\n\\nbody'); ${source} });`);
    for (const turn of [1, 2]) {
      const answer = await ask();
      expect([turn, answer.status, answer.body.toString()]).toEqual([turn, '200 OK', 'body\n']);
      expect([answer.appStatus, answer.stderr]).toEqual([3, '']);
    }
  });

  test('outside of a script ends the process', async () => {
    const program = await serving("cgi(() => {}); process.on('SIGUSR2', () => process.exit(9));");
    program.process.kill('SIGUSR2');
    expect(await program.exit()).toBe(9);
  });
});

describe('a script that fails', () => {
  test.each([
    ['throws', '() => { throw new Error("broken") }'],
    ['rejects', 'async () => { await null; throw new Error("broken") }'],
    [
      'throws in a timer',
      '() => new Promise(() => setTimeout(() => { throw new Error("broken") }))',
    ],
    [
      'rejects beside',
      '() => { Promise.reject(new Error("broken")); return new Promise(() => {}); }',
    ],
    ['prints no head', '() => { console.log("broken") }'],
    ['prints a part of a head', '() => { process.stdout.write("A: broken") }'],
    ['prints nothing', '() => { console.error("broken") }'],
  ])('gets status 500 if it %s before it has sent something', async (_name, script) => {
    await serving(`cgi(${script});`);
    const answer = await ask();
    expect([answer.status, answer.body.toString()]).toEqual([
      '500 Internal Server Error',
      'Internal Server Error\n',
    ]);
    expect(answer.appStatus).toBe(1);
    expect(answer.stderr).toMatch(_name.startsWith('prints') ? /ERR_FCGI_RESPONSE_HEAD/ : /broken/);
  });

  test('has its response cut off if it had begun, and others of the connection are served', async () => {
    await serving(`cgi(async () => {
      console.log('Content-Length: 100\\n\\npart');
      if (process.env.QUERY_STRING) return console.log('x'.repeat(94));
      await new Promise((written) => process.stdout.write('', written));
      throw new Error('too late');
    });`);
    const peer = await connect();
    peer.send(request({ id: 1 }), request({ id: 2, variables: { QUERY_STRING: 'ok' } }));
    expect((await peer.answer(2)).body).toHaveLength(100);
    await peer.until(
      'the end',
      () => peer.ended || peer.records.some(({ type, requestId }) => type === 3 && requestId === 1),
    );
  });

  test('outside of a script ends the process, with the error on standard error', async () => {
    const program = await serving(
      "cgi(() => {}); process.on('SIGUSR2', () => { throw new Error('outside') });",
    );
    program.process.kill('SIGUSR2');
    expect(await program.exit()).toBe(1);
    await program.printed('Uncaught Error: outside');
  });
});

test('a script whose client goes away may go on, and its output is dropped', async () => {
  const program = await serving(`cgi(async () => {
    console.log('A: b\\n\\n');
    if (!process.env.QUERY_STRING) return;
    try { for await (const _ of process.stdin); } catch (error) { say('stdin ' + error.code); }
    for (let i = 0; i < 100; i++) {
      console.log('x'.repeat(100000));
      console.error('y');
      await new Promise((go) => setImmediate(go));
    }
    say('done.');
  });`);
  const peer = await connect();
  peer.send(post('0123456789', { variables: { QUERY_STRING: 'slow' } }).subarray(0, -20));
  await peer.until('the head', () => peer.records.length > 0);
  peer.close();
  await program.printed('stdin ECONNRESET');
  await program.printed('done.');
  expect((await ask()).status).toBe('200 OK');
});

test('an aborted request ends, and its connection goes on', async () => {
  await serving(`cgi(async () => {
    console.log('A: b\\n\\n');
    if (process.env.QUERY_STRING) await new Promise(() => {});
  });`);
  const peer = await connect();
  peer.send(request({ variables: { QUERY_STRING: 'slow' } }));
  await peer.until('the head', () => peer.records.length > 0);
  peer.send(record(ABORT_REQUEST, 1));
  await peer.answer();
  peer.send(request());
  expect((await peer.answer(1, 2)).appStatus).toBe(0);
});

test.each([
  ['path', "path: 'other.sock'", 'other.sock'],
  ['port', 'port: 0', '127.0.0.1:'],
  ['mode', "path: 'm.sock', mode: 0o600", 'm.sock'],
])('listens where the option %s says', async (_name, options, where) => {
  const program = start(`cgi(() => {}, { ${options} });`, { cwd: folder });
  programs.push(program);
  await program.printed(`fcgi: FastCGI on ${where}`);
  expect(existsSync(join(folder, 'fcgi.sock'))).toBe(false);
});

test('the same file is a plain CGI program when GATEWAY_INTERFACE is set', async () => {
  const file = join(folder, 'echo.mjs');
  const cgi = join(__dirname, '../../dist/index.js');
  writeFileSync(
    file,
    `import { cgi } from 'file://${cgi}';
     cgi(async () => {
       console.log('Content-Type: application/octet-stream\\n');
       for await (const chunk of process.stdin) process.stdout.write(chunk);
       console.log(process.env.HTTP_PROXY);
     });`,
  );
  const size = 8 * 1024 * 1024;
  const program = start(
    `import { spawn } from 'node:child_process';
     const env = { ...process.env, GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'POST', CONTENT_LENGTH: '${size}', HTTP_PROXY: 'evil' };
     const child = spawn(process.execPath, ['${file}'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
     child.stdin.end(Buffer.alloc(${size}, 'x'));
     let length = 0;
     let end = '';
     child.stdout.on('data', (chunk) => { length += chunk.length; end = (end + chunk).slice(-12); });
     child.on('close', (code) => say([code, length, end].join()));`,
    { cwd: folder },
  );
  programs.push(program);
  await program.printed(',');
  const head = 'Content-Type: application/octet-stream\n\n'.length;
  expect(program.stdout).toBe(`0,${head + size + 'undefined\n'.length},xxundefined\n\n`);
});
