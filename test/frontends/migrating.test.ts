import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from '../support/deadline.ts';
import { freePorts } from './support/free-port.ts';
import { ask } from './support/http-client.ts';
import { NGINX, startNginxWith } from './support/nginx.ts';
import { RunningProcess } from './support/process.ts';
import { describeWith } from './support/requirement.ts';

const repository = join(__dirname, '../..');
const page = readFileSync(join(repository, 'docs/migrating.md'), 'utf8');
const [proxyPass = '', nodeFastcgi = ''] = page.split(/^## /m).slice(1);

/** The n-th code block of a language in a section, with the paths and ports of the test. */
function block(section: string, language: string, n: number): string {
  const blocks = [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))];
  const code = blocks[n]?.[1];
  if (code === undefined) throw new Error(`docs/migrating.md has no such block of ${language}`);
  return code.replaceAll('/run/app/app.sock', socket).replaceAll('3000', String(port));
}

let folder: string;
let socket: string;
let port: number | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-migrating-'));
  socket = join(folder, 'app.sock');
  [port] = await freePorts(1);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(repository, join(folder, 'node_modules/fcgi'));
  symlinkSync(join(repository, 'node_modules/express'), join(folder, 'node_modules/express'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program of the page behind a location of the page, and asks for `/`. */
async function answerOf(
  program: string,
  location: string,
  headers: Record<string, string> = {},
): Promise<string> {
  writeFileSync(join(folder, 'program.js'), program);
  const application = new RunningProcess(process.execPath, [join(folder, 'program.js')]);
  const server = await startNginxWith(folder, 1, ([plain]) => [
    `server { listen 127.0.0.1:${plain}; ${location} }`,
  ]);
  const look = async () => {
    while (application.running) {
      const { status, text } = await ask(server.origin, { localAddress: '127.0.0.3', headers });
      if (status === 200) return text;
      expect(status).toBe(502);
    }
    throw new Error(application.output);
  };
  try {
    return await within('an answer of the application', look());
  } finally {
    await server.stop();
    await application.stop();
  }
}

describeWith('an application that moves, as docs/migrating.md says', [NGINX], () => {
  test('has the same address of the client before and after, without "trust proxy"', async () => {
    const before = block(proxyPass, 'js', 0);
    expect(before).toContain('trust proxy');
    expect(await answerOf(before, block(proxyPass, 'text', 0))).toBe('Hello 127.0.0.3');
    const after = block(proxyPass, 'js', 1);
    expect(after).not.toContain('trust proxy');
    // Before, this client could lie: the tests' clients have addresses that the application trusts.
    const lie = { 'X-Forwarded-For': '192.0.2.66' };
    expect(await answerOf(after, block(proxyPass, 'nginx', 0), lie)).toBe('Hello 127.0.0.3');
  });

  test('from node-fastcgi serves the same application', async () => {
    writeFileSync(
      join(folder, 'app.js'),
      `import express from 'express';
export default express().get('/', (req, res) => res.send(req.fastcgi.params.REMOTE_ADDR));`,
    );
    const after = block(nodeFastcgi, 'js', 1);
    expect(await answerOf(after, block(proxyPass, 'nginx', 0))).toBe('127.0.0.3');
  });
});
