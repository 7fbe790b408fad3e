import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeStaleSocket } from '../server/socket-path.ts';

/** How the folders of private sockets are named in the temporary folder. */
export const PREFIX = 'fcgi-gateway-';
export const SOCKET = 'app.sock';

/** Milliseconds in which a socket that has a file surely is listened on. */
const BEGUN = 60_000;

/**
 * Removes the folders that gateways of killed processes left behind. An abstract socket would leave
 * nothing, but any user of the machine could connect to it.
 *
 * @param parent the temporary folder
 */
export async function removeLeftovers(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  const ours = names.filter((name) => name.startsWith(PREFIX));
  // Those of other users, and whatever else cannot be removed, stay.
  await Promise.allSettled(ours.map((name) => removeIfDead(join(parent, name))));
}

async function removeIfDead(folder: string): Promise<void> {
  const { mtimeMs, uid } = await lstat(folder);
  if (uid !== process.getuid?.() || Date.now() - mtimeMs < BEGUN) return;
  // Fails if somebody listens.
  await removeStaleSocket(join(folder, SOCKET));
  await rm(folder, { recursive: true, force: true });
}
