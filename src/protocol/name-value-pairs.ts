import { PairReader } from './pair-reader.ts';

/** A name-value pair's length above this takes four bytes instead of one (FastCGI §3.4). */
const SHORT_LENGTH_MAX = 127;

/** More names and values than any web server sends: a block of so many says nothing about the next one. */
const MAX_EXPECTED = 512;

/**
 * Encodes name-value pairs (FastCGI §3.4).
 *
 * @param pairs names and values in turn: `['A', '1', 'B', '2']`
 * @param encoding of both; `latin1` keeps the bytes of strings that came from Node's `http`
 * @throws {RangeError} if the last name has no value
 */
export function encodePairs(pairs: readonly string[], encoding: BufferEncoding = 'latin1'): Buffer {
  if (pairs.length % 2 !== 0) throw new RangeError('The last name has no value');
  const texts = pairs.map((text) => Buffer.from(text, encoding));
  const bytes = texts.reduce((sum, text) => sum + lengthSize(text.length) + text.length, 0);
  const block = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (let i = 0; i < texts.length; i += 2) {
    const name = texts[i] as Buffer;
    const value = texts[i + 1] as Buffer;
    at = writeLength(block, at, name.length);
    at = writeLength(block, at, value.length);
    at += name.copy(block, at);
    at += value.copy(block, at);
  }
  return block;
}

function lengthSize(length: number): number {
  return length > SHORT_LENGTH_MAX ? 4 : 1;
}

function writeLength(block: Buffer, at: number, length: number): number {
  if (length > SHORT_LENGTH_MAX) return block.writeUInt32BE((length | 0x80000000) >>> 0, at);
  return block.writeUInt8(length, at);
}

/**
 * Decodes blocks of name-value pairs. The names are the same string objects from block to block, whose hashes are
 * known, which makes looking them up cheap.
 */
export class PairDecoder {
  readonly #reader = new PairReader();
  /** How many names and values the last block had. */
  #expected = 0;

  /**
   * Decodes a whole block: the joined content of a PARAMS stream, or of FCGI_GET_VALUES.
   *
   * @param maxPairs how many pairs it may hold
   * @returns names and values in turn, their bytes as latin1. The values are slices of one string:
   *   whoever keeps one keeps the block.
   * @throws {ProtocolError} `ERR_FCGI_NAME_VALUE_PAIR` if a length runs past the end of the block.
   * @throws {FcgiError} `ERR_FCGI_PARAMS_COUNT` if there are more than `maxPairs`
   */
  decode(block: Buffer, maxPairs?: number): string[] {
    const reader = this.#reader;
    // An array that grows is copied four times on the way to the thirty pairs that are usual.
    const pairs = new Array<string>(this.#expected);
    let count = 0;
    reader.open(block, maxPairs);
    try {
      while (reader.next()) {
        pairs[count++] = reader.name.text;
        pairs[count++] = reader.value();
      }
    } finally {
      reader.close();
    }
    pairs.length = count;
    this.#expected = Math.min(count, MAX_EXPECTED);
    return pairs;
  }
}
