import { FcgiError, ProtocolError } from '../errors.ts';

/** A name-value pair's length above this takes four bytes instead of one (FastCGI §3.4). */
const SHORT_LENGTH_MAX = 127;

/** More names, or longer ones, than any web server sends are not worth remembering. */
const MAX_PREDICTED_NAMES = 256;
const MAX_PREDICTED_NAME_LENGTH = 128;

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
 * Decodes blocks of name-value pairs, remembering the names of the last one.
 *
 * A web server sends the same variables in the same order with every request. Each name is first
 * compared with the one that stood there last time, in place; only a name that differs becomes a new
 * string. Decoded names are thus the same string objects from request to request, whose hashes are
 * known, which makes looking them up cheap too.
 */
export class PairDecoder {
  #predicted: string[] = [];
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
  decode(block: Buffer, maxPairs: number = Number.POSITIVE_INFINITY): string[] {
    const text = block.toString('latin1');
    // An array that grows is copied four times on the way to the thirty pairs that are usual.
    const pairs = new Array<string>(this.#expected);
    let count = 0;
    let at = 0;
    while (at < block.length) {
      if (count >= 2 * maxPairs) refuseCount(maxPairs);
      const nameLength = readLength(block, at);
      at += lengthSizeAt(block, at);
      const valueLength = readLength(block, at);
      at += lengthSizeAt(block, at);
      const valueAt = at + nameLength;
      const end = valueAt + valueLength;
      if (end > block.length) refusePair(end - block.length);
      pairs[count] = this.#name(text, at, nameLength, count >> 1);
      pairs[count + 1] = text.slice(valueAt, end);
      count += 2;
      at = end;
    }
    pairs.length = count;
    this.#expected = Math.min(count, 2 * MAX_PREDICTED_NAMES);
    return pairs;
  }

  #name(text: string, at: number, length: number, index: number): string {
    const predicted = this.#predicted[index];
    if (predicted?.length === length && text.startsWith(predicted, at)) return predicted;
    const name = text.slice(at, at + length);
    if (index >= MAX_PREDICTED_NAMES || length > MAX_PREDICTED_NAME_LENGTH) return name;
    // A slice would keep the whole block alive for as long as the name is remembered.
    const copy = Buffer.from(name, 'latin1').toString('latin1');
    this.#predicted[index] = copy;
    return copy;
  }
}

function lengthSizeAt(block: Buffer, at: number): number {
  return (block[at] as number) > SHORT_LENGTH_MAX ? 4 : 1;
}

function readLength(block: Buffer, at: number): number {
  const first = block[at];
  if (first === undefined) refusePair(1);
  if (first <= SHORT_LENGTH_MAX) return first;
  if (at + 4 > block.length) refusePair(at + 4 - block.length);
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
