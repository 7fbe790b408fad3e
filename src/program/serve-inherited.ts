import cluster from 'node:cluster';
import { inheritedSocket } from '../server/inherited-socket.ts';
import type { Server } from '../server/server.ts';
import type { Host } from './serve-options.ts';
/**
 * Listens on the socket that the process was started with, if there is one.
 *
 * That file descriptor 0 is a socket does not say that it listens: it is a connection under Apache's
 * mod_cgid and inetd, and one of a pair under process managers. Only listen(2) tells, on every system and
 * for a socket of another network namespace too: it fails for a connection, and changes nothing for a
 * socket that listens.
 *
 * A worker of a cluster asks its primary, which answers later and with a socket of its own, so that it
 * cannot be told in time: there `createServer(app).listen()` is to be used.
 *
 * @returns whether the server listens
 */
export function listenInherited(server: Server, host: Host): boolean {
  const fd = cluster.isWorker ? undefined : inheritedDescriptor(host);
  if (fd === undefined) return false;
  server.listen({ fd });
  // Node tells a failure a tick later, but whether it listens at once.
  if (!server.listening) hideNextError(server);
  return server.listening;
}

/** That it was tried is nobody's affair: who waits for `'listening'` would take the error for the server's own. */
function hideNextError(server: Server): void {
  const { emit } = server;
  server.emit = (event: string, ...args: unknown[]) => {
    if (event !== 'error') return Reflect.apply(emit, server, [event, ...args]);
    Reflect.deleteProperty(server, 'emit');
    return true;
  };
}

function inheritedDescriptor(host: Host): number | undefined {
  try {
    return inheritedSocket(host.env, host.pid);
  } catch {
    return undefined;
  }
}
