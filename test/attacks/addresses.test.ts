import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APACHE } from '../frontends/support/apache.ts';
import { startApache } from '../frontends/support/apache-site.ts';
import { Application } from '../frontends/support/application.ts';
import { ask } from '../frontends/support/http-client.ts';
import { NGINX, startNginx } from '../frontends/support/nginx.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import { within } from '../support/deadline.ts';
import { request } from '../support/wire.ts';
import type { Reached, Seen } from './support/witness.ts';

/** A request from somebody who reaches the port, and would be an administrator. */
const forged = request({ variables: { REMOTE_ADDR: '10.0.0.1', REMOTE_USER: 'admin' } });

/** Sends it from an address; how much of an answer comes. */
async function forge(port: number, localAddress: string): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  let bytes = 0;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    socket.end();
  });
  socket.on('error', () => {});
  socket.write(forged);
  await within('the end of the connection', new Promise((closed) => socket.once('close', closed)));
  return bytes;
}

for (const { name, program, start } of [
  { name: 'nginx', program: NGINX, start: startNginx },
  { name: 'Apache', program: APACHE, start: startApache },
]) {
  describeWith(`A port that ${name} alone may use`, [program], () => {
    test('a forged REMOTE_ADDR from another address reaches nobody', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'fcgi-addresses-'));
      mkdirSync(join(folder, 'web-server'));
      const application = await Application.start({
        application: 'witness',
        listen: { port: 0, host: '127.0.0.1' },
        server: { allowedClients: ['127.0.0.1'] },
      });
      try {
        const { listen } = application;
        const frontEnd = await start({
          folder: join(folder, 'web-server'),
          application: listen,
          keepConnections: false,
        });
        try {
          const port = 'port' in listen ? listen.port : 0;
          expect(await forge(port, '127.0.0.2')).toBe(0);
          const { text } = await ask(`${frontEnd.origin}/mine`);
          expect((JSON.parse(text) as Seen).remoteAddress).toBe('127.0.0.1');
          await application.connections();
          const urls = application.all<Reached>('request', 'witness').map(({ url }) => url);
          expect(urls).toEqual(['/mine']);
          // From the address that is allowed it would have been served: nothing else protects the port.
          expect(await forge(port, '127.0.0.1')).toBeGreaterThan(0);
        } finally {
          await frontEnd.stop();
        }
      } finally {
        await application.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
}
