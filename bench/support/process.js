import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds that a program has to start, and to end after it was asked to. */
const START_LIMIT = 30_000;
const STOP_LIMIT = 10_000;

/** @type {Set<Program>} */
const running = new Set();

/** A program that the benchmark started, and ends by its process id. */
export class Program {
  /** What it wrote to stdout and stderr. */
  output = '';
  #child;
  /** @type {Promise<string>} how it ended */
  ended;
  running = true;

  /** @param {import('../macro/backend.js').Command} command */
  constructor({ command, args, env = process.env }) {
    this.#child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.output += text;
      });
    }
    running.add(this);
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (error) => resolve(error.message));
      // Not 'close': processes that it started may have its output open for longer.
      this.#child.on('exit', (code, signal) => resolve(String(code ?? signal)));
    });
    void this.ended.then(() => {
      this.running = false;
      running.delete(this);
    });
  }

  get pid() {
    return this.#child.pid ?? 0;
  }

  /**
   * Waits until it accepts connections.
   *
   * @param {import('node:net').NetConnectOpts} target
   */
  async accepting(target) {
    const end = Date.now() + START_LIMIT;
    while (this.running && Date.now() < end) {
      if (await accepts(target)) return;
      await wait(10);
    }
    throw new Error(`${this.#child.spawnargs.join(' ')} does not listen:\n${this.output}`);
  }

  /** @param {NodeJS.Signals} name */
  signal(name) {
    this.#child.kill(name);
  }

  /** Ends it, the hard way if it does not follow. */
  async stop() {
    this.#child.kill();
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT);
    await this.ended;
    clearTimeout(limit);
  }
}

/**
 * Ends all that runs, and removes what was written for it, when the benchmark is interrupted.
 *
 * @param {() => void} cleanUp
 */
export function stopOnSignals(cleanUp) {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.once(signal, async () => {
      await Promise.all([...running].map((program) => program.stop()));
      cleanUp();
      process.exit(1);
    });
  }
}

/** @param {import('node:net').NetConnectOpts} target */
function accepts(target) {
  return new Promise((resolve) => {
    const socket = connect(target, () => {
      socket.destroy();
      resolve(true);
    }).on('error', () => resolve(false));
  });
}
