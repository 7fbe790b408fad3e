import { Server } from 'node:net';
import { inspect } from 'node:util';

/** Where an application listens, in a form that `net.connect` takes. */
export type Address = { readonly path: string } | { readonly host: string; readonly port: number };

/**
 * A FastCGI application: the path of a Unix socket or Windows pipe (`/run/app.sock`,
 * `unix:/run/app.sock`), a TCP address (`127.0.0.1:9000`, `[::1]:9000`, `:9000` for this machine), the
 * same as an object, or a server of this process that is listening.
 */
export type Target =
  | string
  | { readonly path: string }
  | { readonly host?: string | undefined; readonly port: number }
  | Server;

/**
 * Reads a target.
 *
 * @throws {TypeError} if it is none, or a server that is not listening
 */
export function parseTarget(target: Target): Address {
  const address =
    typeof target === 'string'
      ? parseText(target)
      : target instanceof Server
        ? addressOf(target)
        : parseObject(target);
  if (!address) throw new TypeError(`${describe(target)} is no address of a FastCGI application`);
  return address;
}

/** An address as it appears in messages. */
export function addressName(address: Address): string {
  if ('path' in address) return `unix:${address.path}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

const HOST_AND_PORT = /^(?:\[([0-9a-f:.]+)\]|([^:/\\\s[\]]*)):(\d+)$/i;

function parseText(text: string): Address | undefined {
  if (text.startsWith('unix:')) return socketFile(text.slice('unix:'.length));
  const match = HOST_AND_PORT.exec(text);
  if (match) return hostAndPort(match[1] ?? match[2], Number(match[3]));
  // Neither a bare word, most likely a host without its port, nor a URL becomes a file name.
  const isPath = /[/\\]|\.sock$/.test(text) && !/^[a-z][a-z0-9+.-]+:/i.test(text);
  return isPath ? socketFile(text) : undefined;
}

function parseObject(target: unknown): Address | undefined {
  if (typeof target !== 'object' || target === null) return undefined;
  const { path, host, port } = target as Record<string, unknown>;
  if (path !== undefined) return socketFile(path);
  if (host !== undefined && typeof host !== 'string') return undefined;
  return hostAndPort(host, port);
}

function socketFile(path: unknown): Address | undefined {
  return typeof path === 'string' && path !== '' && !path.includes('\0') ? { path } : undefined;
}

function hostAndPort(host: string | undefined, port: unknown): Address | undefined {
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) {
    return undefined;
  }
  return { host: host || 'localhost', port };
}

function addressOf(server: Server): Address | undefined {
  const address = server.address();
  if (typeof address === 'string') return { path: address };
  if (!address) return undefined;
  return { host: reachable(address.address), port: address.port };
}

/** The address for all interfaces is one to listen on, not one to connect to. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

function describe(target: unknown): string {
  return target instanceof Server ? 'A server that is not listening' : inspect(target);
}
