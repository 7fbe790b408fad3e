import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { within } from '../../support/deadline.ts';
import { type Note, NotedApplication } from './noted-application.ts';
import { RunningProcess } from './process.ts';

const LAUNCHER = join(__dirname, 'app', 'main.mjs');

/** The folder `app` holds a module of this name that makes the listener. */
export type ApplicationName =
  | 'plain'
  | 'express'
  | 'guestbook'
  | 'files'
  | 'witness'
  | 'faulty'
  | 'busy';

/** Where the application listens: what `listen()` takes. */
export type ListenTarget =
  | { readonly path: string; readonly mode: number; readonly takeOver?: boolean }
  | { readonly port: number; readonly host: string };

export interface ApplicationOptions {
  readonly application: ApplicationName;
  readonly listen: ListenTarget;
  /** Whether SIGTERM lets it answer what it has, in place of ending it at once. */
  readonly drains?: boolean;
  /** For the module that makes the listener. */
  readonly options?: object;
  /** What `createServer()` takes. */
  readonly server?: object;
}

/** An application served by the built package in a process of its own. */
export class Application extends NotedApplication {
  readonly #process: RunningProcess;
  protected readonly silenced: Promise<never>;
  /** The target of a restart: with the port that was given. */
  listen: ListenTarget;

  private constructor(options: ApplicationOptions) {
    super();
    this.listen = options.listen;
    this.#process = new RunningProcess(process.execPath, [LAUNCHER, JSON.stringify(options)], {
      env: { ...process.env, NODE_ENV: 'production' },
      onMessage: (message) => this.take(message as Note),
    });
    this.silenced = this.#process.ended.then((end) => {
      throw new Error(`The application ended (${end}) before it could note that\n${this.log}`);
    });
    this.silenced.catch(() => {});
  }

  static async start(options: ApplicationOptions): Promise<Application> {
    const application = new Application(options);
    try {
      const address = await application.noted<AddressInfo | string>('listening');
      if (typeof address !== 'string') {
        application.listen = { port: address.port, host: address.address };
      }
      return application;
    } catch (cause) {
      await application.stop('SIGKILL');
      throw new Error(`The application did not start:\n${application.log}`, { cause });
    }
  }

  get log(): string {
    return this.#process.output;
  }

  get ended(): Promise<number | string> {
    return within('the end of the application', this.#process.ended);
  }

  tell(command: string, id = 'server', data?: unknown): void {
    this.#process.send({ command, id, data });
  }

  async beginToEnd(): Promise<void> {
    await this.ask('close', 'server', 'closing');
  }

  /** Sends SIGTERM to one that drains: it ends when it has answered what it has. */
  drain(): void {
    this.#process.signal('SIGTERM');
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#process.stop(signal);
  }
}
