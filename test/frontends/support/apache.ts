import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeExecutable } from './programs.ts';
import type { Program } from './requirement.ts';
import {
  isRestricted,
  type Launch,
  type RunningWebServer,
  startWebServer,
} from './start-web-server.ts';

export const APACHE: Program = { path: '/usr/sbin/apache2', package: 'apache2' };

export const MODULES = '/usr/lib/apache2/modules';

/** The module is a package of its own. */
export const MOD_FCGID: Program = {
  path: `${MODULES}/mod_fcgid.so`,
  package: 'libapache2-mod-fcgid',
};

/**
 * Apache that starts programs: `app.fcgi` is the application, `*.cgi` are plain CGI, and Authorizers stand
 * in front of the folders `members` and `guests`.
 */
export function startApacheWithPrograms(folder: string): Promise<RunningWebServer> {
  const www = join(folder, 'www');
  for (const place of ['members', 'guests']) {
    mkdirSync(join(www, place));
    writeFileSync(join(www, place, 'list.txt'), 'Alice, Bob');
  }
  writeExecutable(join(www, 'app.fcgi'), 'spawned');
  writeExecutable(join(www, 'any.cgi'), 'any');
  const authorizer = writeExecutable(join(folder, 'authorizer'), 'authorizer');
  return start(
    folder,
    ['authn_core', 'authz_user', 'headers', 'fcgid', 'cgid'],
    `FcgidIPCDir ${folder}
FcgidProcessTableFile ${folder}/fcgid.table
FcgidZombieScanInterval 1
FcgidMaxRequestLen 100000000
FcgidInitialEnv GREETING "from Apache"
ScriptSock ${folder}/cgid.sock
<Directory ${www}>
  Options +ExecCGI
  <FilesMatch "\\.fcgi$">
    SetHandler fcgid-script
  </FilesMatch>
  <FilesMatch "\\.cgi$">
    SetHandler cgi-script
  </FilesMatch>
</Directory>
<Directory ${www}/members>
  AuthType Basic
  AuthName Members
  FcgidAuthenticator ${authorizer}
  FcgidAuthorizer ${authorizer}
  Require valid-user
  Header set X-Seen "%{SEEN}e"
</Directory>
<Directory ${www}/guests>
  FcgidAccessChecker ${authorizer}
</Directory>`,
  );
}

function start(
  folder: string,
  modules: readonly string[],
  configuration: string,
): Promise<RunningWebServer> {
  const file = join(folder, 'apache.conf');
  const logFile = join(folder, 'error.log');
  const load = (name: string) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`;
  return startWebServer(1, ({ ports: [port], token }) => {
    writeFileSync(join(folder, 'www', '.ready'), token);
    writeFileSync(
      file,
      `
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache.pid
ErrorLog ${logFile}
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
DocumentRoot ${folder}/www
${['mpm_event', 'authz_core', 'env', ...modules].map(load).join('\n')}
<Directory ${folder}/www>
  Require all granted
</Directory>
${configuration}
`,
    );
    return { ...apacheCommand(['-D', 'FOREGROUND', '-f', file]), logFile };
  });
}

/**
 * Apache does not serve as root. Where the test is root, Apache gets another user, but keeps the right to
 * read what is root's: the test's folder, and wherever the package lies.
 */
export function apacheCommand(args: readonly string[]): Launch {
  if (process.getuid?.() !== 0) return { command: APACHE.path, args };
  const user = ['--reuid=www-data', '--regid=www-data', '--clear-groups'];
  if (isRestricted()) return { command: '/usr/bin/setpriv', args: [...user, APACHE.path, ...args] };
  const right = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return { command: '/usr/bin/setpriv', args: [...user, ...right, APACHE.path, ...args] };
}
