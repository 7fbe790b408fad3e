import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { within } from '../support/deadline.ts';
import { type Installed, installTarball, linkPackage, repository } from './tarball.ts';

const page = readFileSync(join(repository, 'docs/testing.md'), 'utf8');

/** The files of the page, by the names in their first lines. */
const files = new Map(
  [...page.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```/gms)].map(([, name, code]) => [
    name as string,
    code as string,
  ]),
);

let installed: Installed;

beforeAll(async () => {
  installed = await installTarball();
  for (const name of ['express', 'supertest', 'jest', '@swc/jest', '@swc/core']) {
    linkPackage(installed.project, name);
  }
  for (const [name, code] of files) writeFileSync(join(installed.project, name), code);
});

afterAll(() => installed?.remove());

/** Runs Node in the project; how it ended, and what it wrote. */
async function node(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  // Of the jest that runs this test, and of `node --test`, a program must know nothing.
  const { NODE_TEST_CONTEXT: _, JEST_WORKER_ID: __, NODE_OPTIONS: ___, ...plain } = process.env;
  const child = spawn(process.execPath, args, {
    cwd: installed.project,
    env: { ...plain, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  try {
    const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code: await within(`node ${args.join(' ')}`, closed), output };
  } finally {
    child.kill('SIGKILL');
  }
}

const named = (ending: string) => [...files.keys()].filter((name) => name.endsWith(ending));

test('every example of the page is a file with a name', () => {
  expect(files.size).toBe(page.split('\n```js\n').length - 1);
});

test.each(named('.test.mjs'))('%s passes under node:test', async (name) => {
  const count = files.get(name)?.match(/^test\(/gm)?.length ?? 0;
  const { code, output } = await node(['--test', '--test-reporter=tap', name]);
  expect([code, code === 0 ? '' : output]).toEqual([0, '']);
  expect(count).toBeGreaterThan(0);
  // Node 20 counts the file as a test of its own.
  const passed = output.match(/^\s*ok \d+ - (?!.*\.mjs$)/gm)?.length;
  expect(passed).toBe(count);
});

test.each([
  ['jest.config.cjs', { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' }],
  ['jest.compiling.config.cjs', {}],
])('jest passes with %s', async (config, env) => {
  const jest = join(repository, 'node_modules/jest/bin/jest.js');
  const { code, output } = await node([jest, '--config', config, '--no-cache'], env);
  expect([code, code === 0 ? '' : output]).toEqual([0, '']);
  expect(output).toContain('Tests:       1 passed, 1 total');
});

test('an example that is wrong fails', async () => {
  const broken = files.get('app.test.mjs')?.replace('201', '500') ?? '';
  writeFileSync(join(installed.project, 'broken.test.mjs'), broken);
  expect((await node(['--test', 'broken.test.mjs'])).code).toBe(1);
});
