import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { within } from '../../support/deadline.ts';

/** Milliseconds that a program has to end after it was asked to. */
const STOP_LIMIT = 10_000;

export interface ProcessOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A socket that it gets as its file descriptor 3. */
  readonly socket?: number;
  /** Gets the messages of a Node process that uses `process.send()`. */
  readonly onMessage?: (message: unknown) => void;
}

/** A program that the test started, and ends by its process id. */
export class RunningProcess {
  /** What it wrote to stdout and stderr. */
  output = '';
  readonly #child: ChildProcess;
  readonly command: string;
  /** How it ended: an exit code, a signal, or why it did not start. */
  readonly ended: Promise<number | string>;
  running = true;

  constructor(command: string, args: readonly string[], options: ProcessOptions = {}) {
    const { cwd, env = process.env, socket, onMessage } = options;
    this.command = command;
    this.#child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe', onMessage ? 'ipc' : (socket ?? 'ignore')],
    });
    if (onMessage) this.#child.on('message', onMessage);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (error) => resolve(error.message));
      this.#child.on('close', (code, signal) => resolve(code ?? signal ?? 'ended'));
    });
    void this.ended.then(() => {
      this.running = false;
    });
  }

  /** Waits until it has written what matches. */
  async printed(pattern: RegExp): Promise<RegExpMatchArray> {
    const { command } = this;
    const look = async () => {
      for (;;) {
        const match = this.output.match(pattern);
        if (match) return match;
        if (!this.running) throw new Error(`${command} ended:\n${this.output}`);
        await wait(10);
      }
    };
    return within(`${pattern} from ${command}`, look());
  }

  send(message: object): void {
    this.#child.send(message);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends the program, the hard way if it does not follow. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    if (!this.running) return this.ended;
    this.#child.kill(signal);
    try {
      return await within(`the end of ${this.command}`, this.ended, STOP_LIMIT);
    } catch (error) {
      this.#child.kill('SIGKILL');
      await this.ended;
      throw error;
    }
  }
}
