import { RecordCutter } from './record-cutter.ts';

/**
 * Takes one record, or a piece of a stream record.
 *
 * `content` is a view of the bytes that were pushed, unless the record straddled two chunks; whoever
 * keeps it keeps the whole chunk alive, and sees what is written there later.
 */
export type RecordSink = (type: number, requestId: number, content: Buffer) => void;

/**
 * Cuts a byte stream into records.
 *
 * Content of stream records (PARAMS, STDIN, STDOUT, STDERR, DATA) is passed on as it comes, a piece
 * for each chunk, never empty: an empty `content` is always the end of the stream (FastCGI §3.3).
 * Pieces mean what smaller records would have meant, and nothing is copied or held back: the
 * bytes that were pushed may be overwritten afterwards. All other
 * records are passed whole; at most one of them (64 KiB) is held in memory.
 */
export class RecordReader {
  readonly #cutter: RecordCutter;

  constructor(sink: RecordSink) {
    this.#cutter = new RecordCutter((type, requestId, block, start, end) => {
      sink(type, requestId, block.subarray(start, end));
    });
  }

  /** Whether the bytes so far end inside a record. */
  get insideRecord(): boolean {
    return this.#cutter.insideRecord;
  }

  /**
   * Takes the next bytes, calling the sink for what they complete.
   *
   * @throws {ProtocolError} `ERR_FCGI_VERSION`, `ERR_FCGI_RECORD_LENGTH`, and whatever the sink throws.
   *   The reader is of no use after that.
   */
  push(chunk: Buffer): void {
    this.#cutter.push(chunk);
  }

  /**
   * Takes the end of the byte stream.
   *
   * @throws {ProtocolError} `ERR_FCGI_TRUNCATED` if it comes inside a record.
   */
  end(): void {
    this.#cutter.end();
  }
}
