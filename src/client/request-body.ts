import { finished, type Readable, Writable } from 'node:stream';
import { RecordType } from '../protocol/index.ts';
import type { Connection } from './connection.ts';

/** What a request sends as STDIN. */
export type RequestBody = Readable | Uint8Array | string | undefined;

/** Sends a body as the STDIN stream of a request. */
export class RequestBodySender {
  readonly #body: RequestBody;
  readonly #connection: Connection;
  readonly #stdin: Stdin | undefined;
  #ended = false;
  #unwatch: (() => void) | undefined;

  constructor(body: RequestBody, connection: Connection, requestId: number) {
    this.#body = body;
    this.#connection = connection;
    if (isStream(body)) this.#stdin = new Stdin(connection, requestId);
    else this.#gather(body, requestId);
  }

  /** Whether all of it was written, and the end of the stream after it. */
  get ended(): boolean {
    return this.#stdin?.writableFinished ?? this.#ended;
  }

  /** Whether the whole body can be sent again. */
  get repeatable(): boolean {
    return !this.#stdin?.started;
  }

  start(): void {
    if (!isStream(this.#body) || !this.#stdin) return;
    this.#unwatch = finished(this.#body, { writable: false }, (error) => {
      if (error) this.#connection.destroy(error);
    });
    this.#body.pipe(this.#stdin);
  }

  /** Leaves a stream as it is now: it belongs to whoever passed it. */
  stop(): void {
    if (!isStream(this.#body) || !this.#stdin) return;
    this.#unwatch?.();
    this.#body.unpipe(this.#stdin);
    this.#stdin.destroy();
  }

  /** Bytes that are at hand leave in one write with the records before them. */
  #gather(body: Uint8Array | string | undefined, requestId: number): void {
    const { writer } = this.#connection;
    if (body !== undefined) writer.stream(RecordType.STDIN, requestId, body);
    writer.endStream(RecordType.STDIN, requestId);
    this.#ended = true;
  }
}

function isStream(body: RequestBody): body is Readable {
  return typeof body === 'object' && 'pipe' in body;
}

/** STDIN as a stream: takes as much as the connection does. */
class Stdin extends Writable {
  readonly #connection: Connection;
  readonly #requestId: number;
  started = false;

  constructor(connection: Connection, requestId: number) {
    super({ highWaterMark: 64 * 1024 });
    this.#connection = connection;
    this.#requestId = requestId;
    // A write that fails is one of a connection that was lost, which tells the request itself.
    this.on('error', () => {});
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void) {
    this.started = true;
    this.#connection.writer.stream(RecordType.STDIN, this.#requestId, chunk);
    if (chunk.length === 0) callback();
    else this.#connection.flush(callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#connection.writer.endStream(RecordType.STDIN, this.#requestId);
    this.#connection.flush(callback);
  }
}
