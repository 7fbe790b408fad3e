import { within } from '../../support/deadline.ts';
import { ask } from './http-client.ts';
import { requestName } from './site.ts';

/** What came of a request. */
export interface Outcome {
  /** The status, or the code of the error that came in place of an answer. */
  readonly status: number | string;
  /** Whether it answers the request that was sent. */
  readonly right: boolean;
}

interface Target {
  readonly origin: string;
}

/** Clients that ask again and again, each time something else. */
export class Load {
  readonly #answers: Outcome[] = [];
  readonly #clients: Promise<void>[];
  #ending = false;
  #check: () => void = () => {};

  constructor(site: Target, clients = 4) {
    this.#clients = Array.from({ length: clients }, () => this.#run(site));
  }

  /** Waits until each client has had some answers more. */
  async moreAnswers(): Promise<void> {
    const goal = this.#answers.length + 10 * this.#clients.length;
    const enough = new Promise<void>((resolve) => {
      this.#check = () => this.#answers.length >= goal && resolve();
    });
    await within('answers', enough);
  }

  async end(): Promise<readonly Outcome[]> {
    this.#ending = true;
    await Promise.all(this.#clients);
    return this.#answers;
  }

  async #run(site: Target): Promise<void> {
    while (!this.#ending) {
      const path = `/echo/${requestName()}`;
      const outcome = await ask(`${site.origin}${path}`).then(
        ({ status, text }) => ({ status, right: text.includes(`"url":"${path}"`) }),
        ({ code }) => ({ status: String(code), right: false }),
      );
      this.#answers.push(outcome);
      this.#check();
    }
  }
}
