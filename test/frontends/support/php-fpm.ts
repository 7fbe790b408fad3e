import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { within } from '../../support/deadline.ts';
import { RunningProcess } from './process.ts';
import type { Program } from './requirement.ts';

export const PHP_FPM: Program = { path: '/usr/sbin/php-fpm8.2', package: 'php8.2-fpm' };

/** php-fpm with two workers that listen on a Unix socket. */
export interface PhpFpm {
  readonly socket: string;
  stop(): Promise<void>;
}

/** @param folder an empty one for its configuration, log and socket */
export async function startPhpFpm(folder: string): Promise<PhpFpm> {
  const socket = join(folder, 'php.sock');
  const file = join(folder, 'php-fpm.conf');
  writeFileSync(
    file,
    `
[global]
error_log = ${join(folder, 'php-error.log')}
daemonize = no
[www]
listen = ${socket}
pm = static
pm.max_children = 2
catch_workers_output = no
`,
  );
  // Without php.ini, so that the settings are PHP's own: cgi.fix_pathinfo is on.
  const asRoot = userInfo().uid === 0 ? ['-R'] : [];
  const program = new RunningProcess(PHP_FPM.path, ['-n', '-F', ...asRoot, '-y', file]);
  try {
    await within('php-fpm', accepting(socket, program));
  } catch (cause) {
    await program.stop('SIGKILL');
    throw new Error(`php-fpm did not start:\n${program.output}`, { cause });
  }
  return { socket, stop: async () => void (await program.stop()) };
}

async function accepting(path: string, program: RunningProcess): Promise<void> {
  while (program.running) {
    const connected = await new Promise((resolve) => {
      const socket = connect(path, () => {
        socket.destroy();
        resolve(true);
      }).on('error', () => resolve(false));
    });
    if (connected) return;
    await wait(10);
  }
  throw new Error('It ended');
}
