/** The longest time that a timer of Node's can have. */
export const MAX_TIMEOUT = 2 ** 31 - 1;

/** Tells, again and again, that nothing was heard for a time. It does not keep the process alive. */
export class Silence {
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param msecs 0 for never */
  constructor(msecs: number, onSilence: () => void) {
    if (msecs === 0 || msecs > MAX_TIMEOUT) return;
    this.#timer = setInterval(onSilence, msecs).unref();
  }

  /** Something was heard: the time begins anew. */
  broken(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
