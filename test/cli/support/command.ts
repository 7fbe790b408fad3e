import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type ProcessOptions, RunningProcess } from '../../frontends/support/process.ts';
import { within } from '../../support/deadline.ts';

/** The built command; `npm test` builds it first. */
export const MAIN = join(__dirname, '../../../dist/cli/main.js');

/** What a command did. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The standard input. */
  readonly input?: string;
}

/** Runs the built command to its end. */
export async function fcgi(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { cwd, env = process.env, input = '' } = options;
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('latin1').on('data', (text: string) => {
      output[name] += text;
    });
  }
  child.stdin.on('error', () => {}).end(input);
  try {
    const [code] = await within(`the end of fcgi ${args.join(' ')}`, once(child, 'close'));
    return { code: code as number | null, ...output };
  } finally {
    child.kill('SIGKILL');
  }
}

/** Starts the built command; whoever does stops it. */
export function startFcgi(args: readonly string[], options: ProcessOptions = {}): RunningProcess {
  return new RunningProcess(process.execPath, [MAIN, ...args], options);
}

/** One line, and no stack trace: how each failure is told. */
export const ONE_LINE = /^fcgi: [^\n]+\n$/;
