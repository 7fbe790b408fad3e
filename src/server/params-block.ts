import type { InputMemory } from './input-memory.ts';

const EMPTY = Buffer.alloc(0);

/** Bytes that the block of a request which takes long has at first. */
const FIRST_SIZE = 256;

/**
 * The PARAMS of one request, gathered until they end.
 *
 * Pieces are views of what came from the socket. Mostly one piece is all there is, and is decoded in
 * place. Whatever has to wait is copied: a few bytes would otherwise keep their whole chunk in memory, and
 * many of them would keep more than `maxParamsSize` was meant to allow.
 */
export class ParamsBlock {
  /** Bytes gathered. */
  length = 0;
  readonly #memory: InputMemory;
  #block: Buffer = EMPTY;
  /** Bytes of the block if it is a copy. */
  #owned = 0;

  constructor(memory: InputMemory) {
    this.#memory = memory;
  }

  /** @returns false if there is no memory for the piece */
  push(piece: Buffer): boolean {
    if (this.length === 0 && this.#owned === 0) this.#block = piece;
    else if (!this.#append(piece)) return false;
    this.length += piece.length;
    return true;
  }

  /**
   * The chunk was read, and the end of PARAMS was not in it.
   *
   * @returns false if there is no memory for what was gathered
   */
  wait(): boolean {
    return this.#owned > 0 || this.#grow(Math.max(this.length, FIRST_SIZE));
  }

  /** Hands over all that was gathered. */
  take(): Buffer {
    const block = this.#block.subarray(0, this.length);
    this.drop();
    return block;
  }

  /** Forgets what was gathered. */
  drop(): void {
    if (this.#owned > 0) this.#memory.give(this.#owned);
    this.#owned = 0;
    this.#block = EMPTY;
  }

  #append(piece: Buffer): boolean {
    const needed = this.length + piece.length;
    if (needed > this.#owned && !this.#grow(Math.max(needed, 2 * this.length))) return false;
    piece.copy(this.#block, this.length);
    return true;
  }

  #grow(size: number): boolean {
    if (!this.#memory.take(size - this.#owned)) return false;
    const grown = Buffer.allocUnsafeSlow(size);
    this.#block.copy(grown, 0, 0, this.length);
    this.#block = grown;
    this.#owned = size;
    return true;
  }
}
