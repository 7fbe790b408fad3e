import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findProgram } from '../support/find-program.js';
import { makeTemporary, removeTemporary } from '../support/temporary.js';
import { measure } from './turns.js';

const run = promisify(execFile);

const REPEAT = fileURLToPath(new URL('repeat.js', import.meta.url));

/** Milliseconds for one process, which valgrind makes thirty times as slow; only what hangs takes so long. */
const LIMIT = 900_000;

/** How much longer the counted part is than what a round measures otherwise: what V8 does now and then should be in it. */
const COUNTED = 4;

/*
 * V8 compiles and collects garbage on the main thread, so that it does so at the same points each time; and valgrind
 * is told that code changes.
 */
const NODE = ['--single-threaded', '--hash-seed=1', '--random-seed=1'];
const VALGRIND = ['--tool=cachegrind', '--cache-sim=no', '--smc-check=all-non-file'];

/**
 * Counts the instructions of user space that an operation takes: in a long process more than in a short one, both of
 * which have compiled all by then.
 *
 * @param {import('./scenario.js').Scenario} scenario
 * @param {readonly import('./turns.js').Contender[]} contenders
 * @param {{ milliseconds: number }} options
 * @returns {Promise<Map<string, Counted>>} by the names of the contenders
 *
 * @typedef {{ instructions: number }} Counted
 */
export async function countInstructions(scenario, contenders, { milliseconds }) {
  const valgrind = findValgrind();
  /** @type {Map<string, Counted>} */
  const counted = new Map();
  for (const { name, dist } of contenders) {
    const order = { scenario: scenario.name, dist };
    const { cpuMilliseconds } = await measure({ ...order, milliseconds });
    const runs = (/** @type {number} */ times) =>
      Math.ceil((times * milliseconds) / cpuMilliseconds);
    const short = runs(scenario.warmUp);
    const long = short + runs(COUNTED);
    const [less, more] = await Promise.all([
      count(valgrind, { ...order, runs: short }),
      count(valgrind, { ...order, runs: long }),
    ]);
    const instructions = (more - less) / (long - short) / scenario.operations;
    counted.set(name, { instructions });
  }
  return counted;
}

/** @param {string} valgrind @param {import('./repeat.js').Order} order */
async function count(valgrind, order) {
  const folder = makeTemporary('fcgi-instructions-');
  const file = join(folder, 'counts');
  try {
    const node = [process.execPath, ...NODE, REPEAT, JSON.stringify(order)];
    const args = [...VALGRIND, `--cachegrind-out-file=${file}`, ...node];
    const env = { ...process.env, NODE_ENV: 'production' };
    await run(valgrind, args, { env, timeout: LIMIT });
    return Number(/^summary: (\d+)/m.exec(readFileSync(file, 'utf8'))?.[1]);
  } finally {
    removeTemporary(folder);
  }
}

function findValgrind() {
  const path = findProgram('valgrind');
  if (path) return path;
  throw new Error(
    'Instructions are counted by valgrind, which is not installed (Debian: valgrind)',
  );
}
