import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate } from './certificate.ts';
import type { FrontEnd, FrontEndOptions } from './front-end.ts';
import type { Program } from './requirement.ts';
import { type Setup, startWebServer } from './start-web-server.ts';

export const NGINX: Program = { path: '/usr/sbin/nginx', package: 'nginx-light' };

/** The variables as the package brings them: what sites in the field send. */
const STOCK_PARAMS = '/etc/nginx/fastcgi_params';

/** nginx on a port for http, one for https, and one where request bodies are not buffered. */
export async function startNginx(options: FrontEndOptions): Promise<FrontEnd> {
  const { folder } = options;
  const configuration = join(folder, 'nginx.conf');
  const logFile = join(folder, 'error.log');
  const nginx = await startWebServer(3, (setup) => {
    writeFileSync(configuration, nginxConfiguration(options, setup));
    return { command: NGINX.path, args: ['-p', `${folder}/`, '-c', configuration], logFile };
  });
  return {
    ...nginx,
    secureOrigin: `https://127.0.0.1:${nginx.ports[1]}`,
    streamingOrigin: `http://127.0.0.1:${nginx.ports[2]}`,
  };
}

function nginxConfiguration(
  { folder, application, keepConnections, certificate }: FrontEndOptions,
  { ports: [plain, secure, streaming], token }: Setup,
): string {
  const target =
    'path' in application ? `unix:${application.path}` : `${application.host}:${application.port}`;
  // One process under the test's own user: it needs no right that the test lacks.
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log info;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/client-body;
  fastcgi_temp_path ${folder}/fastcgi;
  proxy_temp_path ${folder}/proxy;
  scgi_temp_path ${folder}/scgi;
  uwsgi_temp_path ${folder}/uwsgi;
  client_max_body_size 100m;

  upstream application {
    server ${target};
    ${keepConnections ? 'keepalive 16;' : ''}
  }
  include ${STOCK_PARAMS};
  fastcgi_keep_conn ${keepConnections ? 'on' : 'off'};

  server {
    listen 127.0.0.1:${plain};
    ${certificate ? secureListener(secure, certificate) : ''}
    location / { fastcgi_pass application; }
    location = /.ready { return 200 ${token}; }
  }
  server {
    listen 127.0.0.1:${streaming};
    fastcgi_request_buffering off;
    location / { fastcgi_pass application; }
  }
}
`;
}

function secureListener(
  port: number | undefined,
  { certificateFile, keyFile }: Certificate,
): string {
  return `listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificateFile};
    ssl_certificate_key ${keyFile};`;
}
