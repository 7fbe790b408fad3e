import { loadLines, saveLine } from '../support/line-results.js';

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
  saveLine(folder, 'node', results);
}

/**
 * @param {string} folder
 * @returns {Results[]} by the lines of Node
 */
export function loadResults(folder) {
  return loadLines(folder, 'node');
}
