import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What one backend took, round by round, in the unit of the scenario.
 *
 * @typedef {object} BackendMemory
 * @property {string} name
 * @property {number[]} rounds
 */

/**
 * What was measured on one line of Node: the file `memory-22.json`.
 *
 * @typedef {object} MemoryResults
 * @property {string} node its version
 * @property {string} date
 * @property {string} command
 * @property {Readonly<Record<string, string | number>>} machine
 * @property {readonly { name: string, says: string, unit: string, backends: BackendMemory[] }[]} scenarios
 */

/**
 * @param {string} folder
 * @param {MemoryResults} results
 */
export function saveMemory(folder, results) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `memory-${results.node.split('.')[0]}.json`);
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
}

/**
 * @param {string} folder
 * @returns {MemoryResults[]} by the lines of Node
 */
export function loadMemory(folder) {
  return readdirSync(folder)
    .filter((name) => /^memory-\d+\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
    .sort((a, b) => Number.parseInt(a.node, 10) - Number.parseInt(b.node, 10));
}
