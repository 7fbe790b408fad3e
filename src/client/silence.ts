/** The longest time that a timer of Node's can have. */
export const MAX_TIMEOUT = 2 ** 31 - 1;

/** Tells, again and again, that nothing was heard for a time. It does not keep the process alive. */
export class Silence {
  readonly #onSilence: () => void;
  readonly #timer: NodeJS.Timeout | undefined;
  /** How often something was heard. */
  #heard = 0;

  /** @param msecs 0 for never */
  constructor(msecs: number, onSilence: () => void) {
    this.#onSilence = onSilence;
    if (msecs === 0 || msecs > MAX_TIMEOUT) return;
    this.#timer = setInterval(() => this.#listen(), msecs).unref();
  }

  /** Something was heard: the time begins anew. */
  broken(): void {
    this.#heard++;
    this.#timer?.refresh();
  }

  stop(): void {
    this.#heard++;
    clearInterval(this.#timer);
  }

  /** Timers come before sockets: after a stall of this process the answer may be there, and unread. */
  #listen(): void {
    const heard = this.#heard;
    setImmediate(() => {
      if (heard === this.#heard) this.#onSilence();
    });
  }
}
