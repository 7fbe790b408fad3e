import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from '../support/deadline.ts';

/* The fuzzer runs in a process of its own, which has to live. */

const run = join(__dirname, 'run.js');
const crashers = join(__dirname, 'crashers');

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const fuzz = (...args: string[]) => start(run, ...args);

function start(...args: string[]): Promise<Outcome> {
  const outcome = new Promise<Outcome>((resolve) => {
    // One that hangs is killed, and what it made stays.
    const env = { ...process.env, TMPDIR: folder };
    const child = execFile(process.execPath, args, { env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
  return within('the fuzzer', outcome, 80_000);
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-test-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('1000 exchanges of a new seed show no fault', async () => {
  const { code, stdout, stderr } = await fuzz('--exchanges', '1000', '--crashers', folder);
  // The seed is in the output, and the exchange too.
  expect(`${stdout}${stderr}`).toMatch(/^Seed \d+\n1000 exchanges, no fault\n/);
  expect(code).toBe(0);
});

test('a seed determines what is tried', async () => {
  const runs = [
    await fuzz('--exchanges', '300', '--seed', '7', '--crashers', folder),
    await fuzz('--exchanges', '300', '--seed', '7', '--crashers', folder),
  ];
  const [one, other] = runs.map(
    ({ stdout }) => /SHA-256 of what was sent: \w{64}/.exec(stdout)?.[0],
  );
  expect(one).toBeDefined();
  expect(one).toBe(other);
});

test('what crashed once does so no more', async () => {
  const files = readdirSync(crashers).filter((name) => name.endsWith('.json'));
  const { code, stderr } = await fuzz('--replay', ...files.map((name) => join(crashers, name)));
  expect(stderr).toBe('');
  expect(code).toBe(0);
});

/** Runs the fuzzer with a server that something was done to. */
function fuzzBroken(name: string, breakIt: string, ...args: string[]): Promise<Outcome> {
  const broken = join(folder, name);
  const dist = `file://${join(__dirname, '../../dist/index.js')}`;
  writeFileSync(broken, `import { Server } from ${JSON.stringify(dist)};\n${breakIt}`);
  return start('--import', broken, run, '--exchanges', '200', '--crashers', folder, ...args);
}

test('a fault ends the run: the exchange is saved, and can be replayed', async () => {
  // A server that counts requests and forgets to count one down.
  const { code, stderr } = await fuzzBroken(
    'miscounts.mjs',
    `const { requestEnded } = Server.prototype;
     let calls = 0;
     Server.prototype.requestEnded = function () { if (++calls !== 5) requestEnded.call(this); };`,
  );
  expect(code).toBe(1);
  const [, file] = /saved as (.*):\n.*Requests were left behind/.exec(stderr) ?? [];
  expect(existsSync(file as string)).toBe(true);
  expect((await fuzz('--replay', file as string)).stdout).toContain('no fault');
});

test('a loop without end ends the run too, and is saved', async () => {
  const { code, stderr } = await fuzzBroken(
    'hangs.mjs',
    'let calls = 0; Server.prototype.requestEnded = () => { while (++calls > 5); };',
    ...['--hang', '2'],
  );
  expect(code).not.toBe(0);
  const [, file] = /An exchange hangs, saved as (.*)\n/.exec(stderr) ?? [];
  expect((await fuzz('--replay', file as string)).stdout).toContain('no fault');
});
