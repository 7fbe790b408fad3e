import { within } from '../../support/deadline.ts';
import type { ListenTarget } from './application.ts';

/** What an application tells the test. */
export interface Note {
  readonly name: string;
  readonly id: string;
  readonly data: unknown;
}

/** An application that the test gives commands to, past the web server, and that notes what happens. */
export abstract class NotedApplication {
  readonly #notes: Note[] = [];
  readonly #waiting = new Set<() => void>();

  /** What it wrote to stdout and stderr. */
  abstract get log(): string;

  /** Where it listens; throws if the web server listens for it. */
  abstract get listen(): ListenTarget;

  /** How it ended by itself: 0 if all is well. */
  abstract get ended(): Promise<number | string>;

  /** Gives a command, to one request or to the server. */
  abstract tell(command: string, id?: string, data?: unknown): void;

  /** Tells it to end, and waits until it takes no more requests. It answers those that it has. */
  abstract beginToEnd(): Promise<void>;

  abstract stop(signal?: NodeJS.Signals): Promise<void>;

  /** Rejects when there is nobody any more who could note something. */
  protected abstract readonly silenced: Promise<never>;

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

  /** Whether it has noted that by now. */
  hasNoted(name: string, id: string): boolean {
    return this.#find(name, id).length > 0;
  }

  /** How many connections the web server has made so far. */
  connections(): Promise<number> {
    return this.ask<number>('connections');
  }

  protected take(note: Note): void {
    this.#notes.push(note);
    for (const check of [...this.#waiting]) check();
  }

  #find(name: string, id: string): Note[] {
    return this.#notes.filter((note) => note.name === name && note.id === id);
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    if (condition()) return;
    let check: () => void = () => {};
    const met = new Promise<void>((resolve, reject) => {
      check = () => condition() && resolve();
      this.silenced.catch(reject);
    });
    this.#waiting.add(check);
    try {
      await within(what, met);
    } finally {
      this.#waiting.delete(check);
    }
  }
}
