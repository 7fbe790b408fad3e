import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '../server/index.ts';
import { PREFIX, removeLeftovers, SOCKET } from './leftovers.ts';

/** A server on a socket that nobody else knows. */
export interface PrivateSocket {
  readonly path: string;
  /** Closes the server, its connections too, and takes the socket away. */
  close(): Promise<void>;
}

/** Makes the server listen on a socket that only this user can reach. */
export async function listenPrivately(server: Server): Promise<PrivateSocket> {
  if (process.platform === 'win32') {
    const path = `\\\\.\\pipe\\fcgi-${randomUUID()}`;
    await listen(server, path);
    return { path, close: () => close(server) };
  }
  const parent = tmpdir();
  await removeLeftovers(parent);
  // mkdtemp() makes folders with mode 0700.
  const folder = await mkdtemp(join(parent, PREFIX));
  remember(folder);
  const path = join(folder, SOCKET);
  await listen(server, path).catch((error) => {
    remove(folder);
    throw error;
  });
  return { path, close: () => close(server).finally(() => remove(folder)) };
}

/** Removed when the process exits, whether or not their gateways were closed. */
const folders = new Set<string>();

function removeAll(): void {
  for (const folder of folders) remove(folder);
}

function remember(folder: string): void {
  if (folders.size === 0) process.on('exit', removeAll);
  folders.add(folder);
}

function remove(folder: string): void {
  folders.delete(folder);
  if (folders.size === 0) process.off('exit', removeAll);
  rmSync(folder, { recursive: true, force: true });
}

async function listen(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening');
  server.listen(path);
  await listening;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // Somebody else may have closed it by now, which is what is wanted.
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
