import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const MEASURE = fileURLToPath(new URL('measure.js', import.meta.url));

/** Milliseconds for one process; only what hangs takes so long. */
const LIMIT = 60_000;

/** @typedef {import('./scenario.js').Scenario} Scenario */

/**
 * Who does a scenario: a build of the package, or Node itself.
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} [dist] the folder of the build
 */

/**
 * What each round gave, per operation.
 *
 * @typedef {object} Measured
 * @property {number[]} nanoseconds of CPU time
 * @property {(number | undefined)[]} bytes allocated; undefined where garbage was collected in between
 */

/**
 * Measures a scenario in turns, each in a process of its own: code that ran before would have shaped how V8 compiled
 * what Node's modules share.
 *
 * @param {Scenario} scenario
 * @param {readonly Contender[]} contenders
 * @param {{ rounds: number, milliseconds: number }} options
 * @returns {Promise<Map<string, Measured>>} by the names of the contenders
 */
export async function measureInTurns(scenario, contenders, { rounds, milliseconds }) {
  /** @type {Map<string, Measured>} */
  const measured = new Map(contenders.map(({ name }) => [name, { nanoseconds: [], bytes: [] }]));
  for (let round = 0; round < rounds; round++) {
    // Whoever is first in one round is last in the next.
    const turns = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const { name, dist } of turns) {
      const { cpuMilliseconds, bytes } = await measure({
        scenario: scenario.name,
        dist,
        milliseconds,
      });
      const mine = /** @type {Measured} */ (measured.get(name));
      mine.nanoseconds.push((cpuMilliseconds * 1e6) / scenario.operations);
      mine.bytes.push(bytes === undefined ? undefined : bytes / scenario.operations);
    }
  }
  return measured;
}

/**
 * @param {import('./measure.js').Order} order
 * @returns {Promise<{ cpuMilliseconds: number, bytes: number | undefined }>} of one run
 */
export async function measure(order) {
  const args = ['--expose-gc', MEASURE, JSON.stringify(order)];
  const env = { ...process.env, NODE_ENV: 'production' };
  const { stdout } = await run(process.execPath, args, { env, timeout: LIMIT });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}
