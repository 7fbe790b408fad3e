/**
 * What a handler has begun to send. It need not wait for it: its request is complete when all is done,
 * and a failure that it did not see still counts.
 */
export class Operations {
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  /** Begins an operation. Whoever sends more after a failure has dealt with it. */
  run(begin: () => Promise<void>): Promise<void> {
    this.#failure = undefined;
    const operation = begin();
    this.#running.add(operation);
    operation.then(
      () => this.#running.delete(operation),
      (error) => {
        this.#running.delete(operation);
        this.#failure = { error };
      },
    );
    return operation;
  }

  /** Waits until nothing runs; throws the failure of the last operation. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    if (this.#failure) throw this.#failure.error;
  }
}
