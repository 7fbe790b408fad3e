import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @type {Set<string>} */
const folders = new Set();

/** @param {string} prefix @returns {string} an empty folder */
export function makeTemporary(prefix) {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  folders.add(folder);
  return folder;
}

/** @param {string} folder */
export function removeTemporary(folder) {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

export function removeAllTemporary() {
  for (const folder of folders) removeTemporary(folder);
}
