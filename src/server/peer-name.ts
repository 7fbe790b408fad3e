import type { AddressInfo, Socket } from 'node:net';

/**
 * What errors and traces call the other end of a connection: `192.0.2.1:4711` or `[2001:db8::1]:4711`.
 *
 * @param fallback for an end that has no address of its own
 */
export function peerName(socket: Socket, fallback: string): string {
  const { remoteAddress, remoteFamily, remotePort } = socket;
  if (remoteAddress === undefined) return fallback;
  const host = remoteFamily === 'IPv6' ? `[${remoteAddress}]` : remoteAddress;
  return `${host}:${remotePort}`;
}

/** The name of the other ends of a Unix socket, which have none of their own: `unix:/run/app.sock`. */
export function namelessPeers(address: AddressInfo | string | null): string {
  if (typeof address === 'string') return `unix:${address}`;
  // Node does not know the path of a socket that the process inherited.
  return address === null ? 'unix:(inherited)' : 'unknown';
}
