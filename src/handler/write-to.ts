import type { Writable } from 'node:stream';
import { abortError } from './errors.ts';

/**
 * Writes to a stream.
 *
 * @returns fulfilled when more may be written; rejected if the stream was destroyed
 */
export function writeTo(stream: Writable, chunk: string | Uint8Array): Promise<void> {
  if (stream.destroyed) return Promise.reject(destroyedError(stream));
  return stream.write(chunk) ? Promise.resolve() : drained(stream);
}

/** Waits until a stream that is full has drained. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      stream.off('drain', settle).off('close', settle);
      if (stream.destroyed) reject(destroyedError(stream));
      else resolve();
    };
    stream.on('drain', settle).on('close', settle);
  });
}

const NOTHING = Buffer.alloc(0);

/** Waits until all that was written was passed on; returns nothing if nothing waits. */
export function flushed(stream: Writable): Promise<void> | undefined {
  if (stream.writableLength === 0 || stream.closed) return undefined;
  return new Promise((resolve) => {
    if (stream.writable) stream.write(NOTHING, () => resolve());
    else stream.once('close', resolve);
  });
}

function destroyedError(stream: Writable): Error {
  return stream.errored ?? abortError();
}
