import { pathToFileURL } from 'node:url';
import { scenarios } from './scenarios.js';

/**
 * What a process that measures is told.
 *
 * @typedef {object} Order
 * @property {string} scenario
 * @property {string | undefined} [dist] the folder of a build; without it Node itself is measured
 */

/**
 * @param {Order} order
 * @returns {Promise<{ scenario: import('./scenario.js').Scenario, run: import('./scenario.js').Run }>}
 */
export async function prepare({ scenario: name, dist }) {
  const scenario = scenarios.find((one) => one.name === name);
  if (!scenario) throw new Error(`There is no scenario ${name}`);
  if (!dist) {
    if (!scenario.node) throw new Error(`Node has nothing like ${name}`);
    return { scenario, run: await scenario.node() };
  }
  const load = (/** @type {string} */ file) => import(pathToFileURL(`${dist}/${file}`).href);
  const build = { fcgi: await load('index.js'), protocol: await load('protocol/index.js') };
  return { scenario, run: await scenario.ours(build) };
}
