import { loadLines, saveLine } from '../support/line-results.js';

/**
 * What one backend spent its time on.
 *
 * @typedef {object} BackendProfile
 * @property {string} name
 * @property {Readonly<Record<string, number>>} groups microseconds of a request, by the names of groups
 */

/**
 * What was measured on one line of Node: the file `profile-22.json`.
 *
 * @typedef {object} ProfileResults
 * @property {string} node its version
 * @property {string} date
 * @property {string} command
 * @property {readonly { name: string, says: string, backends: readonly BackendProfile[] }[]} cases
 */

/**
 * @param {string} folder
 * @param {ProfileResults} results
 */
export function saveProfiles(folder, results) {
  saveLine(folder, 'profile', results);
}

/**
 * @param {string} folder
 * @returns {ProfileResults[]} by the lines of Node
 */
export function loadProfiles(folder) {
  return loadLines(folder, 'profile');
}
