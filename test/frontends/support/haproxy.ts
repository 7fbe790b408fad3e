import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate } from './certificate.ts';
import { address, deployFile, type Replacement, withOptionalLines } from './deploy.ts';
import type { FrontEnd, FrontEndOptions } from './front-end.ts';
import type { Program } from './requirement.ts';
import { type RunningWebServer, startWebServer } from './start-web-server.ts';

export const HAPROXY: Program = { path: '/usr/sbin/haproxy', package: 'haproxy' };

/** Connections that are kept, and shared by as many requests as HAProxy learns with FCGI_GET_VALUES that it may. */
const SHARED = `option keep-conn
    option get-values
    option mpxs-conns
    option max-reqs 64`;

/** HAProxy with deploy/haproxy/socket.cfg, which shares its connections among requests where they are kept. */
export async function startHaproxy(options: FrontEndOptions): Promise<FrontEnd> {
  const { folder, application, keepConnections, certificate } = options;
  const changes: Replacement[] = [['unix@/run/app/app.sock', address(application, 'unix@')]];
  if (keepConnections) changes.push(['no option keep-conn', SHARED]);
  const haproxy = await startHaproxyWith(folder, certificate, (own) =>
    deployFile('haproxy/socket.cfg', [...own, ...changes]),
  );
  return {
    ...haproxy,
    secureOrigin: `https://127.0.0.1:${haproxy.ports[1]}`,
    // It passes on what comes, and waits for nothing.
    streamingOrigin: haproxy.origin,
    reload: () => haproxy.signal('SIGUSR2', 'Loading success'),
  };
}

/** HAProxy with a file of deploy/, under the test's own user and on its ports. */
export function startHaproxyWith(
  folder: string,
  certificate: Certificate | undefined,
  configuration: (own: readonly Replacement[]) => string,
): Promise<RunningWebServer> {
  const file = join(folder, 'haproxy.cfg');
  const pem = join(folder, 'certificate.pem');
  if (certificate) {
    writeFileSync(pem, certificate.pem + readFileSync(certificate.keyFile, 'latin1'));
  }
  return startWebServer(3, ({ ports: [plain, secure, ready], token }) => {
    const text = configuration([
      [/^ *(user|group) haproxy$/, ''],
      // One thread, and connections that anybody's request may use: what shares a connection is no accident.
      ['log /dev/log local0', 'log stderr format raw daemon\n    nbthread 1'],
      ['defaults\n', 'defaults\n    http-reuse always\n'],
      [' :80', ` 127.0.0.1:${plain}`],
      [' :443', ` 127.0.0.1:${secure}`],
      ['/etc/haproxy/app.example.org.pem', pem],
    ]);
    writeFileSync(
      file,
      `${certificate ? withOptionalLines(text) : text}
frontend ready
    bind 127.0.0.1:${ready}
    http-request return status 200 content-type text/plain string ${token}
`,
    );
    return { command: HAPROXY.path, args: ['-W', '-db', '-f', file] };
  });
}
