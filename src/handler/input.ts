import type { Readable } from 'node:stream';
import { FcgiError } from '../errors.ts';
import { abortError } from './errors.ts';

const NOTHING = Buffer.alloc(0);

/**
 * Reads what is there, and waits for something if nothing is.
 *
 * @returns up to `size` bytes; none at the end of the stream
 */
export async function readSome(stream: Readable, size: number): Promise<Buffer> {
  while (size > 0) {
    const chunk: Buffer | null = stream.read(Math.min(size, stream.readableLength));
    if (chunk) return chunk;
    if (stream.readableEnded) break;
    if (stream.destroyed) throw stream.errored ?? abortError();
    await changed(stream);
  }
  return NOTHING;
}

/**
 * Reads to the end.
 *
 * @throws {FcgiError} `ERR_FCGI_BODY_LENGTH` if there are more than `limit` bytes
 */
export async function readRest(stream: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const chunk = await readSome(stream, Number.POSITIVE_INFINITY);
    if (chunk.length === 0) return Buffer.concat(chunks, length);
    length += chunk.length;
    if (length > limit) refuseLength(limit);
    chunks.push(chunk);
  }
}

const EVENTS = ['readable', 'end', 'error', 'close'];

function changed(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      for (const event of EVENTS) stream.off(event, settle);
      resolve();
    };
    for (const event of EVENTS) stream.on(event, settle);
  });
}

function refuseLength(limit: number): never {
  throw new FcgiError('ERR_FCGI_BODY_LENGTH', `The body has more than ${limit} bytes`, { limit });
}
