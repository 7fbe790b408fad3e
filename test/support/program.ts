import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { within } from './deadline.ts';

/** The built package; `npm test` builds it first. */
const dist = join(__dirname, '../../dist/index.js');

/** A Node process that runs a few lines with the built package as `fcgi`. */
export class Program {
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #exited: Promise<unknown>;
  readonly #closed: Promise<unknown>;
  readonly #waiting = new Set<() => void>();

  constructor(source: string, options: SpawnOptions = {}) {
    this.process = spawn(process.execPath, ['--input-type=module', '-e', Program.code(source)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    });
    this.#exited = once(this.process, 'exit');
    this.#closed = once(this.process, 'close');
    this.process.stdout?.on('data', (chunk) => this.#take('stdout', chunk));
    this.process.stderr?.on('data', (chunk) => this.#take('stderr', chunk));
  }

  /** The module that runs the lines. */
  static code(source: string): string {
    return `import * as fcgi from ${JSON.stringify(`file://${dist}`)};\n${source}`;
  }

  /** Waits until the program has printed the text. */
  printed(text: string): Promise<void> {
    return this.#printed('stdout', text);
  }

  /** Waits until the text stands on its standard error. */
  printedError(text: string): Promise<void> {
    return this.#printed('stderr', text);
  }

  async #printed(stream: 'stdout' | 'stderr', text: string): Promise<void> {
    const found = new Promise<void>((resolve) => {
      const check = () => {
        if (this[stream].includes(text)) resolve();
      };
      this.#waiting.add(check);
      check();
    });
    // Its output ends with the last process that inherited it.
    const gone = this.#closed.then(() => {
      throw new Error(`The program ended without printing ${text}:\n${this.stderr}`);
    });
    await within(`${text} from a program`, Promise.race([found, gone]));
  }

  /** Waits for the end of the program; its exit code, or the signal that ended it. */
  async exit(): Promise<number | string> {
    await within('the end of a program', this.#exited);
    return this.process.exitCode ?? (this.process.signalCode as string);
  }

  /** Ends the program if it still runs. */
  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGKILL');
    }
    await this.exit();
  }

  #take(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this[stream] += chunk.toString();
    for (const check of [...this.#waiting]) check();
  }
}
