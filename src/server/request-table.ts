import type { Request } from './request.ts';

/**
 * The active requests of a connection, by id.
 *
 * Most connections have one request at a time, which is kept apart. A Map whose entries come and go makes a new
 * table now and then: with it a small request makes 2 to 9 % more garbage.
 */
export class RequestTable {
  #only: Request | undefined;
  #several: Map<number, Request> | undefined;

  get size(): number {
    return this.#several ? this.#several.size : this.#only ? 1 : 0;
  }

  get(id: number): Request | undefined {
    if (this.#several) return this.#several.get(id);
    return this.#only?.id === id ? this.#only : undefined;
  }

  add(request: Request): void {
    if (!(this.#only || this.#several)) {
      this.#only = request;
      return;
    }
    this.#several ??= new Map(this.#only && [[this.#only.id, this.#only]]);
    this.#only = undefined;
    this.#several.set(request.id, request);
  }

  /** @returns whether it was there */
  delete(request: Request): boolean {
    if (this.get(request.id) !== request) return false;
    this.#only = undefined;
    this.#several?.delete(request.id);
    if (this.#several?.size === 0) this.#several = undefined;
    return true;
  }

  /** All of them, as they are now. */
  list(): Request[] {
    if (this.#several) return [...this.#several.values()];
    return this.#only ? [this.#only] : [];
  }
}
