import { FcgiError, ProtocolError } from '../errors.ts';
import { PairNames } from './pair-names.ts';

/** A name-value pair's length above this takes four bytes instead of one (FastCGI §3.4). */
const SHORT_LENGTH_MAX = 127;

const EMPTY = Buffer.alloc(0);

/**
 * Reads blocks of name-value pairs, pair by pair. A value becomes a string when it is asked for: of thirty
 * variables a request needs ten. Names are the same objects from block to block.
 *
 * One reader serves all connections of a server: a block is read at once.
 */
export class PairReader {
  readonly #names = new PairNames();
  /** The block, and a view to compare names by. They stay after `close()`: mostly the next block is in the same buffer. */
  #block: Buffer = EMPTY;
  #view = viewOf(EMPTY);
  #text = '';
  /** Where the text begins in the block, and where it ends. */
  #start = 0;
  #end = 0;
  #at = 0;
  #pairsLeft = 0;
  #maxPairs = 0;
  #name = this.#names.first;
  #valueAt = 0;

  /**
   * Begins a block: the joined content of a PARAMS stream, or of FCGI_GET_VALUES.
   *
   * @param maxPairs how many pairs it may hold
   * @param start where the content begins in `block`
   * @param end where it ends
   */
  open(block: Buffer, maxPairs = Number.POSITIVE_INFINITY, start = 0, end = block.length): void {
    if (this.#block !== block) this.#view = viewOf(block);
    this.#block = block;
    this.#text = block.toString('latin1', start, end);
    this.#start = start;
    this.#end = end;
    this.#at = start;
    this.#maxPairs = maxPairs;
    this.#pairsLeft = maxPairs;
    this.#name = this.#names.first;
  }

  /** Lets go of the text. */
  close(): void {
    this.#text = '';
    this.#name = this.#names.first;
  }

  /** The block's bytes as latin1. */
  get text(): string {
    return this.#text;
  }

  /** The name of the pair, and what was noted about it. */
  get name(): { readonly text: string; meaning: unknown } {
    return this.#name;
  }

  /** The value of the pair, its bytes as latin1: a slice of `text`, which it keeps. */
  value(): string {
    const start = this.#start;
    return this.#text.slice(this.#valueAt - start, this.#at - start);
  }

  /**
   * Goes on to the next pair.
   *
   * @returns false if there is none
   * @throws {ProtocolError} `ERR_FCGI_NAME_VALUE_PAIR` if a length runs past the end of the block
   * @throws {FcgiError} `ERR_FCGI_PARAMS_COUNT` if there are more than `maxPairs`
   */
  next(): boolean {
    const block = this.#block;
    const view = this.#view;
    let at = this.#at;
    const limit = this.#end;
    if (at >= limit) return false;
    if (this.#pairsLeft-- <= 0) refuseCount(this.#maxPairs);
    let nameLength = block[at++] as number;
    if (nameLength > SHORT_LENGTH_MAX) {
      nameLength = readLong(block, at - 1, limit);
      at += 3;
    }
    if (at === limit) refusePair(1);
    let valueLength = block[at++] as number;
    if (valueLength > SHORT_LENGTH_MAX) {
      valueLength = readLong(block, at - 1, limit);
      at += 3;
    }
    const end = at + nameLength + valueLength;
    if (end > limit) refusePair(end - limit);
    const previous = this.#name;
    const predicted = previous.next;
    this.#name = predicted?.standsAt(view, at, nameLength)
      ? predicted
      : this.#names.find(previous, view, at, nameLength);
    this.#valueAt = at + nameLength;
    this.#at = end;
    return true;
  }
}

function viewOf(block: Buffer): DataView {
  return new DataView(block.buffer, block.byteOffset, block.length);
}

function readLong(block: Buffer, at: number, limit: number): number {
  if (at + 4 > limit) refusePair(at + 4 - limit);
  return block.readUInt32BE(at) & 0x7fffffff;
}

function refuseCount(limit: number): never {
  throw new FcgiError('ERR_FCGI_PARAMS_COUNT', `There are more than ${limit} variables`, { limit });
}

function refusePair(missing: number): never {
  throw new ProtocolError(
    'ERR_FCGI_NAME_VALUE_PAIR',
    `A name-value pair runs ${missing} bytes past the end of its stream`,
  );
}
