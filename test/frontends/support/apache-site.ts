import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apacheCommand, MODULES } from './apache.ts';
import type { Certificate } from './certificate.ts';
import { address, deployFile, withOptionalLines } from './deploy.ts';
import type { FrontEnd, FrontEndOptions } from './front-end.ts';
import { type Launch, type RunningWebServer, startWebServer } from './start-web-server.ts';

/** The modules that the package enables, those of `a2enmod proxy_fcgi`, and those of `a2enmod ssl`. */
const ENABLED =
  `access_compat alias auth_basic authn_core authn_file authz_core authz_host authz_user autoindex
  deflate dir env filter mime mpm_event negotiation reqtimeout setenvif status
  proxy proxy_fcgi socache_shmcb ssl`.split(/\s+/);

/** Where the package keeps what it configures of a module. */
const STOCK_CONFIGURATIONS = '/etc/apache2/mods-available';

/** Apache with deploy/apache/unix.conf, or tcp.conf, in front of an application that runs. */
export async function startApache(options: FrontEndOptions): Promise<FrontEnd> {
  const { folder, application, certificate } = options;
  const apache = await startApacheWith(folder, [], ([plain, secure] = []) => {
    const site =
      'path' in application
        ? deployFile('apache/unix.conf', [['/run/app/app.sock', application.path]])
        : deployFile('apache/tcp.conf', [['127.0.0.1:9000', address(application, '')]]);
    return apacheSite(site, { plain, secure, certificate });
  });
  return {
    ...apache,
    secureOrigin: `https://127.0.0.1:${apache.ports[1]}`,
    streamingOrigin: apache.origin,
    reload: () => apache.signal('SIGUSR1', 'resuming normal operations'),
  };
}

interface Listeners {
  readonly plain: number | undefined;
  readonly secure?: number | undefined;
  readonly certificate?: Certificate | undefined;
}

/** A site on the test's ports; with a certificate also as the second one, for https, that its comment asks for. */
export function apacheSite(site: string, { plain, secure, certificate }: Listeners): string {
  const named = site.replace('app.example.org', '127.0.0.1');
  const forHttp = named.replace('*:80', `127.0.0.1:${plain}`);
  if (!certificate) return forHttp;
  const forHttps = withOptionalLines(named)
    .replace('*:80', `127.0.0.1:${secure}`)
    .replace(/\/etc\/letsencrypt\/.*fullchain.pem/, certificate.certificateFile)
    .replace(/\/etc\/letsencrypt\/.*privkey.pem/, certificate.keyFile);
  return `${forHttp}\n${forHttps}`;
}

/**
 * Apache with a site, and otherwise as the package sets it up.
 *
 * @param command who runs it
 */
export function startApacheWith(
  folder: string,
  modules: readonly string[],
  configuration: (ports: readonly number[]) => string,
  command: (args: readonly string[]) => Launch = apacheCommand,
): Promise<RunningWebServer> {
  const file = join(folder, 'apache.conf');
  const logFile = join(folder, 'error.log');
  const www = join(folder, 'www');
  mkdirSync(www, { recursive: true });
  return startWebServer(3, ({ ports, token }) => {
    writeFileSync(join(www, '.ready'), token);
    writeFileSync(
      file,
      `
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache.pid
ErrorLog ${logFile}
ServerName 127.0.0.1
${ports.map((port) => `Listen 127.0.0.1:${port}`).join('\n')}
${[...ENABLED, ...modules].map(load).join('\n')}
<Directory />
  Options FollowSymLinks
  AllowOverride None
  Require all denied
</Directory>
<Directory ${www}>
  Require all granted
</Directory>
${configuration(ports)}
<VirtualHost 127.0.0.1:${ports.at(-1)}>
  DocumentRoot ${www}
</VirtualHost>
`,
    );
    const env = { ...process.env, APACHE_RUN_DIR: folder, APACHE_LOG_DIR: folder };
    return { ...command(['-D', 'FOREGROUND', '-f', file]), env, logFile };
  });
}

function load(name: string): string {
  const stock = join(STOCK_CONFIGURATIONS, `${name}.conf`);
  const line = `LoadModule ${name}_module ${MODULES}/mod_${name}.so`;
  return existsSync(stock) ? `${line}\nInclude ${stock}` : line;
}
