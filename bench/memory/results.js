import { loadLines, saveLine } from '../support/line-results.js';

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
  saveLine(folder, 'memory', results);
}

/**
 * @param {string} folder
 * @returns {MemoryResults[]} by the lines of Node
 */
export function loadMemory(folder) {
  return loadLines(folder, 'memory');
}
