import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../support/find-program.js';
import { toldVersion } from '../../support/machine.js';
import { PLAIN_APPS } from '../backend.js';

/** Newer ones are as good: what is measured is hello world. */
const NAMES = ['php-fpm8.4', 'php-fpm8.3', 'php-fpm8.2', 'php-fpm'];

const program = () => NAMES.map(findProgram).find((path) => path !== undefined);

/** @type {import('../backend.js').Backend} */
export const phpFpm = {
  name: 'php-fpm',
  says: 'php-fpm behind `fastcgi_pass`, a process for each connection',
  protocol: 'fastcgi',
  apps: PLAIN_APPS,
  missing: () => (program() ? undefined : 'php8.2-fpm'),
  version: () => toldVersion(program() ?? '', ['-v']),
  prepare: ({ folder, socket, workers }) => {
    const file = join(folder, 'php-fpm.conf');
    writeFileSync(file, configuration({ folder, socket, workers }));
    const asRoot = userInfo().uid === 0 ? ['-R'] : [];
    // Without php.ini the bytecode cache is on for php-fpm, as on a host.
    const cache = ['-d', 'zend_extension=opcache', '-d', 'opcache.enable=1'];
    return {
      command: program() ?? '',
      args: ['-n', ...cache, '-d', 'post_max_size=8M', '-F', ...asRoot, '-y', file],
    };
  },
};

/** @param {{ folder: string, socket: string, workers: number }} setup */
function configuration({ folder, socket, workers }) {
  return `
[global]
error_log = ${join(folder, 'php-error.log')}
daemonize = no
[www]
listen = ${socket}
pm = static
pm.max_children = ${workers}
`;
}
