import { fstatSync } from 'node:fs';
import { inheritedSocket } from '../../server/inherited-socket.ts';
import { UsageError } from '../failure.ts';
import type { Host } from '../host.ts';

/** What `listen()` takes. */
export type ListenAddress =
  | { readonly path: string; readonly mode?: number | undefined }
  | { readonly host: string; readonly port: number }
  | { readonly fd: number };

/** FastCGI has no authentication, and the gateway is made for development: others must be asked for. */
const LOOPBACK = '127.0.0.1';

const HOST_AND_PORT = /^(?:\[([0-9a-f:.]+)\]|([^:/\\\s[\]]*)):(\d+)$/i;

/**
 * Reads the value of `--listen`: the path of a Unix socket, `host:port`, `:port` for 127.0.0.1, `fd` for
 * the socket that the process was started with, or the number of a file descriptor.
 *
 * @param mode permission bits of the socket file
 * @throws {UsageError} if it is none of these
 * @throws {FcgiError} `ERR_FCGI_NO_LISTEN_SOCKET` if there is no such descriptor
 */
export function parseListen(value: string, mode: number | undefined, host: Host): ListenAddress {
  const fd = descriptor(value, host);
  const address = fd === undefined ? parseAddress(value) : { fd };
  if (!address) throw new UsageError(`--listen ${value} is no address to listen on`);
  if (mode === undefined) return address;
  if ('path' in address) return { ...address, mode };
  throw new UsageError('--mode is for the path of a Unix socket');
}

function parseAddress(value: string): ListenAddress | undefined {
  if (value.startsWith('unix:')) return { path: value.slice('unix:'.length) };
  // Neither a bare word, most likely a host without its port, nor a URL becomes a file name.
  const isPath = /[/\\]|\.sock$/.test(value) && !/^[a-z][a-z0-9+.-]+:/i.test(value);
  return hostAndPort(value) ?? (isPath ? { path: value } : undefined);
}

function hostAndPort(value: string): { host: string; port: number } | undefined {
  const match = HOST_AND_PORT.exec(value);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) return undefined;
  return { host: match[1] || match[2] || LOOPBACK, port };
}

function descriptor(value: string, { process: { env, pid } }: Host): number | undefined {
  if (value === 'fd') return inheritedSocket(env, pid);
  const match = /^(?:fd:)?(\d+)$/.exec(value);
  if (!match) return undefined;
  const fd = Number(match[1]);
  if (isSocket(fd)) return fd;
  throw new UsageError(
    `--listen ${value}: file descriptor ${fd} is no socket; a port is written :${fd}`,
  );
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

/**
 * Reads the port of an HTTP server: `8080` or `:8080` for 127.0.0.1, or `host:port`.
 *
 * @throws {UsageError} if it is none of these
 */
export function parseHttp(option: string, value: string): { host: string; port: number } {
  const address = hostAndPort(/^\d+$/.test(value) ? `:${value}` : value);
  if (address) return address;
  throw new UsageError(`--${option} ${value} is no port, and no host:port`);
}

/**
 * Reads permission bits in octal, as `0660`.
 *
 * @throws {UsageError} if they are none
 */
export function parseMode(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^0?[0-7]{3}$/.test(value)) return Number.parseInt(value, 8);
  throw new UsageError(`--mode ${value} is no permission in octal, as 0660`);
}
