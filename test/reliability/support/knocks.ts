import { connect } from 'node:net';
import { within } from '../../support/deadline.ts';
import { GET_VALUES, pairs, record } from '../../support/wire.ts';

const QUESTION = record(GET_VALUES, 0, pairs({ FCGI_MAX_CONNS: '' }));

/** Somebody who connects to a path over and over, and makes sure that somebody is there. */
export class Knocks {
  answered = 0;
  readonly failures: string[] = [];
  readonly #path: string;
  readonly #all: Promise<void>;
  #stopped = false;

  constructor(path: string) {
    this.#path = path;
    this.#all = this.#knockOnAndOn();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await within('the last answer', this.#all);
  }

  async #knockOnAndOn(): Promise<void> {
    while (!this.#stopped) {
      const failure = await this.#knock();
      if (failure === undefined) this.answered++;
      else this.failures.push(failure);
    }
  }

  /** What went wrong, if anything did. */
  #knock(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const socket = connect(this.#path, () => socket.write(QUESTION));
      socket.on('data', () => {
        resolve(undefined);
        socket.destroy();
      });
      socket.on('error', (error) => resolve(String(error)));
      socket.on('close', () => resolve('closed without an answer'));
    });
  }
}
