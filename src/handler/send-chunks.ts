import type { ServerResponse } from 'node:http';
import { Stream, type Writable } from 'node:stream';
import { abortError } from './errors.ts';
import { type Chunk, type Chunks, toBytes } from './payload.ts';
import { writeTo } from './write-to.ts';

type ChunkIterator = Iterator<Chunk> | AsyncIterator<Chunk>;

/**
 * Sends pieces as they come, no faster than the client takes them. When the client goes away, or a piece
 * is none, the source is told with `return()`.
 *
 * @param open called with the first piece, or without one if there is none, before anything is sent
 * @returns what `open` returned, to be ended
 */
export async function sendChunks(
  source: Chunks,
  res: ServerResponse,
  open: (first: Chunk | undefined) => Writable,
): Promise<Writable> {
  const iterator = iterate(source);
  try {
    return await pump(iterator, res, open);
  } catch (error) {
    stop(source, iterator);
    throw error;
  }
}

/** Gives a source up of which nothing is wanted. */
export function discardChunks(source: Chunks): void {
  stop(source, iterate(source));
}

async function pump(
  iterator: ChunkIterator,
  res: ServerResponse,
  open: (first: Chunk | undefined) => Writable,
): Promise<Writable> {
  let body: Writable | undefined;
  for (;;) {
    const { done, value } = await untilClosed(res, iterator.next());
    if (done) return body ?? open(undefined);
    const bytes = toBytes(value);
    body ??= open(value);
    await writeTo(body, bytes);
  }
}

function iterate(source: Chunks): ChunkIterator {
  return Symbol.asyncIterator in source
    ? source[Symbol.asyncIterator]()
    : source[Symbol.iterator]();
}

/** The value, or an error as soon as the client is gone: the value may be long in coming. */
function untilClosed<Value>(res: ServerResponse, value: Value | Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const close = () => reject(abortError());
    if (res.destroyed) close();
    res.on('close', close);
    const release = () => res.off('close', close);
    Promise.resolve(value).then(resolve, reject).finally(release);
  });
}

/** An iterator that waits for its source hears of it too late; a stream is destroyed at once. */
function stop(source: Chunks, iterator: ChunkIterator): void {
  if (source instanceof Stream) (source as Stream & { destroy?(): void }).destroy?.();
  const ignore = () => {};
  new Promise((resolve) => resolve(iterator.return?.())).catch(ignore);
}
