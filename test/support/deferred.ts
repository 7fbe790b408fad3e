import { within } from './deadline.ts';

/** A promise that is settled from outside, and waited for with a deadline. */
export class Deferred<Value> {
  resolve!: (value: Value) => void;
  readonly #promise: Promise<Value>;

  constructor() {
    this.#promise = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  wait(what: string): Promise<Value> {
    return within(what, this.#promise);
  }
}
