import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MEBIBYTE } from '../apps/contents.js';
import { pinned } from '../support/cores.js';
import { findProgram } from '../support/find-program.js';
import { Program } from '../support/process.js';

const PHP = fileURLToPath(new URL('backends/programs/php', import.meta.url));

/** What the package `nginx` brings: what sites in the field send. */
const STOCK_PARAMS = '/etc/nginx/fastcgi_params';

/** The idle connections that nginx keeps: as many as any case has clients. */
const KEEPALIVE = 512;

/** @typedef {import('./backend.js').Backend} Backend */

/**
 * @typedef {object} Site
 * @property {string} backend
 * @property {boolean} keepConnections
 * @property {string} app
 * @property {number} port
 */

/**
 * Starts nginx with one worker in front of the sockets of all backends, each on ports of its own.
 *
 * @param {object} options
 * @param {string} options.folder where the sockets are, `NAME.sock`
 * @param {readonly Backend[]} options.backends
 * @param {readonly string[]} options.apps
 * @param {number | undefined} options.core
 */
export async function startNginx({ folder, backends, apps, core }) {
  const wanted = backends.flatMap(({ name, protocol }) =>
    [true, false].flatMap((keepConnections) =>
      apps.map((app) => ({ backend: name, protocol, keepConnections, app })),
    ),
  );
  const [readyPort = 0, ...ports] = await freePorts(wanted.length + 1);
  const sites = wanted.map((site, i) => ({ ...site, port: ports[i] ?? 0 }));
  const token = randomUUID();
  copyFileSync(STOCK_PARAMS, join(folder, 'fastcgi_params'));
  writeFileSync(join(folder, 'contents.bin'), MEBIBYTE);
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration({ folder, backends, sites, readyPort, token }));
  const command = {
    command: findProgram('nginx') ?? 'nginx',
    args: ['-p', `${folder}/`, '-c', file],
  };
  const program = new Program(pinned(core, command));
  try {
    await program.accepting({ port: readyPort, host: '127.0.0.1' });
    const answer = await (await fetch(`http://127.0.0.1:${readyPort}/`)).text();
    if (answer.trim() !== token) throw new Error(`Port ${readyPort} was taken meanwhile`);
  } catch (error) {
    await program.stop();
    throw error;
  }
  return {
    /** @param {{ backend: string, keepConnections: boolean, app: string }} site */
    origin: (site) => {
      const found = sites.find(
        ({ backend, keepConnections, app }) =>
          backend === site.backend && keepConnections === site.keepConnections && app === site.app,
      );
      return `http://127.0.0.1:${found?.port}/`;
    },
    stop: () => program.stop(),
  };
}

/** @typedef {Site & { protocol: Backend['protocol'] }} ConfiguredSite */

/**
 * Nothing is written to disk and nothing is logged, so that it is the backends that are measured.
 *
 * @param {{ folder: string, backends: readonly Backend[], sites: readonly ConfiguredSite[], readyPort: number, token: string }} options
 */
function configuration({ folder, backends, sites, readyPort, token }) {
  return `
daemon off;
${userInfo().uid === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/client-body;
  fastcgi_temp_path ${folder}/fastcgi;
  proxy_temp_path ${folder}/proxy;
  scgi_temp_path ${folder}/scgi;
  uwsgi_temp_path ${folder}/uwsgi;
  keepalive_requests 1000000000;
  client_max_body_size 2m;
  client_body_buffer_size 2m;
  proxy_buffers 40 32k;
  fastcgi_buffers 40 32k;
  proxy_max_temp_file_size 0;
  fastcgi_max_temp_file_size 0;
  server { listen 127.0.0.1:${readyPort}; return 200 ${token}; }
  ${backends.map(({ name }) => upstreams(name, join(folder, `${name}.sock`))).join('\n')}
  ${sites.map((site) => server(site, folder)).join('\n')}
}
`;
}

/** @param {string} name @param {string} socket */
function upstreams(name, socket) {
  const server = `server unix:${socket} max_fails=0;`;
  const kept = `keepalive ${KEEPALIVE}; keepalive_requests 1000000000;`;
  return `upstream ${name}-keep { ${server} ${kept} }\n  upstream ${name}-close { ${server} }`;
}

/** @param {ConfiguredSite} site @param {string} folder */
function server({ backend, protocol, keepConnections, app, port }, folder) {
  const upstream = `${backend}-${keepConnections ? 'keep' : 'close'}`;
  const pass =
    protocol === 'http'
      ? `proxy_pass http://${upstream}; proxy_http_version 1.1; proxy_set_header Host $host;
    proxy_set_header Connection ${keepConnections ? '""' : 'close'};`
      : `fastcgi_pass ${upstream}; include fastcgi_params; fastcgi_keep_conn ${keepConnections ? 'on' : 'off'};
    ${backend === 'php-fpm' ? phpParams(app, folder) : ''}`;
  return `server { listen 127.0.0.1:${port}; location / { ${pass} } }`;
}

/** @param {string} app @param {string} folder */
function phpParams(app, folder) {
  return `fastcgi_param SCRIPT_FILENAME ${PHP}/${app}.php; fastcgi_param CONTENTS ${folder}/contents.bin;`;
}

/** @param {number} count */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((one) => once(one, 'listening')));
  const ports = servers.map(
    (one) => /** @type {import('node:net').AddressInfo} */ (one.address()).port,
  );
  await Promise.all(servers.map((one) => new Promise((closed) => one.close(closed))));
  return ports;
}
