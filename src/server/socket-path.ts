import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { FcgiError } from '../errors.ts';

/** Abstract sockets and Windows' pipes have no file. */
function hasFile(path: string): boolean {
  return !path.startsWith('\0') && process.platform !== 'win32';
}

/** Whether a file stands where the socket's file would be made. */
export function isTaken(path: string): boolean {
  return hasFile(path) && lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Removes the socket file that a process left behind when it was killed.
 *
 * @throws {FcgiError} `ERR_FCGI_NOT_A_SOCKET` if the file is something else
 * @throws {Error} `EADDRINUSE` if somebody listens on it
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return;
  if (!stats.isSocket()) {
    throw new FcgiError('ERR_FCGI_NOT_A_SOCKET', `${path} exists and is no socket: not replaced`);
  }
  if (await isLive(path)) {
    throw Object.assign(new Error(`listen EADDRINUSE: somebody listens on ${path}`), {
      code: 'EADDRINUSE',
      syscall: 'listen',
      address: path,
    });
  }
  unlinkSync(path);
}

/** Only a refused connection proves that nobody listens; a full queue or a lack of rights does not. */
function isLive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (live: boolean) => {
      socket.destroy();
      resolve(live);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code !== 'ECONNREFUSED'));
  });
}

/**
 * Makes a socket file whose permission bits nobody ever sees wider than `mode`.
 *
 * The umask belongs to the process, so that a file another thread makes just then gets fewer bits too,
 * never more; `bind` happens inside `start`, at once.
 *
 * @param start makes the file; returns false if it did not
 */
export function startWithMode(path: string, mode: number, start: () => boolean): void {
  const before = process.umask();
  process.umask(before | (0o777 & ~mode));
  try {
    if (start()) chmodSync(path, mode);
  } finally {
    process.umask(before);
  }
}
