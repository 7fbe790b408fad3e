import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Host } from '../host.ts';
import type { WatchedSettings } from './watched.ts';

/** Milliseconds beyond its own limit that an application gets to end. */
const GRACE_MS = 1000;

/** What an application tells of itself. */
export interface ApplicationEvents {
  onListening(): void;
  /** @param how an exit code or a signal */
  onEnd(how: number | string): void;
}

/** The process of an application, of which there is one at a time. */
export class Application {
  readonly #args: readonly string[];
  readonly #events: ApplicationEvents;
  readonly #host: Host;
  readonly #limit: number;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(
    { verbose, ...settings }: WatchedSettings & { readonly verbose: boolean },
    host: Host,
    events: ApplicationEvents,
  ) {
    const main = join(host.packageFolder, 'dist/cli/watch/watched-main.js');
    this.#args = [main, JSON.stringify(settings), ...(verbose ? ['--verbose'] : [])];
    this.#host = host;
    this.#limit = (settings.options.drainTimeout ?? 0) + GRACE_MS;
    this.#events = events;
  }

  start(): void {
    const { execPath, execArgv, cwd } = this.#host.process;
    const child = spawn(execPath, [...execArgv, ...this.#args], {
      cwd: cwd(),
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.once('message', () => this.#events.onListening());
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#child = undefined;
        this.#events.onEnd(code ?? signal ?? 'exit');
        resolve();
      });
    });
  }

  /** Lets running requests finish, and waits until it has ended; one that does not is ended. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), this.#limit);
    await this.#ended;
    clearTimeout(timer);
  }
}
