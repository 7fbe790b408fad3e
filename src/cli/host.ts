import type { Host as ProgramHost } from '../program/serve-options.ts';

/** The process that a command runs in: all that is asked of it, so that tests can give another one. */
export interface Host {
  readonly process: ProgramHost & Pick<NodeJS.Process, 'cwd' | 'execPath' | 'execArgv'>;
  /** The folder of this package: where `package.json` and `deploy/` are. */
  readonly packageFolder: string;
  /** Loads a module by its URL: `import()`, but for tests. */
  readonly load: (url: string) => Promise<unknown>;
}

/** Writes a text to the standard output. */
export function print({ process }: Host, text: string): void {
  process.stdout.write(text);
}

/** Writes a line to the standard error. */
export function tell({ process }: Host, line: string): void {
  process.stderr.write(`${line}\n`);
}
