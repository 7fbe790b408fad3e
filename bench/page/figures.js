import { ratio, spread } from '../support/statistics.js';

/** @typedef {import('../macro/results.js').Results} Results */
/** @typedef {import('../support/statistics.js').Spread} Spread */

/** The backend to which ratios are. */
const BASE = 'http';

/**
 * Figures of one backend in one case.
 *
 * @typedef {object} Figures
 * @property {Spread} cpu microseconds of CPU time for a request
 * @property {Spread} perSecond requests
 * @property {Spread} busy part of the time that the backend ran
 * @property {Spread | undefined} ratio of CPU time to that of `http`, round by round
 */

/**
 * @param {Results} results
 * @param {string} caseName
 * @param {string} backend
 * @param {string} [base] the backend to which the ratio is
 * @returns {Figures | undefined} undefined if it was not measured
 */
export function figures(results, caseName, backend, base = BASE) {
  const found = results.cases.find(({ name }) => name === caseName);
  const rounds = roundsOf(found, backend);
  if (rounds.length === 0) return undefined;
  const column = (/** @type {'cpu' | 'perSecond' | 'busy'} */ key) => rounds.map((one) => one[key]);
  const others = roundsOf(found, base).map(({ cpu }) => cpu);
  return {
    cpu: spread(column('cpu')),
    perSecond: spread(column('perSecond')),
    busy: spread(column('busy')),
    ratio: others.length === rounds.length ? ratio(column('cpu'), others) : undefined,
  };
}

/** @param {Results['cases'][number] | undefined} found @param {string} backend */
function roundsOf(found, backend) {
  const result = found?.backends.find(({ name }) => name === backend);
  return result && result.failure === undefined ? result.rounds : [];
}

/**
 * Cases that any of the results has, in their order.
 *
 * @param {readonly Results[]} all
 */
export function casesOf(all) {
  const found = new Map(all.flatMap(({ cases }) => cases.map(({ name, says }) => [name, says])));
  return [...found].map(([name, says]) => ({ name, says }));
}

/** @param {string} node a version */
export function lineOf(node) {
  return `Node ${node.split('.')[0]}`;
}
