import { writeLoadScript } from './load.js';
import { startNginx } from './nginx.js';
import { measureRound } from './round.js';

/** How often a round is tried again in which wrk saw an error. */
const TRIES = 3;

/** @typedef {import('./backend.js').Backend} Backend */
/** @typedef {import('./cases.js').Case} Case */
/** @typedef {import('./round.js').Round} Round */

/**
 * @typedef {object} BackendResult
 * @property {string} name
 * @property {Round[]} rounds
 * @property {string} [failure] why it could not be measured
 */

/**
 * @typedef {object} CaseResult
 * @property {string} name
 * @property {BackendResult[]} backends
 */

/**
 * @typedef {object} SeriesOptions
 * @property {readonly Backend[]} backends
 * @property {readonly Case[]} cases
 * @property {string} folder an empty one
 * @property {string} node
 * @property {import('../support/cores.js').Cores} cores
 * @property {number} rounds
 * @property {number} seconds
 * @property {number} warmUp
 * @property {(line: string) => void} tell gets what was done
 * @property {(program: import('../support/process.js').Program) => Promise<void>} [warmedUp] called before each is measured
 */

/**
 * Measures each case with all backends that have it, one at a time, in interleaved rounds.
 *
 * @param {SeriesOptions} options
 * @returns {Promise<CaseResult[]>}
 */
export async function measureSeries(options) {
  const { folder, backends, cases, cores } = options;
  const apps = [...new Set(cases.map(({ app }) => app))];
  const nginx = await startNginx({ folder, backends, apps, core: cores.nginx });
  const results = [];
  try {
    for (const testCase of cases) results.push(await measureCase(testCase, nginx, options));
  } finally {
    await nginx.stop();
  }
  return results;
}

/**
 * @param {Case} testCase
 * @param {Awaited<ReturnType<typeof startNginx>>} nginx
 * @param {SeriesOptions} options
 * @returns {Promise<CaseResult>}
 */
async function measureCase(testCase, nginx, options) {
  const { app, keepConnections, name } = testCase;
  const script = writeLoadScript(options.folder, testCase);
  const able = options.backends.filter(({ apps }) => apps?.includes(app) ?? true);
  /** @type {BackendResult[]} */
  const results = able.map((backend) => ({ name: backend.name, rounds: [] }));
  for (let round = 0; round < options.rounds; round++) {
    // Whoever was first in the last round is last in this one.
    const turns = able.map((_, i) => (i + round) % able.length);
    for (const i of turns) {
      const backend = /** @type {Backend} */ (able[i]);
      const result = /** @type {BackendResult} */ (results[i]);
      if (result.failure) continue;
      const origin = nginx.origin({ backend: backend.name, keepConnections, app });
      await addRound(result, { ...options, backend, testCase, origin, script });
      options.tell(`${name}, ${backend.name}: ${describe(result)}`);
    }
  }
  return { name, backends: results };
}

/** @param {BackendResult} result @param {import('./round.js').RoundOptions} options */
async function addRound(result, options) {
  for (let attempt = 1; ; attempt++) {
    try {
      result.rounds.push(await measureRound(options));
      return;
    } catch (error) {
      if (attempt < TRIES) continue;
      result.failure = error instanceof Error ? error.message : String(error);
      return;
    }
  }
}

/** @param {BackendResult} result */
function describe({ rounds, failure }) {
  const last = rounds.at(-1);
  if (failure || !last) return `failed: ${failure}`;
  const busy = Math.round(last.busy * 100);
  return `${last.cpu.toFixed(1)} µs, ${last.perSecond.toFixed(0)}/s, ${busy} % busy`;
}
