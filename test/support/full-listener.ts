import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { within } from './deadline.ts';

/** Connections that a queue of one holds on Linux. */
const QUEUE = 2;

/**
 * Somebody listens at `listenOn` while `use` runs, but never accepts, and the queue is full: a further
 * connection waits, or is refused with EAGAIN if it is to a Unix socket.
 *
 * @param listenOn a path, or a host for a port of its own
 */
export async function withFullListener<Result>(
  listenOn: { path: string } | { host: string },
  use: (address: net.NetConnectOpts) => Promise<Result>,
): Promise<Result> {
  const options = JSON.stringify({
    ...('host' in listenOn && { port: 0 }),
    ...listenOn,
    backlog: 1,
  });
  const code = `const server = require('net').createServer().listen(${options}, () =>
    console.log(JSON.stringify(server.address())));`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const waiting: net.Socket[] = [];
  try {
    const [line] = await within('the listener', once(child.stdout, 'data'));
    const address = JSON.parse(line);
    child.kill('SIGSTOP');
    const target = 'path' in listenOn ? listenOn : { host: address.address, port: address.port };
    for (let i = 0; i < QUEUE; i++) {
      const socket = net.connect(target);
      waiting.push(socket);
      await within('a place in the queue', once(socket, 'connect'));
    }
    return await use(target);
  } finally {
    for (const socket of waiting) socket.destroy();
    child.kill('SIGKILL');
    await within('the end of the listener', exited);
  }
}
