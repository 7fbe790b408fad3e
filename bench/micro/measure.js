/* The process that measures one scenario; started by `turns.js`, which reads the result from its last line. */

import { pathToFileURL } from 'node:url';
import { Bench } from 'tinybench';
import { allocatedBytes } from './allocation.js';
import { scenarios } from './scenarios.js';

/** How much longer than it is measured a run is warmed up: V8 has compiled all of a server after half a second. */
const WARM_UP = 3;

/**
 * @typedef {object} Order
 * @property {string} scenario
 * @property {string} [dist] the folder of a build; without it Node itself is measured
 * @property {number} milliseconds of CPU time to measure for
 */

/** @type {Order} */
const order = JSON.parse(process.argv[2] ?? '{}');
const run = await prepare(order);
const cpuMilliseconds = await cpuTime(run, order);
const bytes = await allocatedBytes(run);
console.log(JSON.stringify({ cpuMilliseconds, bytes }));
process.exit();

/** @param {Order} order */
async function prepare({ scenario: name, dist }) {
  const scenario = scenarios.find((one) => one.name === name);
  if (!scenario) throw new Error(`There is no scenario ${name}`);
  if (!dist) {
    if (!scenario.node) throw new Error(`Node has nothing like ${name}`);
    return scenario.node();
  }
  const load = (/** @type {string} */ file) => import(pathToFileURL(`${dist}/${file}`).href);
  return scenario.ours({
    fcgi: await load('index.js'),
    protocol: await load('protocol/index.js'),
  });
}

/**
 * The CPU time of the whole process for one run, garbage collection and compilation in its other threads included. Unlike
 * the time that passes, it does not count when others had the core.
 *
 * @param {() => unknown} run
 * @param {Order} order
 */
async function cpuTime(run, { milliseconds }) {
  const bench = new Bench({
    timestampProvider: { name: 'cpu', fn: cpuNow, toMs: Number, fromMs: Number },
    time: milliseconds,
    warmupTime: WARM_UP * milliseconds,
    iterations: 1,
    warmupIterations: 1,
    throws: true,
  });
  bench.add('run', run);
  const [task] = await bench.run();
  const result = task?.result;
  if (result?.state !== 'completed') throw new Error(`The run is ${result?.state}`);
  return result.latency.mean;
}

function cpuNow() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
