import { STATUS_CODES } from 'node:http';
import { argumentTypeError } from './errors.ts';

/** A piece of a response; strings are sent as UTF-8. */
export type Chunk = string | Uint8Array;

/** Pieces of a response, made while it is sent. */
export type Chunks = Iterable<Chunk> | AsyncIterable<Chunk>;

/** The body of a response in one piece, or as pieces to come. */
export type Payload = Buffer | Chunks;

/** `application/json` and `application/problem+json`, but not `application/x-ndjson`. */
const JSON_TYPE = /^[^;]*[/+]json\s*(?:;|$)/i;

/**
 * Makes a body of what was passed to `sendResponse()`.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` if the type does not tell how to send it
 */
export function toPayload(status: number, type: string, data: unknown): Payload {
  if (data === undefined) return Buffer.from(defaultText(status, type));
  if (typeof data === 'string') return Buffer.from(data);
  if (data instanceof Uint8Array) return asBuffer(data);
  const isJson = JSON_TYPE.test(type);
  if (isChunks(data) && !(isJson && Array.isArray(data))) return data;
  if (!isJson) throw argumentTypeError(`A body of type ${type} cannot be made of ${typeof data}`);
  return toJson(data);
}

/** Names the charset of text that is sent as UTF-8. */
export function withCharset(type: string, chunk: unknown): string {
  const needsCharset = typeof chunk === 'string' && /^text\//i.test(type);
  return needsCharset && !/;\s*charset\s*=/i.test(type) ? `${type}; charset=utf-8` : type;
}

/** @throws {TypeError} `ERR_INVALID_ARG_TYPE` if it is neither a string nor bytes */
export function toBytes(chunk: unknown): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  if (chunk instanceof Uint8Array) return asBuffer(chunk);
  throw argumentTypeError(
    `A piece of a body must be a string or a Uint8Array, not ${typeof chunk}`,
  );
}

/** A short answer to a person who looks at it. */
function defaultText(status: number, type: string): string {
  const reason = STATUS_CODES[status];
  return type === 'text/plain' && reason !== undefined ? `${status} ${reason}\n` : '';
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function isChunks(data: unknown): data is Chunks {
  const object = Object(data) as object;
  return Symbol.asyncIterator in object || Symbol.iterator in object;
}

function toJson(data: unknown): Buffer {
  const text: string | undefined = JSON.stringify(data);
  if (text === undefined) throw argumentTypeError(`There is no JSON for ${typeof data}`);
  return Buffer.from(text);
}
