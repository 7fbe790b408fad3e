/* The process that measures one scenario; started by `turns.js`, which reads the result from its last line. */

import { Bench } from 'tinybench';
import { allocatedBytes } from './allocation.js';
import { prepare } from './prepare.js';

/**
 * Milliseconds of CPU time to measure for.
 *
 * @typedef {import('./prepare.js').Order & { milliseconds: number }} Order
 */

/** @type {Order} */
const order = JSON.parse(process.argv[2] ?? '{}');
const { scenario, run } = await prepare(order);
const cpuMilliseconds = await cpuTime(run, order.milliseconds, scenario.warmUp);
const bytes = await allocatedBytes(run);
console.log(JSON.stringify({ cpuMilliseconds, bytes }));
process.exit();

/**
 * The CPU time of the whole process for one run, garbage collection and compilation in its other threads included. Unlike
 * the time that passes, it does not count when others had the core.
 *
 * @param {() => unknown} run
 * @param {number} milliseconds
 * @param {number} warmUp how many times longer to warm up before
 */
async function cpuTime(run, milliseconds, warmUp) {
  const bench = new Bench({
    timestampProvider: { name: 'cpu', fn: cpuNow, toMs: Number, fromMs: Number },
    time: milliseconds,
    warmupTime: warmUp * milliseconds,
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
