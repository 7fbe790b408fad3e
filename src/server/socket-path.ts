import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { FcgiError } from '../errors.ts';

/** Bytes of a path that fit in a `sockaddr_un` of every system (macOS: 104 with the NUL). */
const MAX_PATH = 103;

/** Abstract sockets and Windows' pipes have no file. */
export function hasFile(path: string): boolean {
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
  requireSocket(path);
  if (await isLive(path)) throw addressInUse(path);
  rmSync(path, { force: true });
}

/**
 * Makes sure that a file may be replaced by a socket.
 *
 * @throws {FcgiError} `ERR_FCGI_NOT_A_SOCKET` if it is no socket
 */
export function requireSocket(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats || stats.isSocket()) return;
  throw new FcgiError('ERR_FCGI_NOT_A_SOCKET', `${path} exists and is no socket: not replaced`);
}

/** A name beside the path, under which a socket can be made before it takes the path's own. */
export function temporaryPath(path: string): string {
  const name = join(dirname(path), `.fcgi-${randomBytes(4).toString('hex')}`);
  // A path that just fits is best used itself, and a failure tells of it.
  return Buffer.byteLength(name) > MAX_PATH ? path : name;
}

/** The file of a socket that this process listens on. */
export class SocketFile {
  readonly path: string;
  readonly #device: number;
  readonly #inode: number;

  constructor(path: string) {
    const { dev, ino } = lstatSync(path);
    this.path = path;
    this.#device = dev;
    this.#inode = ino;
  }

  /**
   * Gives a socket that was made under a temporary name its own.
   *
   * @param takeOver whether it replaces a file that has the name, in one step: no connect fails meanwhile
   * @throws {Error} `EADDRINUSE` if it may not and there is one
   */
  static moveIntoPlace(temporary: string, path: string, takeOver: boolean): SocketFile {
    if (takeOver) renameSync(temporary, path);
    else if (temporary !== path) linkInto(temporary, path);
    return new SocketFile(path);
  }

  /** Removes the file, unless somebody else's socket has its name by now. */
  remove(): void {
    const stats = lstatSync(this.path, { throwIfNoEntry: false });
    if (stats?.ino !== this.#inode || stats.dev !== this.#device) return;
    rmSync(this.path, { force: true });
  }
}

/** Unlike rename(2), link(2) replaces nothing; but there are file systems without it. */
function linkInto(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw addressInUse(path);
    return renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function addressInUse(path: string): Error {
  return Object.assign(new Error(`listen EADDRINUSE: somebody listens on ${path}`), {
    code: 'EADDRINUSE',
    syscall: 'listen',
    address: path,
  });
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
