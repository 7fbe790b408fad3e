/**
 * Things gathered until they are all dealt with: nearly always one, which takes no array.
 */
export class Batch<Item> {
  #first: Item | undefined;
  #others: Item[] | undefined;

  add(item: Item): void {
    if (this.#first === undefined) this.#first = item;
    else if (this.#others) this.#others.push(item);
    else this.#others = [item];
  }

  /** Hands all of them over, in their order, and starts anew. */
  take(deal: (item: Item) => void): void {
    const first = this.#first;
    if (first === undefined) return;
    const others = this.#others;
    this.#first = undefined;
    this.#others = undefined;
    deal(first);
    if (others) for (const item of others) deal(item);
  }

  /** Drops them. */
  clear(): void {
    this.#first = undefined;
    this.#others = undefined;
  }
}
