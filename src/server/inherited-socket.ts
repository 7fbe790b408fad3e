import { fstatSync } from 'node:fs';
import { FcgiError } from '../errors.ts';

/** FCGI_LISTENSOCK_FILENO: where a web server leaves the listening socket (FastCGI §2.2). */
const FCGI_LISTENSOCK_FILENO = 0;

/** SD_LISTEN_FDS_START: where systemd does (sd_listen_fds(3)). */
const SD_LISTEN_FDS_START = 3;

/**
 * Finds the listening socket that the process was started with: systemd's if LISTEN_FDS is meant for
 * this process, else file descriptor 0.
 *
 * @throws {FcgiError} `ERR_FCGI_NO_LISTEN_SOCKET` if the descriptor is no socket
 */
export function inheritedSocket(environment: NodeJS.ProcessEnv, pid: number): number {
  const bySystemd = Number(environment.LISTEN_FDS) > 0 && Number(environment.LISTEN_PID) === pid;
  const fd = bySystemd ? SD_LISTEN_FDS_START : FCGI_LISTENSOCK_FILENO;
  if (isSocket(fd)) return fd;
  throw new FcgiError(
    'ERR_FCGI_NO_LISTEN_SOCKET',
    `File descriptor ${fd} is no socket: nobody started this process with one. Pass a path or a port to listen().`,
  );
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}
