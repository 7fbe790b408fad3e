import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../support/find-program.js';
import { toldVersion } from '../../support/machine.js';
import { PLAIN_APPS } from '../backend.js';

const SOURCE = fileURLToPath(new URL('programs/libfcgi.c', import.meta.url));

/** @type {import('../backend.js').Backend} */
export const libfcgi = {
  name: 'libfcgi',
  says: 'C with libfcgi behind `fastcgi_pass`, a process for each connection',
  protocol: 'fastcgi',
  apps: PLAIN_APPS,
  isCompiled: true,
  missing: () => {
    if (!findProgram('gcc')) return 'gcc and libc6-dev';
    return existsSync('/usr/include/fcgiapp.h') ? undefined : 'libfcgi-dev';
  },
  version: () => `built by gcc ${toldVersion('gcc', ['-dumpfullversion'])}`,
  prepare: ({ folder, app, socket, workers }) => {
    const program = join(folder, 'libfcgi');
    if (!existsSync(program)) {
      execFileSync('gcc', ['-O2', '-Wall', '-Werror', '-o', program, SOURCE, '-lfcgi'], {
        stdio: 'pipe',
      });
    }
    return { command: program, args: [app, socket, String(workers)] };
  },
};
