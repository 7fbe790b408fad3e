import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type net from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DEADLINE_MS, within } from '../support/deadline.ts';
import { WebServer } from '../support/web-server.ts';
import { request } from '../support/wire.ts';
import { readmeExample, withImportRequire, withRequire } from './readme.ts';
import { type Installed, installTarball, linkPackage, typeCheck } from './tarball.ts';

let installed: Installed;

beforeAll(async () => {
  installed = await installTarball();
  for (const name of ['express', '@types/express', '@types/node']) {
    linkPackage(installed.project, name);
  }
});

afterAll(() => installed?.remove());

/** Writes the program into the project, and runs it while `use` does. */
async function running(file: string, code: string, use: () => Promise<void>): Promise<void> {
  writeFileSync(join(installed.project, file), code);
  const program: ChildProcess = spawn(process.execPath, [file], {
    cwd: installed.project,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let stderr = '';
  program.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = once(program, 'exit');
  try {
    await Promise.race([
      use(),
      exited.then(() => {
        throw new Error(`The program ended by itself: ${stderr}`);
      }),
    ]);
  } finally {
    program.kill('SIGKILL');
    await within('the end of the program', exited);
  }
}

/** Connects as soon as somebody listens on the path. */
async function connect(path: string): Promise<WebServer> {
  const listening = { address: () => path } as unknown as net.Server;
  const until = Date.now() + DEADLINE_MS;
  for (;;) {
    try {
      return await WebServer.connect(listening);
    } catch (error) {
      if (Date.now() > until) throw error;
      await delay(20);
    }
  }
}

async function answers(path: string): Promise<void> {
  const peer = await connect(path);
  try {
    const answer = await peer.exchange(request());
    expect(answer.status).toBe('200 OK');
    expect(answer.body.length).toBeGreaterThan(0);
    expect(answer).toMatchObject({ appStatus: 0, protocolStatus: 0, stderr: '' });
  } finally {
    peer.close();
  }
}

describe("the README's example", () => {
  test('runs from an ES module', async () => {
    const path = join(installed.project, 'esm.sock');
    await running('esm.mjs', readmeExample(path), () => answers(path));
  });

  test('runs from CommonJS, through require()', async () => {
    const path = join(installed.project, 'cjs.sock');
    const code = withRequire(readmeExample(path));
    expect(code).toMatch(/require\('fcgi'\)/);
    expect(code).not.toMatch(/^import /m);
    await running('cjs.cjs', code, () => answers(path));
  });

  test('is right to TypeScript, in an ES module and in CommonJS', async () => {
    const code = readmeExample('/run/app.sock');
    writeFileSync(join(installed.project, 'example.mts'), code);
    writeFileSync(join(installed.project, 'example.cts'), withImportRequire(code));
    expect(await typeCheck(installed.project, 'example.mts')).toBe('');
    expect(await typeCheck(installed.project, 'example.cts')).toBe('');
  });
});

describe("the package's types", () => {
  test.each([
    ['an option that is none', 'createServer({ multiplexing: true });', 'multiplexing'],
    ['an option of the wrong type', "createServer({ maxRequests: '5' });", 'number'],
    ['a listener that is none', "createServer('listener');", 'listener'],
    [
      'a part of req.fastcgi without a check',
      'createServer((req) => req.fastcgi.id);',
      'undefined',
    ],
  ])('refuse %s', async (_, call, complaint) => {
    const file = 'refused.mts';
    const start = "import { createServer } from 'fcgi';\n";
    writeFileSync(join(installed.project, file), `${start}${call}\n`);
    const output = await typeCheck(installed.project, file);
    expect(output).toMatch(/^refused\.mts\(2,\d+\): error TS/);
    expect(output).toContain(complaint);
  });

  test.each([
    "import { createServer } from 'fcgi';\ncreateServer((req, res) => void res.end(req.url));\n",
    "import { createServer } from 'fcgi';\ncreateServer((req) => void req.fastcgi?.params.HTTPS);\n",
    "import { RecordReader } from 'fcgi/protocol';\nnew RecordReader(() => {}).push(Buffer.of(1));\n",
  ])('take %j', async (code) => {
    writeFileSync(join(installed.project, 'taken.mts'), code);
    expect(await typeCheck(installed.project, 'taken.mts')).toBe('');
  });
});
