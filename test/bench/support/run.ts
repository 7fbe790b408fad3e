import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const repository = join(__dirname, '../../..');

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Milliseconds after which a benchmark that hangs is ended. */
const LIMIT = 170_000;

/** Runs a script of `bench/` as npm does. */
export function runBench(script: string, ...args: string[]): Promise<Outcome> {
  return run([join(repository, 'bench', script), ...args]);
}

/** The same where only the programs of a folder are installed. */
export function runBenchWithPath(folder: string, script: string, ...args: string[]) {
  const env = { ...process.env, PATH: folder };
  return run([join(repository, 'bench', script), ...args], env);
}

/** Runs a module that imports from `bench/`, and returns what it says. */
export async function evaluate(code: string): Promise<unknown> {
  const { status, stdout, stderr } = await run(['--input-type=module', '--eval', code]);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

function run(args: readonly string[], env = process.env): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { cwd: repository, timeout: LIMIT, env };
    const child = execFile(process.execPath, args, options, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

/** A folder for what the tests of a file write, removed after them. */
export function useFolder(): () => string {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fcgi-bench-test-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return () => folder;
}
