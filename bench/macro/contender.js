import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { pinned } from '../support/cores.js';
import { Program } from '../support/process.js';
import { cpuSeconds } from './cpu-time.js';
import { load } from './load.js';

/**
 * @typedef {object} Round
 * @property {number} requests
 * @property {number} cpu microseconds of CPU time that the backend took for each
 * @property {number} perSecond requests
 * @property {number} busy the part of its time that the backend had the core, 0 to 1 (more if it has several)
 * @property {number} p50 microseconds until the answer
 * @property {number} p99
 */

/**
 * @typedef {object} RoundOptions
 * @property {import('./backend.js').Backend} backend
 * @property {import('./cases.js').Case} testCase
 * @property {string} origin of nginx in front of it
 * @property {string} script of wrk
 * @property {string} folder
 * @property {string} node
 * @property {import('../support/cores.js').Cores} cores
 * @property {number} seconds
 * @property {number} warmUp seconds of CPU time
 * @property {(program: Program) => Promise<void>} [warmedUp] called before it is measured
 */

/** Connections beside those of the clients: the one that checks, and those that nginx still closes. */
const SPARE_WORKERS = 8;

/**
 * Starts a backend, checks its answer, warms it up and measures it.
 *
 * @param {RoundOptions} options
 * @returns {Promise<Round>}
 * @throws if an answer was not right
 */
export async function measureRound(options) {
  const { backend, testCase, origin, folder, node, cores } = options;
  const socket = `${folder}/${backend.name}.sock`;
  const workers = testCase.connections + SPARE_WORKERS;
  rmSync(socket, { force: true });
  const command = await backend.prepare({ folder, socket, app: testCase.app, node, workers });
  const program = new Program(pinned(cores.backend, command));
  try {
    await program.accepting({ path: socket });
    await check(origin, testCase);
    return await measure(program, options);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error([message, program.output.trim()].filter(Boolean).join('\n'), { cause: error });
  } finally {
    await program.stop();
  }
}

/** @param {Program} program @param {RoundOptions} options @returns {Promise<Round>} */
async function measure(program, options) {
  const { testCase, origin, script, cores, seconds, warmUp, warmedUp } = options;
  const { connections } = testCase;
  const ask = (/** @type {number} */ duration) =>
    load(origin, { script, connections, seconds: duration, core: cores.load });
  await warm(program, warmUp, ask);
  await warmedUp?.(program);
  const before = cpuSeconds(program.pid);
  const { requests, seconds: passed, p50, p99 } = await ask(seconds);
  const used = cpuSeconds(program.pid) - before;
  return {
    requests,
    cpu: (used * 1e6) / requests,
    perSecond: requests / passed,
    busy: used / passed,
    p50,
    p99,
  };
}

/**
 * Serves until the backend has had so many seconds of CPU time, which is when V8 has compiled it: on a busy machine that
 * takes longer. What has little to do gets twice the time.
 *
 * @param {Program} program
 * @param {number} seconds
 * @param {(duration: number) => Promise<unknown>} ask
 */
async function warm(program, seconds, ask) {
  for (let passed = 0; passed < 2 * seconds && cpuSeconds(program.pid) < seconds; passed++) {
    await ask(1);
  }
}

/** @param {string} origin @param {import('./cases.js').Case} testCase */
async function check(origin, { headers = {}, upload, isRight }) {
  const { status, body } = await ask(origin, headers, upload);
  if (status === 200 && isRight(body)) return;
  const start = JSON.stringify(body.toString('latin1', 0, 200));
  throw new Error(`The answer is not right: ${status} with ${body.length} bytes, ${start}`);
}

/**
 * @param {string} origin
 * @param {Readonly<Record<string, string>>} headers
 * @param {number | undefined} upload
 * @returns {Promise<{ status: number | undefined, body: Buffer }>}
 */
function ask(origin, headers, upload) {
  return new Promise((resolve, reject) => {
    const method = upload ? 'POST' : 'GET';
    const asked = request(origin, { method, headers, agent: false, timeout: 10_000 });
    asked.on('timeout', () => asked.destroy(new Error('There is no answer')));
    asked.on('error', reject).on('response', async (answer) => {
      const pieces = [];
      try {
        for await (const piece of answer) pieces.push(piece);
        resolve({ status: answer.statusCode, body: Buffer.concat(pieces) });
      } catch (error) {
        reject(error);
      }
    });
    asked.end(upload ? Buffer.alloc(upload, 'x') : undefined);
  });
}
