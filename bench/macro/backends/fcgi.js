import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { nodeProgram } from './node-program.js';

const packageJson = new URL('../../../package.json', import.meta.url);

/**
 * @param {string} name
 * @param {string} dist the folder of the build
 * @returns {import('../backend.js').Backend}
 */
export function fcgi(name, dist) {
  return {
    name,
    says: 'this package behind `fastcgi_pass`',
    protocol: 'fastcgi',
    missing: () => undefined,
    version: () => JSON.parse(readFileSync(packageJson, 'utf8')).version,
    prepare: (setup) => nodeProgram('fcgi.js', setup, [pathToFileURL(`${dist}/index.js`).href]),
  };
}
