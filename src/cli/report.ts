import { inspect } from 'node:util';
import { colorsFor } from './colors.ts';
import { messageOf } from './failure.ts';
import { type Host, tell } from './host.ts';

/** One line that says what failed; with `verbose` its stack trace too. */
export function report(
  error: unknown,
  host: Host,
  { verbose, hint = '' }: { verbose: boolean; hint?: string },
): void {
  const { red } = colorsFor(host.process.stderr, host.process.env);
  tell(host, `${red('fcgi:')} ${messageOf(error)}${hint}`);
  if (verbose) tell(host, inspect(error));
}
