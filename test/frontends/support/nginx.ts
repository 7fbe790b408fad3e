import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { within } from '../../support/deadline.ts';
import type { Certificate } from './certificate.ts';
import { freePorts } from './free-port.ts';
import type { FrontEnd, FrontEndOptions } from './front-end.ts';
import { RunningProcess } from './process.ts';
import type { Program } from './requirement.ts';

export const NGINX: Program = { path: '/usr/sbin/nginx', package: 'nginx-light' };

/** The variables as the package brings them: what sites in the field send. */
const STOCK_PARAMS = '/etc/nginx/fastcgi_params';

const ATTEMPTS = 5;

interface Ports {
  readonly plain: number;
  readonly secure: number;
  readonly streaming: number;
}

/** Starts nginx in the foreground, on loopback ports that are free. */
export async function startNginx(options: FrontEndOptions): Promise<FrontEnd> {
  for (let attempt = 1; ; attempt++) {
    const [plain = 0, secure = 0, streaming = 0] = await freePorts(3);
    try {
      return await start(options, { plain, secure, streaming });
    } catch (error) {
      const taken = /Address already in use/.test((error as Error).message);
      if (!taken || attempt === ATTEMPTS) throw error;
    }
  }
}

async function start(options: FrontEndOptions, ports: Ports): Promise<FrontEnd> {
  const { folder } = options;
  const token = randomUUID();
  const configuration = join(folder, 'nginx.conf');
  const logFile = join(folder, 'error.log');
  writeFileSync(configuration, nginxConfiguration(options, ports, token));
  writeFileSync(logFile, '');
  const nginx = new RunningProcess(NGINX.path, ['-p', `${folder}/`, '-c', configuration]);
  const errorLog = () => readFileSync(logFile, 'utf8');
  const origin = `http://127.0.0.1:${ports.plain}`;
  try {
    await within('nginx to answer', ready(`${origin}/.ready`, token, nginx));
  } catch (cause) {
    await nginx.stop('SIGKILL');
    throw new Error(`nginx did not start:\n${nginx.output}\n${errorLog()}`, { cause });
  }
  return {
    origin,
    secureOrigin: `https://127.0.0.1:${ports.secure}`,
    streamingOrigin: `http://127.0.0.1:${ports.streaming}`,
    errorLog,
    stop: async () => void (await nginx.stop()),
  };
}

/** Asks until this very nginx answers, and not another program that got the port first. */
async function ready(url: string, token: string, nginx: RunningProcess): Promise<void> {
  while (nginx.running) {
    const answer = await fetch(url).then(
      (response) => response.text(),
      () => undefined,
    );
    if (answer === token) return;
    await wait(10);
  }
  throw new Error('nginx ended');
}

function nginxConfiguration(
  { folder, application, keepConnections, certificate }: FrontEndOptions,
  ports: Ports,
  token: string,
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
    listen 127.0.0.1:${ports.plain};
    ${certificate ? secureListener(ports.secure, certificate) : ''}
    location / { fastcgi_pass application; }
    location = /.ready { return 200 ${token}; }
  }
  server {
    listen 127.0.0.1:${ports.streaming};
    fastcgi_request_buffering off;
    location / { fastcgi_pass application; }
  }
}
`;
}

function secureListener(port: number, { certificateFile, keyFile }: Certificate): string {
  return `listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificateFile};
    ssl_certificate_key ${keyFile};`;
}
