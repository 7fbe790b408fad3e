import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('server.js', import.meta.url));

/** The server whose memory is measured, in a process of its own. */
export class ServerProcess {
  #child;

  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.#child = child;
  }

  /** @param {{ node: string, how: string, app: string, socket: string }} options */
  static async start({ node, how, app, socket }) {
    const child = fork(SERVER, [how, app, socket], {
      execPath: node,
      execArgv: ['--expose-gc'],
      env: { ...process.env, NODE_ENV: 'production' },
    });
    await answered(child);
    return new ServerProcess(child);
  }

  /** Bytes of memory that it has now, after garbage was collected. */
  async collectedRss() {
    await this.tell('collect');
    return this.#status('VmRSS');
  }

  /** Bytes of memory that it had at most since `resetPeak()`. */
  peakRss() {
    return this.#status('VmHWM');
  }

  resetPeak() {
    // See proc(5): 5 resets the peak.
    writeFileSync(`/proc/${this.#child.pid}/clear_refs`, '5');
  }

  /** @param {'collect' | 'answer'} what */
  async tell(what) {
    const done = answered(this.#child);
    this.#child.send(what);
    await done;
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** @param {'VmRSS' | 'VmHWM'} field */
  #status(field) {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s*(\\d+)`).exec(status)?.[1]) * 1024;
  }
}

/** @param {import('node:child_process').ChildProcess} child */
async function answered(child) {
  const ended = new AbortController();
  const end = () => ended.abort(new Error('The server ended'));
  child.once('exit', end);
  try {
    await once(child, 'message', { signal: ended.signal });
  } finally {
    child.off('exit', end);
  }
}
