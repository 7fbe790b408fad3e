import cluster from 'node:cluster';
import type { ListenOptions as NetListenOptions, Server as NetServer, Socket } from 'node:net';
import { inheritedSocket } from './inherited-socket.ts';
import { isTaken, removeStaleSocket, startWithMode } from './socket-path.ts';

/** What `listen()` takes beside what `net.Server` takes. */
export interface ListenOptions extends NetListenOptions {
  /**
   * With `path`: the permission bits of the socket file, set before anyone can connect.
   * @default what the umask leaves
   */
  mode?: number | undefined;
}

/** What listens already, or a descriptor of it. */
export type ListenHandle = NetServer | Socket | { readonly fd: number };

/** `net.Server`'s own `listen`, and what the new one needs to know. */
export interface ListenTarget {
  readonly listening: boolean;
  start(...args: unknown[]): void;
  /** Whether `close()` was called meanwhile. */
  cancelled(): boolean;
  fail(error: unknown): void;
}

/**
 * `listen()` of this library's server: `net.Server`'s, but without a port or path it takes the inherited
 * socket, and a stale socket file is replaced.
 */
export function listen(target: ListenTarget, args: readonly unknown[]): void {
  const [first] = args;
  if (first === undefined || typeof first === 'function') return listenInherited(target, args);
  const path = socketPath(first);
  if (path === undefined) return target.start(...args);
  const { mode } = first as ListenOptions;
  const start = () => startOnPath(target, path, mode, args);
  // Workers get their socket from the cluster's primary; to one of them the others' looks taken.
  if (cluster.isWorker || !isTaken(path)) return start();
  removeStaleSocket(path).then(
    () => target.cancelled() || start(),
    (error) => target.cancelled() || target.fail(error),
  );
}

function listenInherited(target: ListenTarget, args: readonly unknown[]): void {
  try {
    target.start({ fd: inheritedSocket(process.env, process.pid) }, ...args.slice(-1));
  } catch (error) {
    process.nextTick(() => target.fail(error));
  }
}

function startOnPath(
  target: ListenTarget,
  path: string,
  mode: number | undefined,
  args: readonly unknown[],
): void {
  if (mode === undefined) return target.start(...args);
  startWithMode(path, mode, () => {
    target.start(...args);
    return target.listening;
  });
}

/** A string that is no number is a path, as for `net.Server`. */
function socketPath(first: unknown): string | undefined {
  if (typeof first === 'string')
    return Number.isNaN(Number(first)) || first === '' ? first : undefined;
  const path = (first as ListenOptions | null)?.path;
  return typeof path === 'string' ? path : undefined;
}
