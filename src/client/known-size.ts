import { once } from 'node:events';
import { fstat, ReadStream, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import type { RequestBody } from './request-input.ts';

/** What can be known of a body before it is sent. */
export interface KnownSize {
  /** Bytes. */
  readonly size?: number;
  /** When the file was changed last: seconds since 1970. */
  readonly lastModified?: number;
}

/** @throws the error of a file that cannot be opened */
export async function knownSize(body: RequestBody): Promise<KnownSize> {
  if (typeof body === 'string') return { size: Buffer.byteLength(body) };
  if (body instanceof Uint8Array) return { size: body.length };
  return body instanceof ReadStream ? sizeOfFile(body) : {};
}

/** Not said by the types of Node: the file descriptor, and the range of bytes that is read. */
interface FileStream extends ReadStream {
  readonly fd: number | null;
  readonly start?: number;
  readonly end?: number;
}

/** Asks the open file: the one of that name may be another by now. */
async function sizeOfFile(stream: ReadStream): Promise<KnownSize> {
  if (stream.pending && !stream.destroyed) await once(stream, 'open');
  const { fd, path, bytesRead, start = 0, end = Number.POSITIVE_INFINITY } = stream as FileStream;
  // A stream of a file descriptor begins wherever that stands.
  if (typeof fd !== 'number' || path === undefined || bytesRead > 0) return {};
  const stats: Stats = await promisify(fstat)(fd);
  if (!stats.isFile()) return {};
  return {
    size: Math.max(0, Math.min(end + 1, stats.size) - start),
    lastModified: Math.floor(stats.mtimeMs / 1000),
  };
}
