import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as fcgi from '../dist/index.js';
import { createApp } from './app.js';

/*
 * Runs the guestbook as it runs on a server, over FastCGI, with the gateway where a web server would
 * stand. Only this file knows of FastCGI.
 */
const httpPort = Number(process.env.PORT ?? 8080);
const fastcgiPort = Number(process.env.FASTCGI_PORT ?? 9080);
const dataFolder = resolve(process.env.DATA_FOLDER ?? join(import.meta.dirname, 'data'));

mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
const app = createApp({ dataFolder });
// A Unix socket would do as well; a port needs no thought about whose nginx may open it.
const server = fcgi.createServer({ allowedClients: ['127.0.0.1'] }, app);
const gateway = fcgi.createGateway(server);

server.on('error', giveUp);
gateway.on('error', giveUp);
gateway.on('gatewayError', (error) => console.error(error.message));
server.on('listening', () => gateway.listen(httpPort, '127.0.0.1'));
gateway.on('listening', () => console.log(welcome(gateway.address().port, server.address().port)));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
server.listen(fastcgiPort, '127.0.0.1');

function welcome(http, fastcgi) {
  return `
The guestbook is open:  http://127.0.0.1:${http}

  browser  →  gateway, port ${http}  →  FastCGI, port ${fastcgi}  →  Express

Both run in this process; the entries lie in ${dataFolder}.
To put nginx in the gateway's place, give it these lines:

  server {
    listen 80;
    client_max_body_size 3m;
    location / {
      include fastcgi_params;
      fastcgi_pass 127.0.0.1:${fastcgi};
    }
    location /events {
      include fastcgi_params;
      fastcgi_pass 127.0.0.1:${fastcgi};
      fastcgi_buffering off;
      fastcgi_read_timeout 1h;
    }
  }

Ctrl+C closes the book.`;
}

async function stop() {
  // Open event streams would keep the servers waiting.
  await app.locals.close();
  gateway.close();
  server.close();
}

function giveUp(error) {
  const hint = 'is in use: is the guestbook open already? PORT and FASTCGI_PORT choose others';
  const message = error.code === 'EADDRINUSE' ? `Port ${error.port} ${hint}` : error.message;
  console.error(message);
  process.exit(1);
}
