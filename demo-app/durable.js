import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A new or renamed file survives a power cut only once its folder is written out too. */
export async function syncFolder(folder) {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function syncFolderSync(folder) {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes the whole file or none of it. */
export function replaceFileSync(path, text, mode) {
  const half = `${path}.new`;
  writeFileSync(half, text, { mode, flush: true });
  renameSync(half, path);
  syncFolderSync(dirname(path));
}
