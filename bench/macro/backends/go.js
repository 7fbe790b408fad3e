import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../support/find-program.js';
import { toldVersion } from '../../support/machine.js';
import { PLAIN_APPS } from '../backend.js';

const SOURCE = fileURLToPath(new URL('programs/go.go', import.meta.url));

/** @type {import('../backend.js').Backend} */
export const go = {
  name: 'go',
  says: 'Go `net/http/fcgi`, GOMAXPROCS=1, behind `fastcgi_pass`',
  protocol: 'fastcgi',
  apps: PLAIN_APPS,
  isCompiled: true,
  missing: () => (findProgram('go') ? undefined : 'golang-go'),
  version: () => toldVersion('go', ['version']),
  prepare: ({ folder, app, socket }) => {
    const program = join(folder, 'go');
    if (!existsSync(program)) build(program, folder);
    return { command: program, args: [app, socket], env: { ...process.env, GOMAXPROCS: '1' } };
  },
};

/** @param {string} program @param {string} folder */
function build(program, folder) {
  const env = {
    ...process.env,
    GOCACHE: join(folder, 'go-cache'),
    GOPATH: join(folder, 'go-path'),
    GO111MODULE: 'off',
    GOFLAGS: '',
    GOPROXY: 'off',
  };
  execFileSync('go', ['build', '-o', program, SOURCE], { env, stdio: 'pipe' });
}
