import { FCGI_HEADER_LEN, FCGI_VERSION_1 } from '../protocol/index.ts';

/** A record as it went over a connection, whole. */
export interface ObservedRecord {
  /** FastCGI §8; `RecordType` and `recordTypeName()` of `fcgi/protocol` name it. */
  readonly type: number;
  /** 0 for a management record, as FCGI_GET_VALUES. */
  readonly requestId: number;
  /** Without the padding; empty at the end of a stream. Its bytes must not be changed. */
  readonly content: Buffer;
}

/** Sees each record that the client has sent, or received, in the order of the connection. */
export type RecordListener = (direction: 'sent' | 'received', record: ObservedRecord) => void;

/**
 * Cuts one direction of a connection into whole records.
 *
 * The reader of the connection passes pieces on, and the writer joins small writes; who wants to see
 * what is on the wire sees neither. What is no record ends the observation without an error: that is
 * the reader's to tell.
 */
export class RecordObserver {
  readonly #listener: (record: ObservedRecord) => void;
  #pieces: Buffer[] = [];
  #length = 0;
  /** Bytes that it takes to tell something new; `Infinity` after what was no record. */
  #wanted = FCGI_HEADER_LEN;

  constructor(listener: (record: ObservedRecord) => void) {
    this.#listener = listener;
  }

  /** Takes the next bytes, calling the listener for each record that they complete. */
  push(chunk: Buffer): void {
    if (this.#wanted === Number.POSITIVE_INFINITY) return;
    this.#pieces.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return;
    const bytes = this.#pieces.length === 1 ? chunk : Buffer.concat(this.#pieces);
    let at = 0;
    while (bytes.length - at >= this.#wantedAt(bytes, at)) at = this.#tell(bytes, at);
    this.#pieces = [bytes.subarray(at)];
    this.#length = bytes.length - at;
  }

  #wantedAt(bytes: Buffer, at: number): number {
    this.#wanted = FCGI_HEADER_LEN;
    if (bytes.length - at < FCGI_HEADER_LEN) return this.#wanted;
    if (bytes[at] === FCGI_VERSION_1) {
      this.#wanted += bytes.readUInt16BE(at + 4) + (bytes[at + 6] as number);
    } else this.#wanted = Number.POSITIVE_INFINITY;
    return this.#wanted;
  }

  #tell(bytes: Buffer, at: number): number {
    const contentAt = at + FCGI_HEADER_LEN;
    const content = bytes.subarray(contentAt, contentAt + bytes.readUInt16BE(at + 4));
    const type = bytes[at + 1] as number;
    this.#listener({ type, requestId: bytes.readUInt16BE(at + 2), content });
    return at + this.#wanted;
  }
}

/** Both directions of a connection, for those who want to see them. */
export class Observation {
  readonly #sent: RecordObserver;
  readonly #received: RecordObserver;

  constructor(listener: RecordListener) {
    this.#sent = new RecordObserver((record) => listener('sent', record));
    this.#received = new RecordObserver((record) => listener('received', record));
  }

  sent(buffers: readonly Buffer[]): void {
    for (const buffer of buffers) this.#sent.push(buffer);
  }

  received(chunk: Buffer): void {
    this.#received.push(chunk);
  }
}
