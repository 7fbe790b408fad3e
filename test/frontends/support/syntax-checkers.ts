import { execFile } from 'node:child_process';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { APACHE } from './apache.ts';
import { HAPROXY } from './haproxy.ts';
import { LIGHTTPD } from './lighttpd.ts';
import { NGINX } from './nginx.ts';
import type { Program } from './requirement.ts';

const run = promisify(execFile);

/** A command that a server checks a configuration with. */
interface Check {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Whether it warns of mistakes without failing. */
  readonly warns?: boolean;
}

/** How a server checks a configuration by itself. */
export interface Checker {
  readonly program: Program;
  /** Writes the configuration, with what surrounds it on a host, into an empty folder. */
  prepare(configuration: string, folder: string): Check;
}

const CADDY: Program = { path: '/usr/bin/caddy', package: 'caddy' };
const SYSTEMD: Program = { path: '/usr/bin/systemd-analyze', package: 'systemd' };

function write(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const nginx: Checker = {
  program: NGINX,
  prepare(configuration, folder) {
    symlinkSync('/etc/nginx/fastcgi_params', join(folder, 'fastcgi_params'));
    // The check binds the ports; not every host lets it bind these.
    const site = configuration
      .replace(/listen \[::\]:80;/g, '')
      .replace(/listen 80;/g, 'listen 8080;');
    const head = `pid ${folder}/pid; events {} http { access_log off;`;
    const file = write(folder, 'nginx.conf', `${head}\n${site}\n}`);
    return { command: NGINX.path, args: ['-t', '-e', join(folder, 'error.log'), '-c', file] };
  },
};

/** The modules that the files of `deploy/` ask for, and those without which Apache does not start. */
const APACHE_MODULES = [
  'mpm_event',
  'authz_core',
  'alias',
  'cgid',
  'dir',
  'env',
  'headers',
  'mime',
  'proxy',
  'proxy_fcgi',
  'rewrite',
  'setenvif',
];

const MODULES = '/usr/lib/apache2/modules';

/** What only the variant for X-Sendfile needs. */
export const XSENDFILE: Program = {
  path: `${MODULES}/mod_xsendfile.so`,
  package: 'libapache2-mod-xsendfile',
};

function apacheCheck(configuration: string, folder: string): Check {
  const load = (name: string) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`;
  const modules = existsSync(XSENDFILE.path) ? [...APACHE_MODULES, 'xsendfile'] : APACHE_MODULES;
  const head = [
    `ServerRoot ${folder}`,
    `DefaultRuntimeDir ${folder}`,
    `ErrorLog ${folder}/error.log`,
    'ServerName 127.0.0.1',
    'Listen 127.0.0.1:8080',
    ...modules.map(load),
  ];
  const file = write(folder, 'apache.conf', `${head.join('\n')}\n${configuration}`);
  return { command: APACHE.path, args: ['-t', '-f', file] };
}

const apache: Checker = { program: APACHE, prepare: apacheCheck };

/** Apache reads such a file when a request comes, as what stands for its folder. */
const htaccess: Checker = {
  program: APACHE,
  prepare: (configuration, folder) =>
    apacheCheck(`<Directory ${folder}>\n${configuration}\n</Directory>\n`, folder),
};

const lighttpd: Checker = {
  program: LIGHTTPD,
  prepare(configuration, folder) {
    const head = `server.modules = ()\nserver.port = 8080\nserver.document-root = "${folder}"\n`;
    const file = write(folder, 'lighttpd.conf', head + configuration);
    return { command: LIGHTTPD.path, args: ['-tt', '-f', file] };
  },
};

const haproxy: Checker = {
  program: HAPROXY,
  prepare(configuration, folder) {
    const file = write(folder, 'haproxy.cfg', configuration);
    return { command: HAPROXY.path, args: ['-c', '-f', file] };
  },
};

const caddy: Checker = {
  program: CADDY,
  prepare(configuration, folder) {
    const file = write(folder, 'Caddyfile', configuration);
    const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    const args = ['adapt', '--validate', '--adapter', 'caddyfile', '--config', file];
    return { command: CADDY.path, args, env };
  },
};

const systemd: Checker = {
  program: SYSTEMD,
  prepare(configuration, folder) {
    // Both units come in one text; each begins with its comment.
    const [service = '', socket = ''] = configuration.split(/\n(?=# systemd, the socket)/);
    // The check looks for the program.
    const runnable = service.replace('/usr/bin/node', process.execPath);
    const units = [write(folder, 'app.service', runnable), write(folder, 'app.socket', socket)];
    return { command: SYSTEMD.path, args: ['verify', '--man=no', ...units], warns: true };
  },
};

/** How the configurations of each server are checked. */
export const checkers: { readonly [server: string]: Checker } = {
  nginx,
  apache,
  htaccess,
  lighttpd,
  haproxy,
  caddy,
  systemd,
};

/** Has the server check the configuration, and returns what it complains of; '' if it is right. */
export async function complaints(
  { prepare }: Checker,
  configuration: string,
  folder: string,
): Promise<string> {
  const { command, args, env = process.env, warns = false } = prepare(configuration, folder);
  try {
    const { stderr } = await run(command, args, { env });
    return warns ? stderr : '';
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `${stdout}${stderr}` || String(error);
  }
}
