import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../frontends/support/free-port.ts';
import { gone } from '../frontends/support/host.ts';
import type { RunningProcess } from '../frontends/support/process.ts';
import { within } from '../support/deadline.ts';
import { WebServer } from '../support/web-server.ts';
import { request } from '../support/wire.ts';
import { fcgi, ONE_LINE, startFcgi } from './support/command.ts';

let folder: string;
let path: string;
/** Where the program makes its temporary files, which stay if it is killed. */
let temporary: string;
let program: RunningProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-watch-test-'));
  path = join(folder, 'app.sock');
  mkdirSync(join(folder, 'lib'));
  mkdirSync(join(folder, 'node_modules'));
  temporary = mkdtempSync(join(tmpdir(), 'fcgi-watch-temporary-'));
});

afterEach(async () => {
  await program?.stop('SIGKILL');
  program = undefined;
  for (const made of [folder, temporary]) rmSync(made, { recursive: true, force: true });
});

/** An application whose answer is in a file of its own. */
function write(answer: string): void {
  writeFileSync(join(folder, 'lib/answer.mjs'), `export const answer = ${JSON.stringify(answer)};`);
  writeFileSync(
    join(folder, 'app.mjs'),
    "import { answer } from './lib/answer.mjs';\nexport default (req, res) => res.end(answer + req.url);",
  );
}

function start(...args: string[]): RunningProcess {
  const env = { ...process.env, TMPDIR: temporary };
  program = startFcgi(['serve', 'app.mjs', ...args], { cwd: folder, env });
  return program;
}

async function watch(...args: string[]): Promise<RunningProcess> {
  const watching = start('--watch', '--listen', path, ...args);
  await watching.printed(/FastCGI on/);
  return watching;
}

async function get(url = '/'): Promise<string> {
  const peer = await WebServer.connectTo({ path });
  try {
    const answer = await peer.exchange(request({ flags: 0, variables: { REQUEST_URI: url } }));
    return answer.body.toString();
  } finally {
    peer.close();
  }
}

/** How often the program has said so. */
const count = (pattern: RegExp) => program?.output.match(pattern)?.length ?? 0;

test('starts anew when a file changes, also one in a folder below', async () => {
  write('first ');
  const watching = await watch();
  expect(await get('/a')).toBe('first /a');
  write('second ');
  await watching.printed(/started anew/);
  expect(await get('/b')).toBe('second /b');
  expect(watching.output).toMatch(
    /fcgi: (lib\/answer|app)\.mjs has changed\nfcgi: started anew\n$/,
  );
  expect(await watching.stop('SIGTERM')).toBe(0);
});

test('sees files of a folder that is made later', async () => {
  write('first ');
  const watching = await watch();
  expect(await get()).toBe('first /');
  mkdirSync(join(folder, 'later'));
  // Its folder may be watched a moment later: what was written before that is not seen.
  const writing = setInterval(() => writeFileSync(join(folder, 'later/x.mjs'), ''), 300);
  try {
    await watching.printed(/fcgi: later\/x\.mjs has changed/);
  } finally {
    clearInterval(writing);
  }
});

test('passes over node_modules, and files that are no source', async () => {
  write('first ');
  const watching = await watch();
  expect(await get()).toBe('first /');
  writeFileSync(join(folder, 'node_modules/x.js'), '');
  writeFileSync(join(folder, 'data.json'), '{}');
  write('second ');
  await watching.printed(/started anew/);
  expect(count(/has changed/g)).toBe(1);
  expect(watching.output).not.toMatch(/node_modules|data\.json/);
});

test('a connection that comes meanwhile waits; an application that cannot be loaded is told', async () => {
  writeFileSync(join(folder, 'app.mjs'), 'const = 1;');
  const watching = await watch();
  await watching.printed(/app\.mjs cannot be loaded: SyntaxError[^\n]*\n/);
  await watching.printed(/fcgi: the application ended \(1\); it starts anew when a file changes\n/);
  const waiting = get('/waited');
  write('mended ');
  expect(await within('the answer', waiting)).toBe('mended /waited');
});

test('a connection that is not let in is closed', async () => {
  const [port] = await freePorts(1);
  write('first ');
  const watching = start('-w', '-l', `:${port}`, '--allow', '192.0.2.1');
  await watching.printed(/FastCGI on/);
  const peer = await WebServer.connectTo({ port: port as number, host: '127.0.0.1' });
  await peer.closed();
  expect(peer.records).toEqual([]);
});

test('requests behind the gateway wait too, and SIGTERM lets what runs finish', async () => {
  const [port] = await freePorts(1);
  writeFileSync(
    join(folder, 'app.mjs'),
    "export default (req, res) => { res.write('begun '); setTimeout(() => res.end('finished'), 300); };",
  );
  const watching = start('-w', '--http', String(port));
  await watching.printed(/HTTP on/);
  const response = await fetch(`http://127.0.0.1:${port}/`);
  const ended = watching.stop('SIGTERM');
  expect(await response.text()).toBe('begun finished');
  expect(await ended).toBe(0);
  expect(watching.output).not.toContain('FastCGI on');
});

test('an application that does not end is ended', async () => {
  writeFileSync(
    join(folder, 'app.mjs'),
    "export default (req, res) => { res.end('first'); if (req.url === '/hang') setImmediate(() => { for (;;); }); };",
  );
  const watching = await watch('--drain-timeout', '0.1');
  expect(await get('/hang')).toBe('first');
  write('second ');
  await watching.printed(/started anew/);
  expect(await get('/')).toBe('second /');
});

test('leaves no files behind', async () => {
  write('first ');
  const watching = await watch();
  expect(await get()).toBe('first /');
  expect(readdirSync(temporary)).toHaveLength(1);
  expect(await watching.stop('SIGTERM')).toBe(0);
  expect(readdirSync(temporary)).toEqual([]);
});

test('the application goes with it, also if it is ended the hard way', async () => {
  writeFileSync(
    join(folder, 'app.mjs'),
    'export default (req, res) => res.end(String(process.pid));',
  );
  const watching = await watch();
  const pid = Number(await get());
  await watching.stop('SIGKILL');
  await gone(pid);
});

test.each([
  [['missing.mjs', '--watch'], 'missing.mjs: there is no such module'],
  [['app.mjs', '--watch', '--watch-path', 'no/folder'], 'Cannot watch: ENOENT'],
])('%j is a line and exit code 1', async (args, message) => {
  write('first ');
  const { code, stderr } = await fcgi(['serve', ...args], { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toMatch(ONE_LINE);
  expect(stderr).toContain(message);
});
