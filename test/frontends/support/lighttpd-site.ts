import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deployFile, type Replacement, withOptionalLines } from './deploy.ts';
import type { FrontEnd, FrontEndOptions } from './front-end.ts';
import { LIGHTTPD } from './lighttpd.ts';
import type { Program } from './requirement.ts';
import { type RunningWebServer, startWebServer } from './start-web-server.ts';

/** The module is a package of its own. */
export const LIGHTTPD_OPENSSL: Program = {
  path: '/usr/lib/lighttpd/mod_openssl.so',
  package: 'lighttpd-mod-openssl',
};

/** The package's configuration, into which that of the application is copied. */
const STOCK_CONFIGURATION = '/etc/lighttpd/lighttpd.conf';

/** lighttpd with deploy/lighttpd/connect.conf, in front of an application that runs. */
export async function startLighttpd(options: FrontEndOptions): Promise<FrontEnd> {
  const { folder, application, certificate } = options;
  mkdirSync(join(folder, 'www'));
  const target: Replacement[] =
    'path' in application
      ? [['/run/app/app.sock', application.path]]
      : [
          [
            '"socket" => "/run/app/app.sock"',
            `"host" => "${application.host}", "port" => ${application.port}`,
          ],
        ];
  const lighttpd = await startLighttpdWith(folder, ([, secure] = []) => {
    const site = deployFile('lighttpd/connect.conf', [
      ...target,
      ['":443"', `"127.0.0.1:${secure}"`],
      [/\/etc\/letsencrypt\/.*fullchain.pem/, certificate?.certificateFile ?? ''],
      [/\/etc\/letsencrypt\/.*privkey.pem/, certificate?.keyFile ?? ''],
    ]);
    return certificate ? withOptionalLines(site) : site;
  });
  return {
    ...lighttpd,
    secureOrigin: `https://127.0.0.1:${lighttpd.ports[1]}`,
    streamingOrigin: lighttpd.origin,
    reload: () => lighttpd.signal('SIGUSR1', 'server started'),
  };
}

/** lighttpd with a configuration beside the package's own, on a port for http and one for https. */
export function startLighttpdWith(
  folder: string,
  configuration: (ports: readonly number[]) => string,
): Promise<RunningWebServer> {
  const file = join(folder, 'lighttpd.conf');
  const logFile = join(folder, 'error.log');
  return startWebServer(3, ({ ports, token }) => {
    const ready = ports.at(-1);
    writeFileSync(join(folder, 'www', '.ready'), token);
    writeFileSync(join(folder, '60-app.conf'), configuration(ports));
    const stock = readFileSync(STOCK_CONFIGURATION, 'utf8')
      // What only root may, and where the package keeps its files.
      .replace(/^server\.(username|groupname|pid-file).*$/gm, '')
      .replace(/^(server\.document-root\s*=).*$/m, `$1 "${folder}/www"`)
      .replace(/^(server\.upload-dirs\s*=).*$/m, `$1 ( "${folder}" )`)
      .replace(/^(server\.errorlog\s*=).*$/m, `$1 "${logFile}"`)
      .replace(/^(server\.port\s*=).*$/m, `$1 ${ports[0]}\nserver.bind = "127.0.0.1"`)
      .replace(/^include_shell ".*use-ipv6.*$/m, '')
      .replace(/^(include ").*(")$/m, `$1${folder}/60-app.conf$2`);
    writeFileSync(
      file,
      `${stock}
$SERVER["socket"] == "127.0.0.1:${ready}" { fastcgi.server = () }
`,
    );
    return { command: LIGHTTPD.path, args: ['-D', '-f', file], logFile };
  });
}
