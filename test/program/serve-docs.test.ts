import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../support/program.ts';
import { WebServer } from '../support/web-server.ts';
import { post } from '../support/wire.ts';
import { installPackage, start } from './serve-programs.ts';

let folder: string;
const programs: Program[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-docs-'));
  installPackage(folder);
});

afterEach(async () => {
  for (const program of programs.splice(0)) await program.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The examples of a page. */
function examples(page: string): string[] {
  const text = readFileSync(join(__dirname, '../../docs', page), 'utf8');
  return [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code as string);
}

/** Runs an example as a file of its own. */
function run(code: string | undefined, env: NodeJS.ProcessEnv = {}): Program {
  writeFileSync(join(folder, 'app.mjs'), code ?? '');
  const { GATEWAY_INTERFACE: _, ...plain } = process.env;
  const program = start("await import(process.cwd() + '/app.mjs');", {
    cwd: folder,
    env: { ...plain, PORT: '0', ...env },
  });
  programs.push(program);
  return program;
}

const [app, closing] = examples('serve.md');
const [echo, script] = examples('cgi.md');

test('the pages have the examples that are run here', () => {
  expect([examples('serve.md').length, examples('cgi.md').length]).toEqual([2, 2]);
});

test('docs/serve.md: an application serves over HTTP', async () => {
  const program = run(app);
  await program.printed('fcgi: HTTP on ');
  const port = /:(\d+)\n/.exec(program.stdout)?.[1];
  const response = await fetch(`http://127.0.0.1:${port}/`);
  expect(await response.text()).toMatch(/^Hello, .*127\.0\.0\.1\n$/);
});

test('docs/serve.md: what is closed with the server lets the process end', async () => {
  const program = run(closing);
  await program.printed('fcgi: HTTP on ');
  program.process.kill('SIGTERM');
  expect(await program.exit()).toBe(0);
});

test('docs/cgi.md: an application answers as a CGI program', async () => {
  const program = run(echo, { GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET' });
  expect(await program.exit()).toBe(0);
  await program.printed('Content-Type: text/plain');
});

test('docs/cgi.md: a script answers over FastCGI', async () => {
  const program = run(script);
  await program.printed('fcgi: FastCGI on ./fcgi.sock');
  const peer = await WebServer.connectTo({ path: join(folder, 'fcgi.sock') });
  expect((await peer.exchange(post('abc'))).body.toString()).toBe('POST of 3 characters\n');
  peer.close();
});
