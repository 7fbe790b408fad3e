/** The inactivity timer behind `socket.setTimeout()`. */
export class SocketTimer {
  msecs = 0;
  readonly #expire: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(expire: () => void) {
    this.#expire = expire;
  }

  /** Starts anew with this many milliseconds; 0 stops it. */
  start(msecs: number): void {
    if (typeof msecs !== 'number' || !(msecs >= 0) || msecs === Number.POSITIVE_INFINITY) {
      throw Object.assign(
        new RangeError(`The timeout must be a finite number of 0 or more, not ${msecs}`),
        { code: 'ERR_OUT_OF_RANGE' },
      );
    }
    this.stop();
    this.msecs = msecs;
    if (msecs > 0) this.#timer = setTimeout(this.#expire, msecs).unref();
  }

  /** Notes activity. */
  refresh(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
