import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder `programs` holds a file of this name. */
export type ProgramName = 'spawned' | 'served' | 'authorizer' | 'any';

/** What `node` runs. */
export function programFile(program: ProgramName): string {
  return join(__dirname, 'programs', `${program}.mjs`);
}

/** Writes an executable file for a web server to start, which becomes that program. */
export function writeExecutable(file: string, program: ProgramName): string {
  const script = `#!/bin/sh\nexec '${process.execPath}' '${programFile(program)}'\n`;
  writeFileSync(file, script, { mode: 0o755 });
  return file;
}

/** A request to the program `any`, and what it answers however it was started. */
export const ANY = {
  url: '/path?q=1',
  request: {
    method: 'POST',
    headers: { 'X-Tag': 'a', 'Content-Type': 'text/plain' },
    body: 'Grüß Gott',
  },
  answer: { method: 'POST', url: '/path?q=1', tag: 'a', body: 'Grüß Gott' },
};
