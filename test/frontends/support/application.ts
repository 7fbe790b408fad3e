import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { within } from '../../support/deadline.ts';
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

interface Note {
  readonly name: string;
  readonly id: string;
  readonly data: unknown;
}

/** An application served by the built package in a process of its own. */
export class Application {
  readonly #process: RunningProcess;
  readonly #notes: Note[] = [];
  readonly #waiting = new Set<() => void>();
  /** The target of a restart: with the port that was given. */
  listen: ListenTarget;

  private constructor(options: ApplicationOptions) {
    this.listen = options.listen;
    this.#process = new RunningProcess(process.execPath, [LAUNCHER, JSON.stringify(options)], {
      env: { ...process.env, NODE_ENV: 'production' },
      onMessage: (message) => this.#take(message as Note),
    });
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

  /** What it wrote to stdout and stderr. */
  get log(): string {
    return this.#process.output;
  }

  /** How its process ended. */
  get ended(): Promise<number | string> {
    return within('the end of the application', this.#process.ended);
  }

  /** Gives a command, to one request or to the server. */
  tell(command: string, id = 'server', data?: unknown): void {
    this.#process.send({ command, id, data });
  }

  /** Gives a command and waits for the note that answers it. */
  async ask<Data>(command: string, id = 'server', answer = command, data?: unknown): Promise<Data> {
    const seen = this.#find(answer, id).length;
    this.tell(command, id, data);
    return this.noted<Data>(answer, id, seen + 1);
  }

  /** Waits for the n-th note of that name. */
  async noted<Data>(name: string, id = 'server', nth = 1): Promise<Data> {
    const what = `the application to note "${name}" of ${id}`;
    await this.#until(what, () => this.#find(name, id).length >= nth);
    return this.#find(name, id)[nth - 1]?.data as Data;
  }

  /** What the notes of that name have said so far. */
  all<Data>(name: string, id = 'server'): Data[] {
    return this.#find(name, id).map(({ data }) => data as Data);
  }

  /** Waits until a note says so. */
  async notedThat<Data>(name: string, id: string, holds: (data: Data) => boolean): Promise<void> {
    const what = `the application to note "${name}" of ${id} as expected`;
    await this.#until(what, () => this.#find(name, id).some(({ data }) => holds(data as Data)));
  }

  /** Sends SIGTERM to one that drains: it ends when it has answered what it has. */
  drain(): void {
    this.#process.signal('SIGTERM');
  }

  /** Whether it has noted that by now. */
  hasNoted(name: string, id: string): boolean {
    return this.#find(name, id).length > 0;
  }

  /** How many connections the web server has made so far. */
  connections(): Promise<number> {
    return this.ask<number>('connections');
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#process.stop(signal);
  }

  #find(name: string, id: string): Note[] {
    return this.#notes.filter((note) => note.name === name && note.id === id);
  }

  #take(note: Note): void {
    this.#notes.push(note);
    for (const check of [...this.#waiting]) check();
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    if (condition()) return;
    let check: () => void = () => {};
    const met = new Promise<void>((resolve, reject) => {
      check = () => condition() && resolve();
      void this.#process.ended.then((end) =>
        reject(new Error(`The application ended (${end}) before it could note that\n${this.log}`)),
      );
    });
    this.#waiting.add(check);
    try {
      await within(what, met);
    } finally {
      this.#waiting.delete(check);
    }
  }
}
