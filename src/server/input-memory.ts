/** What the requests of one connection take in memory before the application has it: `maxBufferedInput`. */
export class InputMemory {
  readonly #limit: number;
  #taken = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** @returns false if there is not so much left; nothing is taken then */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#limit) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }
}
