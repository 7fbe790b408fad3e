import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from '../support/deadline.ts';
import type { Program } from '../support/program.ts';
import { WebServer } from '../support/web-server.ts';
import { request } from '../support/wire.ts';
import { pidOf, startWithSocket } from './serve-programs.ts';

let folder: string;
let program: Program;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-release-'));
});

afterEach(() => {
  if (!program.stdout.includes('\nexit ')) process.kill(pidOf(program), 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** How an attempt to connect ends. */
async function connecting(path: string): Promise<string> {
  const socket = net.connect(path);
  try {
    await within('the connection', once(socket, 'connect'));
    return 'connected';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
  }
}

test.each([0, 3] as const)(
  'a program that drains refuses connections on descriptor %i, for its starter to take another',
  async (fd) => {
    const path = join(folder, 'app.sock');
    program = startWithSocket(
      `if (${fd} === 3) Object.assign(process.env, { LISTEN_FDS: '1', LISTEN_PID: process.pid });
       const { server } = serve((req, res) => {
         say('held.');
         process.on('SIGUSR2', () => res.end(process.stdin.constructor.name));
       });
       const { close } = server;
       server.close = function (...args) {
         const result = close.apply(this, args);
         say('closed.');
         return result;
       };`,
      { path, fd },
    );
    await program.printed('fcgi: FastCGI on');
    const peer = await WebServer.connectTo({ path });
    peer.send(request());
    await program.printed('held.');
    process.kill(pidOf(program), 'SIGTERM');
    await program.printed('closed.');
    expect(await connecting(path)).toBe('ECONNREFUSED');
    process.kill(pidOf(program), 'SIGUSR2');
    expect((await peer.answer()).status).toBe('200 OK');
    await program.printed('exit 0.');
    peer.close();
  },
);
