import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What was measured on one line of Node: the file `node-22.json`.
 *
 * @typedef {object} Results
 * @property {string} node its version
 * @property {string} date
 * @property {string} command
 * @property {number} loadAverage of the machine's last minute, when the run began: near 0 on a quiet one
 * @property {Readonly<Record<string, string | number>>} machine
 * @property {Readonly<Record<string, string>>} versions of what took part
 * @property {Readonly<Record<string, number>>} settings
 * @property {readonly { name: string, says: string }[]} backends in the order of the tables
 * @property {readonly { name: string, install: string }[]} leftOut backends that are not installed
 * @property {readonly (import('./series.js').CaseResult & { says: string })[]} cases
 */

/**
 * @param {string} folder
 * @param {Results} results
 */
export function saveResults(folder, results) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `node-${results.node.split('.')[0]}.json`);
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
}

/**
 * @param {string} folder
 * @returns {Results[]} by the lines of Node
 */
export function loadResults(folder) {
  return readdirSync(folder)
    .filter((name) => /^node-\d+\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
    .sort((a, b) => Number.parseInt(a.node, 10) - Number.parseInt(b.node, 10));
}
