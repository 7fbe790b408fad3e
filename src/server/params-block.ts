import { FcgiError } from '../errors.ts';
import type { InputMemory } from './input-memory.ts';
import type { Server } from './server.ts';

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
  readonly #server: Server;
  readonly #memory: InputMemory;
  #block: Buffer = EMPTY;
  /** Where what was gathered begins in the block, and how many bytes it has. */
  #start = 0;
  #length = 0;
  /** Bytes of the block if it is a copy. */
  #owned = 0;
  /** Whether the request counts towards `maxHalfOpenRequests`. */
  #halfOpen = false;

  /** @param memory what the requests of the connection may take together */
  constructor(server: Server, memory: InputMemory) {
    this.#server = server;
    this.#memory = memory;
  }

  get block(): Buffer {
    return this.#block;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#start + this.#length;
  }

  /**
   * Takes the piece from `start` to `end` of a chunk.
   *
   * @returns what is wrong with it: `ERR_FCGI_PARAMS_SIZE`, `ERR_FCGI_BUFFERED_INPUT`
   */
  push(chunk: Buffer, start: number, end: number): FcgiError | undefined {
    const limit = this.#server.settings.maxParamsSize;
    const length = this.#length + end - start;
    if (length > limit) {
      return new FcgiError('ERR_FCGI_PARAMS_SIZE', `They have more than ${limit} bytes`, { limit });
    }
    if (this.#length === 0 && this.#owned === 0) {
      this.#block = chunk;
      this.#start = start;
    } else if (!this.#append(chunk, start, end)) return this.#noMemory();
    this.#length = length;
    return undefined;
  }

  /**
   * The chunk was read, and the end of PARAMS was not in it: the request is half open.
   *
   * @returns false if too many are
   */
  open(): boolean {
    const server = this.#server;
    if (server.halfOpenRequests >= server.settings.maxHalfOpenRequests) return false;
    server.halfOpenRequests++;
    this.#halfOpen = true;
    return true;
  }

  /**
   * Keeps what was gathered for the next chunk.
   *
   * @returns `ERR_FCGI_BUFFERED_INPUT` if there is no memory for it
   */
  keep(): FcgiError | undefined {
    if (this.#owned > 0 || this.#grow(Math.max(this.#length, FIRST_SIZE))) return undefined;
    return this.#noMemory();
  }

  /** Forgets what was gathered: PARAMS have ended, or their request. */
  drop(): void {
    if (this.#halfOpen) this.#server.halfOpenRequests--;
    if (this.#owned > 0) this.#memory.give(this.#owned);
    this.#halfOpen = false;
    this.#owned = 0;
    this.#block = EMPTY;
  }

  #append(chunk: Buffer, start: number, end: number): boolean {
    const needed = this.#length + end - start;
    if (needed > this.#owned && !this.#grow(Math.max(needed, 2 * this.#length))) return false;
    chunk.copy(this.#block, this.#length, start, end);
    return true;
  }

  /** Never past what may come: whoever doubles a block that is nearly full holds twice the limit. */
  #grow(wanted: number): boolean {
    const size = Math.min(wanted, this.#server.settings.maxParamsSize);
    if (!this.#memory.take(size - this.#owned)) return false;
    const grown = Buffer.allocUnsafeSlow(size);
    this.#block.copy(grown, 0, this.#start, this.end);
    this.#block = grown;
    this.#start = 0;
    this.#owned = size;
    return true;
  }

  #noMemory(): FcgiError {
    const limit = this.#server.settings.maxBufferedInput;
    const message = `The requests of the connection hold ${limit} bytes already`;
    return new FcgiError('ERR_FCGI_BUFFERED_INPUT', message, { limit });
  }
}
