/** Web servers send some thirty names; clients can make them send any number of others. */
const MAX_NAMES = 512;
const MAX_NAME_LENGTH = 128;

/** How many names that came after a name are tried before it is looked up. */
const MAX_FOLLOWERS = 6;

/** A name that was read before. */
export class PairName {
  readonly text: string;
  /** What whoever reads the pairs notes about the name, to know it when it comes again. */
  meaning: unknown = undefined;
  /** The name that came next the last time. */
  next: PairName | undefined = undefined;
  /** Names that came next, the newest first. */
  readonly followers: PairName[] = [];

  constructor(text: string) {
    this.text = text;
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
   * @param text the block
   * @param at where the name stands in it
   */
  find(previous: PairName, text: string, at: number, length: number): PairName {
    for (const follower of previous.followers) {
      if (follower.text.length === length && text.startsWith(follower.text, at)) {
        previous.next = follower;
        return follower;
      }
    }
    if (length > MAX_NAME_LENGTH) return new PairName(text.slice(at, at + length));
    const name = this.#lookUp(text.slice(at, at + length));
    previous.next = name;
    previous.followers.unshift(name);
    if (previous.followers.length > MAX_FOLLOWERS) previous.followers.pop();
    return name;
  }

  #lookUp(slice: string): PairName {
    const known = this.#known.get(slice);
    if (known) return known;
    if (this.#known.size >= MAX_NAMES) this.#forget();
    // A slice would keep its whole block alive for as long as the name is remembered.
    const text = Buffer.from(slice, 'latin1').toString('latin1');
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
