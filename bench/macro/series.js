import { Contender } from './contender.js';
import { writeLoadScript } from './load.js';
import { startNginx } from './nginx.js';

/** How often a round is tried again in which wrk saw an error. */
const TRIES = 3;

/** @typedef {import('./backend.js').Backend} Backend */
/** @typedef {import('./cases.js').Case} Case */
/** @typedef {import('./contender.js').Round} Round */

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
 * @property {number} starts of a process of each backend, for each case
 * @property {number} rounds after each start
 * @property {number} seconds
 * @property {number} warmUp
 * @property {(line: string) => void} tell gets what was done
 * @property {(program: import('../support/process.js').Program) => Promise<void>} [warmedUp] called before each round
 */

/**
 * Measures each case with all backends that have it, one at a time, in interleaved rounds. Those whose turn it is not
 * wait, without work.
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
  for (let start = 0; start < options.starts; start++) {
    const contenders = able.map((backend) => {
      const origin = nginx.origin({ backend: backend.name, keepConnections, app });
      return new Contender({ ...options, backend, testCase, origin, script });
    });
    try {
      await measureStart(contenders, results, { ...options, caseName: name });
    } finally {
      await Promise.all(contenders.map((contender) => contender.stop()));
    }
  }
  return { name, backends: results };
}

/**
 * All are started and warmed up before any is measured: what is compared is measured close together, where the
 * machine is more alike than it is in minutes.
 *
 * @param {readonly Contender[]} contenders
 * @param {readonly BackendResult[]} results in the same order
 * @param {Pick<SeriesOptions, 'rounds' | 'tell'> & { caseName: string }} options
 */
async function measureStart(contenders, results, { rounds, tell, caseName }) {
  const all = contenders.map((contender, i) => ({
    contender,
    result: /** @type {BackendResult} */ (results[i]),
  }));
  for (const { contender, result } of all) {
    await attempt(result, () => contender.ready());
    if (result.failure) tell(`${caseName}, ${describe(result)}`);
  }
  for (let round = 0; round < rounds; round++) {
    // Whoever was first in the last round is last in this one.
    const first = round % all.length;
    for (const { contender, result } of [...all.slice(first), ...all.slice(0, first)]) {
      if (result.failure) continue;
      await attempt(result, async () => void result.rounds.push(await contender.measure()));
      tell(`${caseName}, ${describe(result)}`);
    }
  }
}

/**
 * @param {BackendResult} result of a backend that is not tried again after it has failed too often
 * @param {() => Promise<unknown>} act
 */
async function attempt(result, act) {
  for (let tries = 1; !result.failure; tries++) {
    try {
      await act();
      return;
    } catch (error) {
      if (tries < TRIES) continue;
      result.failure = error instanceof Error ? error.message : String(error);
    }
  }
}

/** @param {BackendResult} result */
function describe({ name, rounds, failure }) {
  const last = rounds.at(-1);
  if (failure || !last) return `${name}: failed: ${failure}`;
  const busy = Math.round(last.busy * 100);
  return `${name}: ${last.cpu.toFixed(1)} µs, ${last.perSecond.toFixed(0)}/s, ${busy} % busy`;
}
