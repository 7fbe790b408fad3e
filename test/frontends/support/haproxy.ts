import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrontEnd, FrontEndOptions } from './front-end.ts';
import type { Program } from './requirement.ts';
import { type Setup, startWebServer } from './start-web-server.ts';

export const HAPROXY: Program = { path: '/usr/sbin/haproxy', package: 'haproxy' };

/** HAProxy, which shares its connections among requests where they are kept. */
export async function startHaproxy(options: FrontEndOptions): Promise<FrontEnd> {
  const configuration = join(options.folder, 'haproxy.cfg');
  const haproxy = await startWebServer(2, (setup) => {
    writeFileSync(configuration, haproxyConfiguration(options, setup));
    return { command: HAPROXY.path, args: ['-db', '-f', configuration] };
  });
  return {
    ...haproxy,
    secureOrigin: `https://127.0.0.1:${haproxy.ports[1]}`,
    // It passes on what comes, and waits for nothing.
    streamingOrigin: haproxy.origin,
  };
}

/** What connections that are kept may do: HAProxy asks the application with FCGI_GET_VALUES. */
const SHARED = `option keep-conn
  option get-values
  option mpxs-conns
  option max-reqs 64`;

function haproxyConfiguration(
  { folder, application, keepConnections, certificate }: FrontEndOptions,
  { ports: [plain, secure], token }: Setup,
): string {
  const address =
    'path' in application ? `unix@${application.path}` : `${application.host}:${application.port}`;
  if (certificate) {
    const pem = certificate.pem + readFileSync(certificate.keyFile, 'latin1');
    writeFileSync(`${folder}/certificate.pem`, pem);
  }
  // One thread, and connections that anybody's request may use: what shares a connection is no accident.
  return `
global
  nbthread 1
  log stderr format raw daemon

defaults
  mode http
  log global
  http-reuse always
  option abortonclose
  timeout connect 10s
  timeout client 60s
  timeout server 60s

fcgi-app application
  docroot /nowhere
  log-stderr global
  ${keepConnections ? SHARED : 'no option keep-conn'}

frontend web
  bind 127.0.0.1:${plain}
  ${certificate ? `bind 127.0.0.1:${secure} ssl crt ${folder}/certificate.pem` : ''}
  http-request return status 200 content-type text/plain string ${token} if { path /.ready }
  default_backend application

backend application
  use-fcgi-app application
  server application ${address} proto fcgi
`;
}
