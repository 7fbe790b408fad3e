import { fileURLToPath } from 'node:url';
export function outputPlaces(/** @type {string|undefined} */ o) {
  return { results: o ?? fileURLToPath(new URL('../results', import.meta.url)), page: '' };
}
export async function writePage(/** @type {any} */ _p) {}
