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
 * @property {(program: import('../support/process.js').Program) => Promise<void>} [beforeRound]
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
  const entries = able.map((backend) => {
    const origin = nginx.origin({ backend: backend.name, keepConnections, app });
    /** @type {BackendResult} */
    const result = { name: backend.name, rounds: [] };
    return { result, contender: new Contender({ ...options, backend, testCase, origin, script }) };
  });
  for (let start = 0; start < options.starts; start++) {
    try {
      await measureStart(entries, { ...options, caseName: name });
    } finally {
      await Promise.all(entries.map(({ contender }) => contender.stop()));
    }
  }
  return { name, backends: entries.map(({ result }) => result) };
}

/**
 * All are started and warmed up before any is measured: what is compared is measured close together, where the
 * machine is more alike than it is in minutes.
 *
 * @param {readonly { contender: Contender, result: BackendResult }[]} entries
 * @param {Pick<SeriesOptions, 'rounds' | 'tell'> & { caseName: string }} options
 */
async function measureStart(entries, { rounds, tell, caseName }) {
  for (const { contender, result } of entries) {
    if (result.failure) continue;
    await attempt(result, () => contender.ready());
    if (result.failure) tell(`${caseName}, ${describe(result)}`);
  }
  for (let round = 0; round < rounds; round++) {
    // Whoever was first in the last round is last in this one.
    const first = round % entries.length;
    for (const { contender, result } of [...entries.slice(first), ...entries.slice(0, first)]) {
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
