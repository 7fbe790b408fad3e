import { rmSync } from 'node:fs';
import { pinned } from '../support/cores.js';
import { Program } from '../support/process.js';
import { checkAnswer } from './answer.js';
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
 * @typedef {object} ContenderOptions
 * @property {import('./backend.js').Backend} backend
 * @property {import('./cases.js').Case} testCase
 * @property {string} origin of nginx in front of it
 * @property {string} script of wrk
 * @property {string} folder
 * @property {string} node
 * @property {import('../support/cores.js').Cores} cores
 * @property {number} seconds
 * @property {number} warmUp seconds of CPU time
 * @property {(program: Program) => Promise<void>} [beforeRound]
 */

/** Connections beside those of the clients: the one that checks, and those that nginx still closes. */
const SPARE_WORKERS = 8;

/** A backend that serves one case, in one process at a time. */
export class Contender {
  #options;
  /** @type {Program | undefined} */
  #program;

  /** @param {ContenderOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * Starts the process if there is none, checks its answer and warms it up.
   *
   * @returns {Promise<Program>}
   * @throws if an answer was not right; the process is stopped then
   */
  async ready() {
    if (this.#program) return this.#program;
    const { backend, testCase, origin, folder, node, cores } = this.#options;
    const socket = `${folder}/${backend.name}.sock`;
    const workers = testCase.connections + SPARE_WORKERS;
    rmSync(socket, { force: true });
    const command = await backend.prepare({ folder, socket, app: testCase.app, node, workers });
    const program = new Program(pinned(cores.backend, command));
    this.#program = program;
    await this.#orStop(async () => {
      await program.accepting({ path: socket });
      await checkAnswer(origin, testCase);
      await this.#warmUp(program);
    });
    return program;
  }

  /**
   * @returns {Promise<Round>}
   * @throws if an answer was not right; the process is stopped then
   */
  async measure() {
    const { seconds, beforeRound } = this.#options;
    const program = await this.ready();
    return this.#orStop(async () => {
      await beforeRound?.(program);
      const before = cpuSeconds(program.pid);
      const { requests, seconds: passed, p50, p99 } = await this.#load(seconds);
      const used = cpuSeconds(program.pid) - before;
      return {
        requests,
        cpu: (used * 1e6) / requests,
        perSecond: requests / passed,
        busy: used / passed,
        p50,
        p99,
      };
    });
  }

  async stop() {
    const program = this.#program;
    this.#program = undefined;
    await program?.stop();
  }

  /**
   * Serves until the process has had so many seconds of CPU time, which is when V8 has compiled it: on a busy machine that
   * takes longer. What has little to do gets twice the time.
   *
   * @param {Program} program
   */
  async #warmUp({ pid }) {
    const { backend, testCase, warmUp } = this.#options;
    if (backend.isCompiled) return;
    const seconds = warmUp * (testCase.warmUp ?? 1);
    for (let passed = 0; passed < 2 * seconds && cpuSeconds(pid) < seconds; passed++) {
      await this.#load(1);
    }
  }

  /** @param {number} seconds */
  #load(seconds) {
    const { testCase, origin, script, cores } = this.#options;
    const { connections } = testCase;
    return load(origin, { script, connections, seconds, core: cores.load });
  }

  /**
   * @template Result
   * @param {() => Promise<Result>} act
   * @returns {Promise<Result>}
   */
  async #orStop(act) {
    try {
      return await act();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const output = this.#program?.output.trim();
      await this.stop();
      throw new Error([message, output].filter(Boolean).join('\n'), { cause: error });
    }
  }
}
