import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ListenTarget } from './application.ts';

const DEPLOY = join(__dirname, '../../../deploy');

/** A text of a file in deploy/, and what the test puts in its place. */
export type Replacement = readonly [example: string | RegExp, own: string];

/**
 * A file of deploy/ with the paths and ports of the test in place of its example ones.
 *
 * @throws Error if the file lacks one of the texts: a test of a file must be a test of all of it
 */
export function deployFile(name: string, replacements: readonly Replacement[] = []): string {
  let text = readFileSync(join(DEPLOY, name), 'utf8');
  for (const [example, own] of replacements) {
    const next = text.replaceAll(
      typeof example === 'string' ? example : new RegExp(example, 'gm'),
      () => own,
    );
    if (next === text) throw new Error(`deploy/${name} has no ${example}`);
    text = next;
  }
  return text;
}

/** Takes in the lines that a file has as a comment, without a space after the `#`: those for https. */
export function withOptionalLines(text: string): string {
  return text.replace(/^(\s*)#(?! \S| *$|$)/gm, '$1');
}

/** The address of an application as a web server writes it, with its own prefix for the path of a socket. */
export function address(application: ListenTarget, prefix: string): string {
  return 'path' in application
    ? `${prefix}${application.path}`
    : `${application.host}:${application.port}`;
}
