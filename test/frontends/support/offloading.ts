import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { APACHE } from './apache.ts';
import { LIGHTTPD } from './lighttpd.ts';
import { NGINX } from './nginx.ts';
import type { Program } from './requirement.ts';
import { type Launch, type RunningWebServer, startWebServer } from './start-web-server.ts';

export const CADDY: Program = { path: '/usr/bin/caddy', package: 'caddy' };

/** The module is a package of its own. */
export const MOD_XSENDFILE: Program = {
  path: '/usr/lib/apache2/modules/mod_xsendfile.so',
  package: 'libapache2-mod-xsendfile',
};

/**
 * A web server that is set up as docs/offloading.md says; `folder` holds `app.sock` and the files.
 *
 * @param edit what a person got wrong of the page's lines
 */
export type StartOffloading = (folder: string, edit?: Edit) => Promise<RunningWebServer>;

export type Edit = (lines: string) => string;

const PAGE = join(__dirname, '../../../docs/offloading.md');

/** The page's lines for a web server, with the paths of the test. */
function documented(language: string, folder: string, edit: Edit = (lines) => lines): string {
  const block = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms');
  const lines = block.exec(readFileSync(PAGE, 'utf8'))?.[1];
  if (lines === undefined) throw new Error(`docs/offloading.md has nothing for ${language}`);
  return edit(lines)
    .replaceAll('/run/app/app.sock', join(folder, 'app.sock'))
    .replaceAll('/srv/app/files', join(folder, 'files'));
}

function start(
  folder: string,
  write: (setup: { port: number | undefined; token: string; own: string }) => Launch,
): Promise<RunningWebServer> {
  const own = join(folder, 'web-server');
  mkdirSync(own, { recursive: true });
  return startWebServer(1, ({ ports: [port], token }) => write({ port, token, own }));
}

export const startNginx: StartOffloading = (folder, edit) =>
  start(folder, ({ port, token, own }) => {
    const file = join(own, 'nginx.conf');
    const temporary = ['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi']
      .map((name) => `${name}_temp_path ${own}/${name};`)
      .join('\n');
    const site = documented('nginx', folder, edit).replace(
      'fastcgi_params',
      '/etc/nginx/fastcgi_params',
    );
    writeFileSync(
      file,
      `daemon off;
master_process off;
pid ${own}/nginx.pid;
error_log ${own}/error.log info;
events {}
http {
  access_log off;
  ${temporary}
  include /etc/nginx/mime.types;
  server {
    listen 127.0.0.1:${port};
    location = /.ready { return 200 ${token}; }
    ${site}
  }
}`,
    );
    const args = ['-p', `${own}/`, '-c', file];
    return { command: NGINX.path, args, logFile: join(own, 'error.log') };
  });

export const startLighttpd: StartOffloading = (folder, edit) =>
  start(folder, ({ port, token, own }) => {
    const file = join(own, 'lighttpd.conf');
    writeFileSync(join(own, '.ready'), token);
    writeFileSync(
      file,
      `server.modules = ( "mod_fastcgi" )
server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${own}"
server.upload-dirs = ( "${own}" )
server.errorlog = "${own}/error.log"
mimetype.assign = ( "" => "application/octet-stream" )
$HTTP["url"] != "/.ready" {
${documented('lighttpd', folder, edit)}
}`,
    );
    const args = ['-D', '-f', file];
    return { command: LIGHTTPD.path, args, logFile: join(own, 'error.log') };
  });

export const startApache: StartOffloading = (folder, edit) =>
  start(folder, ({ port, token, own }) => {
    const file = join(own, 'apache.conf');
    writeFileSync(join(own, '.ready'), token);
    const load = (name: string) =>
      `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`;
    writeFileSync(
      file,
      `ServerRoot ${own}
DefaultRuntimeDir ${own}
PidFile ${own}/apache.pid
ErrorLog ${own}/error.log
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
DocumentRoot ${own}
${['mpm_event', 'authz_core', 'proxy', 'proxy_fcgi', 'xsendfile'].map(load).join('\n')}
<Directory ${own}>
  Require all granted
</Directory>
ProxyPass "/.ready" "!"
${documented('apache', folder, edit)}`,
    );
    const root = ['--reuid=www-data', '--regid=www-data', '--clear-groups'];
    const right = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
    const args = ['-D', 'FOREGROUND', '-f', file];
    const logFile = join(own, 'error.log');
    // Apache does not serve as root.
    if (process.getuid?.() !== 0) return { command: APACHE.path, args, logFile };
    return {
      command: '/usr/bin/setpriv',
      args: [...root, ...right, APACHE.path, ...args],
      logFile,
    };
  });

export const startCaddy: StartOffloading = (folder, edit) =>
  start(folder, ({ port, token, own }) => {
    const file = join(own, 'Caddyfile');
    writeFileSync(
      file,
      `{
	admin off
	auto_https off
}
http://127.0.0.1:${port} {
	respond /.ready ${token}
	${documented('caddyfile', folder, edit)}
}`,
    );
    const env = { ...process.env, HOME: own, XDG_DATA_HOME: own, XDG_CONFIG_HOME: own };
    const variables = ['HOME', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME'].map(
      (name) => `${name}=${env[name as 'HOME']}`,
    );
    const args = [...variables, CADDY.path, 'run', '--config', file, '--adapter', 'caddyfile'];
    return { command: '/usr/bin/env', args };
  });
