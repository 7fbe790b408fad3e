import { finished, type Readable, Writable } from 'node:stream';
import { RecordType, Role } from '../protocol/index.ts';
import type { Connection } from './connection.ts';

/** What a request sends as STDIN or DATA. */
export type RequestBody = Readable | Uint8Array | string | undefined;

interface InputStream {
  readonly type: number;
  readonly source: RequestBody;
}

/**
 * The streams of a role, in the order in which they are sent: an Authorizer has no STDIN (FastCGI §6.3),
 * a Filter has DATA after it (§6.4).
 */
export function inputStreams(role: number, body: RequestBody, data: RequestBody): InputStream[] {
  if (role === Role.AUTHORIZER) return [];
  const stdin = { type: RecordType.STDIN, source: body };
  return role === Role.FILTER ? [stdin, { type: RecordType.DATA, source: data }] : [stdin];
}

/** Sends the input of a request, one stream after the other. */
export class RequestInput {
  readonly #connection: Connection;
  readonly #requestId: number;
  readonly #sources: readonly Readable[];
  readonly #streams: InputStream[];
  #ended = false;
  #started = false;
  /** Takes leave of the source that is being sent. */
  #leave: (() => void) | undefined;

  constructor(connection: Connection, requestId: number, streams: InputStream[]) {
    this.#connection = connection;
    this.#requestId = requestId;
    this.#streams = streams;
    this.#sources = streams.map(({ source }) => source).filter(isStream);
    // One that fails before its turn is found to have failed when that has come.
    for (const source of this.#sources) source.on('error', ignore);
  }

  /** Whether all of it was written, with the ends of the streams. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether all of it can be sent again: nothing was taken from a stream. */
  get repeatable(): boolean {
    return !this.#started;
  }

  /** Bytes that are at hand leave in one write with the records before them. */
  send(): void {
    const { writer } = this.#connection;
    let next = this.#streams.shift();
    while (next && !isStream(next.source)) {
      const { type, source } = next;
      if (source !== undefined) writer.stream(type, this.#requestId, source);
      writer.endStream(type, this.#requestId);
      next = this.#streams.shift();
    }
    this.#ended = next === undefined;
    this.#connection.flush(this.#requestId);
    if (next) this.#pipe(next.type, next.source as Readable);
  }

  /** Leaves a stream as it is now: it belongs to whoever passed it. */
  stop(): void {
    this.#leave?.();
    for (const source of this.#sources) source.off('error', ignore);
  }

  #pipe(type: number, source: Readable): void {
    const onChunk = () => {
      this.#started = true;
    };
    const records = new RecordStream(this.#connection, this.#requestId, type, onChunk);
    const unwatch = finished(source, { writable: false }, (error) => {
      if (error) this.#connection.cancel(this.#requestId, error);
    });
    this.#leave = () => {
      unwatch();
      source.unpipe(records);
      records.destroy();
    };
    records.once('finish', () => this.send());
    source.pipe(records);
  }
}

function ignore(): void {}

export function isStream(source: RequestBody): source is Readable {
  return typeof source === 'object' && 'pipe' in source;
}

/** A stream of records: takes as much as the connection does. */
class RecordStream extends Writable {
  readonly #connection: Connection;
  readonly #onChunk: () => void;
  readonly #requestId: number;
  readonly #type: number;

  constructor(connection: Connection, requestId: number, type: number, onChunk: () => void) {
    super({ highWaterMark: 64 * 1024 });
    this.#connection = connection;
    this.#requestId = requestId;
    this.#type = type;
    this.#onChunk = onChunk;
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.#onChunk();
    this.#connection.writer.stream(this.#type, this.#requestId, chunk);
    if (chunk.length === 0) callback();
    else this.#connection.flush(this.#requestId, callback);
  }

  override _final(callback: () => void): void {
    this.#connection.writer.endStream(this.#type, this.#requestId);
    this.#connection.flush(this.#requestId, callback);
  }
}
