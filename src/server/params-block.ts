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
  #block: Buffer = EMPTY;
  #owned = false;

  push(piece: Buffer): void {
    if (this.length === 0 && !this.#owned) this.#block = piece;
    else this.#append(piece);
    this.length += piece.length;
  }

  /** The chunk was read, and the end of PARAMS was not in it. */
  wait(): void {
    if (!this.#owned) this.#grow(Math.max(this.length, FIRST_SIZE));
  }

  /** Hands over all that was gathered. */
  take(): Buffer {
    const block = this.#block.subarray(0, this.length);
    this.#block = EMPTY;
    return block;
  }

  #append(piece: Buffer): void {
    const needed = this.length + piece.length;
    if (!this.#owned || needed > this.#block.length) this.#grow(Math.max(needed, 2 * this.length));
    piece.copy(this.#block, this.length);
  }

  #grow(size: number): void {
    const grown = Buffer.allocUnsafeSlow(size);
    this.#block.copy(grown, 0, 0, this.length);
    this.#block = grown;
    this.#owned = true;
  }
}
