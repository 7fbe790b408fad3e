import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gone } from './support/host.ts';
import { ask } from './support/http-client.ts';
import { Load } from './support/load.ts';
import { NGINX, nginxSite, startNginxWith } from './support/nginx.ts';
import { RunningProcess } from './support/process.ts';
import { programFile } from './support/programs.ts';
import { describeWith } from './support/requirement.ts';

/** Keeps a listening socket and starts the program on it again and again, as systemd does by app.socket. */
const KEEP = `while :; do sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$1"' "$0" "$1" & wait $!; done`;

async function keepRunning(): Promise<{ keeper: RunningProcess; port: number }> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const socket: number = (holder as unknown as { _handle: { fd: number } })._handle.fd;
  const args = ['-c', KEEP, process.execPath, programFile('served')];
  const keeper = new RunningProcess('/bin/sh', args, { socket });
  holder.close();
  return { keeper, port };
}

describeWith('A socket that outlives its application, behind nginx', [NGINX], () => {
  test('loses no request while the application is started again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fcgi-restart-'));
    const { keeper, port } = await keepRunning();
    const server = await startNginxWith(folder, 1, ([plain] = []) => [
      nginxSite('nginx/socket.conf', [['unix:/run/app/app.sock', `127.0.0.1:${port}`]], { plain }),
    ]);
    const pid = async () => JSON.parse((await ask(`${server.origin}/process`)).text).pid;
    let last = 0;
    try {
      last = await pid();
      const load = new Load(server);
      for (let i = 0; i < 2; i++) {
        await load.moreAnswers();
        process.kill(last, 'SIGTERM');
        await gone(last);
        last = await pid();
        await load.moreAnswers();
      }
      for (const answer of await load.end()) expect(answer).toEqual({ status: 200, right: true });
    } finally {
      // The keeper first, or it would start another; it has ended when nobody writes for it any more.
      keeper.signal('SIGKILL');
      if (last !== 0) process.kill(last, 'SIGKILL');
      await keeper.ended;
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
