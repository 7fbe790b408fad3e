import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deployFile, withOptionalLines } from './deploy.ts';
import type { FrontEnd, FrontEndOptions } from './front-end.ts';
import type { Program } from './requirement.ts';
import { startWebServer } from './start-web-server.ts';

export const H2O: Program = { path: '/usr/bin/h2o', package: 'h2o' };

/** h2o with deploy/h2o/h2o.conf. */
export async function startH2o(options: FrontEndOptions): Promise<FrontEnd> {
  const { folder, application, certificate } = options;
  const file = join(folder, 'h2o.conf');
  const logFile = join(folder, 'error.log');
  mkdirSync(join(folder, 'www'));
  const target =
    'path' in application
      ? `type: unix\n          port: ${application.path}`
      : `host: ${application.host}\n          port: ${application.port}`;
  const h2o = await startWebServer(3, ({ ports: [plain, secure, ready], token }) => {
    writeFileSync(join(folder, 'www', '.ready'), token);
    const site = deployFile('h2o/h2o.conf', [
      // Without a user h2o, started by root, becomes nobody.
      [/^user: .*$/, process.getuid?.() === 0 ? 'user: root' : ''],
      ['/run/h2o.pid', join(folder, 'h2o.pid')],
      ['/var/log/h2o/error.log', logFile],
      ['app.example.org', '127.0.0.1'],
      [/port: 80$/, `port: ${plain}\n      host: 127.0.0.1`],
      [/port: 443$/, `port: ${secure}\n    #  host: 127.0.0.1`],
      [/\/etc\/letsencrypt\/.*fullchain.pem/, certificate?.certificateFile ?? ''],
      [/\/etc\/letsencrypt\/.*privkey.pem/, certificate?.keyFile ?? ''],
      [/type: unix\n *port: .*$/, target],
    ]);
    writeFileSync(
      file,
      `${certificate ? withOptionalLines(site) : site}
  "ready":
    listen:
      port: ${ready}
      host: 127.0.0.1
    paths:
      "/":
        file.dir: ${folder}/www
`,
    );
    return { command: H2O.path, args: ['-m', 'master', '-c', file], logFile };
  });
  return {
    ...h2o,
    secureOrigin: `https://127.0.0.1:${h2o.ports[1]}`,
    streamingOrigin: h2o.origin,
    reload: () => h2o.signal('SIGHUP', 'new worker is now running'),
  };
}
