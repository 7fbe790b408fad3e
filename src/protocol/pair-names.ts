/** Web servers send some thirty names; clients can make them send any number of others. */
const MAX_NAMES = 512;
const MAX_NAME_LENGTH = 128;

/** How many names that came after a name are tried before it is looked up. */
const MAX_FOLLOWERS = 6;

/** A name that was read before. */
export class PairName {
  readonly text: string;
  readonly bytes: Uint8Array;
  /** What whoever reads the pairs notes about the name, to know it when it comes again. */
  meaning: unknown = undefined;
  /** The name that came next the last time. */
  next: PairName | undefined = undefined;
  /** Names that came next, the newest first. */
  readonly followers: PairName[] = [];

  constructor(text: string) {
    this.text = text;
    this.bytes = Buffer.from(text, 'latin1');
  }

  /**
   * Whether the name stands at a place of a block. A loop over bytes takes a third of the time of
   * `startsWith()`: 0.3 instead of 0.9 µs for the variables of a request.
   */
  standsAt(block: Uint8Array, at: number, length: number): boolean {
    const { bytes } = this;
    if (bytes.length !== length) return false;
    for (let i = 0; i < length; i++) if (block[at + i] !== bytes[i]) return false;
    return true;
  }
}

/**
 * The names that come in blocks of pairs, and which follows which.
 *
 * A web server sends the same variables in the same order with every request, but for the headers that one
 * browser sends and another does not. Each name is thus first compared, in place, with those that came after the
 * name before it; only a name that is none of them becomes a string, and is looked up.
 */
export class PairNames {
  readonly #known = new Map<string, PairName>();
  #first = new PairName('');

  /** Stands before the first name of a block. */
  get first(): PairName {
    return this.#first;
  }

  /**
   * Finds the name that comes after `previous`.
   *
   * @param at where the name stands in the block
   */
  find(previous: PairName, block: Buffer, at: number, length: number): PairName {
    for (const follower of previous.followers) {
      if (!follower.standsAt(block, at, length)) continue;
      previous.next = follower;
      return follower;
    }
    const text = block.toString('latin1', at, at + length);
    if (length > MAX_NAME_LENGTH) return new PairName(text);
    const name = this.#lookUp(text);
    previous.next = name;
    previous.followers.unshift(name);
    if (previous.followers.length > MAX_FOLLOWERS) previous.followers.pop();
    return name;
  }

  #lookUp(text: string): PairName {
    const known = this.#known.get(text);
    if (known) return known;
    if (this.#known.size >= MAX_NAMES) this.#forget();
    const name = new PairName(text);
    this.#known.set(text, name);
    return name;
  }

  /** Names that somebody made up must not keep those out that come with each request. */
  #forget(): void {
    this.#known.clear();
    this.#first = new PairName('');
  }
}
