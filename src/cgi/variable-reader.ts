/** Meta-variables, read one after the other. */
export interface VariableReader {
  /** The name of the one that was read last, and what its reader noted about that name. */
  readonly name: { readonly text: string; meaning: unknown };
  /**
   * Goes on to the next variable.
   *
   * @returns false if there is none
   */
  next(): boolean;
  /** The value of the one that was read last. */
  value(): string;
}

/** Has a request's meta-variables: names and values in turn, in the order in which they came. */
export interface VariableSource {
  readonly variables: readonly string[];
}

/** Reads variables that are a list: names and values in turn. */
export class VariableList implements VariableReader {
  readonly #list: readonly string[];
  #at = -2;
  #name = { text: '', meaning: undefined as unknown };

  constructor(list: readonly string[]) {
    this.#list = list;
  }

  get name(): { readonly text: string; meaning: unknown } {
    return this.#name;
  }

  next(): boolean {
    this.#at += 2;
    if (this.#at >= this.#list.length) return false;
    this.#name = { text: this.#list[this.#at] as string, meaning: undefined };
    return true;
  }

  value(): string {
    return this.#list[this.#at + 1] as string;
  }
}
