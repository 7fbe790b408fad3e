import cluster from 'node:cluster';
import type { ListenOptions as NetListenOptions, Server as NetServer, Socket } from 'node:net';
import { inheritedSocket } from './inherited-socket.ts';
import {
  hasFile,
  isTaken,
  removeStaleSocket,
  requireSocket,
  SocketFile,
  startWithMode,
  temporaryPath,
} from './socket-path.ts';

/** What `listen()` takes beside what `net.Server` takes. */
export interface ListenOptions extends NetListenOptions {
  /**
   * With `path`: the permission bits of the socket file, set before anyone can connect.
   * @default what the umask leaves
   */
  mode?: number | undefined;

  /**
   * With `path`: whether to take the path from a server that listens there, in one step, so that no connect
   * fails meanwhile. That server keeps its connections, and gets no new ones. Not for abstract sockets, pipes
   * of Windows and the workers of a cluster.
   * @default false: `EADDRINUSE`
   */
  takeOver?: boolean | undefined;
}

/** What listens already, or a descriptor of it. */
export type ListenHandle = NetServer | Socket | { readonly fd: number };

/** `net.Server`'s own `listen`, and what the new one needs to know. */
export interface ListenTarget {
  readonly listening: boolean;
  start(...args: unknown[]): void;
  /** Who removes a socket's file. Left to Node, it has the name that it is made under, and no other takes it over. */
  readonly owner?: FileOwner;
  /** Whether `close()` was called meanwhile. */
  cancelled(): boolean;
  fail(error: unknown): void;
}

/** A server that removes the file of its socket itself. */
export interface FileOwner {
  /** Gets the file once the server listens. */
  own(file: SocketFile): void;
  /** Stops listening on a socket whose file did not get its name. */
  abandon(): void;
  /** Names `path` in the error that is emitted if `start` fails on `temporary`. */
  nameInError(path: string, temporary: string): void;
}

/**
 * `listen()` of this library's server: `net.Server`'s, but without a port or path it takes the inherited
 * socket, and a stale socket file is replaced, or a live one if it is told to.
 */
export function listen(target: ListenTarget, args: readonly unknown[]): void {
  const [first] = args;
  if (first === undefined || typeof first === 'function') return listenInherited(target, args);
  const path = socketPath(first);
  if (path === undefined) return target.start(...args);
  // Workers get their socket from the cluster's primary; to one of them the others' looks taken.
  if (cluster.isWorker || !hasFile(path)) return target.start(...args);
  const { mode, takeOver = false } = first as ListenOptions;
  const start = () => target.cancelled() || startOnPath(target, path, { mode, takeOver }, args);
  const fail = (error: unknown) => target.cancelled() || target.fail(error);
  if (!isTaken(path)) start();
  else prepare(path, takeOver).then(start).catch(fail);
}

function listenInherited(target: ListenTarget, args: readonly unknown[]): void {
  try {
    target.start({ fd: inheritedSocket(process.env, process.pid) }, ...args.slice(-1));
  } catch (error) {
    process.nextTick(() => target.fail(error));
  }
}

async function prepare(path: string, takeOver: boolean): Promise<void> {
  if (takeOver) requireSocket(path);
  else await removeStaleSocket(path);
}

/**
 * Makes the socket under another name first. Node removes a socket by the name that it was made under; by then
 * the path may be the socket of a server that took it over.
 */
function startOnPath(
  target: ListenTarget,
  path: string,
  { mode, takeOver }: Pick<ListenOptions, 'mode'> & { takeOver: boolean },
  args: readonly unknown[],
): void {
  const { owner } = target;
  const temporary = owner ? temporaryPath(path) : path;
  owner?.nameInError(path, temporary);
  const start = () => {
    target.start(...withPath(args, temporary));
    return target.listening;
  };
  if (mode === undefined) start();
  else startWithMode(temporary, mode, start);
  if (!owner || !target.listening) return;
  try {
    owner.own(SocketFile.moveIntoPlace(temporary, path, takeOver));
  } catch (error) {
    owner.abandon();
    process.nextTick(() => target.fail(error));
  }
}

function withPath([first, ...rest]: readonly unknown[], path: string): unknown[] {
  return [typeof first === 'string' ? path : { ...(first as ListenOptions), path }, ...rest];
}

/** A string that is no number is a path, as for `net.Server`. */
function socketPath(first: unknown): string | undefined {
  if (typeof first === 'string')
    return Number.isNaN(Number(first)) || first === '' ? first : undefined;
  const path = (first as ListenOptions | null)?.path;
  return typeof path === 'string' ? path : undefined;
}
