import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { Host } from '../../../src/cli/host.ts';
import { run } from '../../../src/cli/run.ts';
import { FakeProcess } from '../../program/serve-host.ts';

const repository = join(__dirname, '../../..');

/** A process that is none, for a command to run in. */
export class CommandProcess extends FakeProcess {
  override stdin = new PassThrough() as FakeProcess['stdin'] & PassThrough;
  execPath = process.execPath;
  execArgv: string[] = [];
  folder = repository;
  cwd = () => this.folder;

  /** Makes its outputs terminals. */
  onTerminal(...names: ('stdout' | 'stderr')[]): this {
    for (const name of names) Object.assign(this[name], { isTTY: true });
    return this;
  }
}

/** What a command did. */
export interface Outcome {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The host of a command that runs in this process. */
export function hostOf(command: CommandProcess): Host {
  return {
    process: command as unknown as Host['process'],
    packageFolder: repository,
    // What import() gives of a CommonJS module.
    load: async (url) => {
      const exports = require(new URL(url).pathname);
      return { ...(typeof exports === 'object' && exports), default: exports };
    },
  };
}

/** Runs a command line in this process. */
export async function runHere(
  argv: readonly string[],
  command: CommandProcess = new CommandProcess(),
): Promise<Outcome> {
  const output = { stdout: '', stderr: '' };
  // Read while it runs: it would wait for that.
  for (const name of ['stdout', 'stderr'] as const) {
    command[name].on('data', (chunk) => {
      output[name] += chunk;
    });
  }
  const code = await run(argv, hostOf(command));
  await setImmediate();
  return { code, ...output };
}
