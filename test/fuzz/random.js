/** Random numbers that a seed determines (mulberry32). */
export class Random {
  #state;

  /** @param {number} seed 32 bits */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** A number of 32 bits. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** 0 to `limit` - 1. */
  below(limit) {
    return this.next() % limit;
  }

  /** True once in so many times. */
  once(times) {
    return this.below(times) === 0;
  }

  pick(values) {
    return values[this.below(values.length)];
  }

  bytes(length) {
    return Buffer.from({ length }, () => 0).map(() => this.below(256));
  }
}
