import { Worker } from 'node:worker_threads';

/** Ends the process if an exchange makes it hang: a loop without end lets nothing else run, no timer either. */
export class Watchdog {
  /** How many exchanges have begun, and the seed of the last one. */
  #progress = new Int32Array(new SharedArrayBuffer(8));

  /** @param {{folder: string, servers: number, seconds: number}} options */
  constructor(options) {
    const workerData = { ...options, progress: this.#progress };
    new Worker(new URL('watchdog-thread.js', import.meta.url), { workerData }).unref();
  }

  begins(seed) {
    Atomics.store(this.#progress, 1, seed | 0);
    Atomics.add(this.#progress, 0, 1);
    Atomics.notify(this.#progress, 0);
  }
}
