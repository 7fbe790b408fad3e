import { copyFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from './certificate.ts';
import { address, deployFile, type Replacement, withOptionalLines } from './deploy.ts';
import type { FrontEnd, FrontEndOptions } from './front-end.ts';
import type { Program } from './requirement.ts';
import { type RunningWebServer, startWebServer } from './start-web-server.ts';

export const NGINX: Program = { path: '/usr/sbin/nginx', package: 'nginx-light' };

/** The variables as the package brings them: what sites in the field send. */
const STOCK_PARAMS = '/etc/nginx/fastcgi_params';

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((network) => network?.address === '::1');

/** nginx with deploy/nginx/socket.conf or keepalive.conf, and with streaming.conf beside it. */
export async function startNginx(options: FrontEndOptions): Promise<FrontEnd> {
  const { folder, application, keepConnections, certificate } = options;
  const target: Replacement = ['unix:/run/app/app.sock', address(application, 'unix:')];
  const file = keepConnections ? 'nginx/keepalive.conf' : 'nginx/socket.conf';
  const nginx = await startNginxWith(folder, 4, ([plain, secure, streaming, other] = []) => [
    nginxSite(file, [target], { plain, secure, certificate }),
    nginxSite('nginx/streaming.conf', [target], { plain: streaming, secure: other, certificate }),
  ]);
  return {
    ...nginx,
    secureOrigin: `https://127.0.0.1:${nginx.ports[1]}`,
    streamingOrigin: `http://127.0.0.1:${nginx.ports[2]}/live`,
    reload: () => nginx.signal('SIGHUP', 'exited with code 0'),
  };
}

interface Listeners {
  readonly plain: number | undefined;
  readonly secure?: number | undefined;
  readonly certificate?: Certificate | undefined;
}

/** A file of deploy/nginx/ that listens on the test's ports; over https if there is a certificate. */
export function nginxSite(
  file: string,
  replacements: readonly Replacement[],
  { plain, secure, certificate }: Listeners,
): string {
  const own = (port: number | undefined, rest: string) =>
    hasIpv6 ? `listen [::1]:${port}${rest};` : '';
  const site = deployFile(file, [
    ['listen 80;', `listen 127.0.0.1:${plain};`],
    ['listen [::]:80;', own(plain, '')],
    ['listen 443 ssl;', `listen 127.0.0.1:${secure} ssl;`],
    ['listen [::]:443 ssl;', own(secure, ' ssl')],
    ['app.example.org;', '127.0.0.1;'],
    [/\/etc\/letsencrypt\/.*fullchain.pem/, certificate?.certificateFile ?? ''],
    [/\/etc\/letsencrypt\/.*privkey.pem/, certificate?.keyFile ?? ''],
    ...replacements,
  ]);
  return certificate ? withOptionalLines(site) : site;
}

/** nginx with files of deploy/ as its sites, and otherwise as the package sets it up. */
export function startNginxWith(
  folder: string,
  portCount: number,
  sites: (ports: readonly number[]) => readonly string[],
): Promise<RunningWebServer> {
  const configuration = join(folder, 'nginx.conf');
  const logFile = join(folder, 'error.log');
  copyFileSync(STOCK_PARAMS, join(folder, 'fastcgi_params'));
  return startWebServer(portCount + 1, ({ ports, token }) => {
    writeFileSync(
      configuration,
      `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${logFile} info;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/client-body;
  fastcgi_temp_path ${folder}/fastcgi;
  proxy_temp_path ${folder}/proxy;
  scgi_temp_path ${folder}/scgi;
  uwsgi_temp_path ${folder}/uwsgi;
  sendfile on;
  tcp_nopush on;
  gzip on;
  ${sites(ports).join('\n')}
  server {
    listen 127.0.0.1:${ports.at(-1)};
    location = /.ready { return 200 ${token}; }
  }
}
`,
    );
    return { command: NGINX.path, args: ['-p', `${folder}/`, '-c', configuration], logFile };
  });
}
