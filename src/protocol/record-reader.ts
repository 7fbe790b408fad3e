import { ProtocolError } from '../errors.ts';
import { FCGI_HEADER_LEN, FCGI_VERSION_1, RecordType, recordTypeName } from './constants.ts';

/**
 * Takes one record, or a piece of a stream record.
 *
 * `content` is a view of the bytes that were pushed, unless the record straddled two chunks; whoever
 * keeps it keeps the whole chunk alive, and sees what is written there later.
 */
export type RecordSink = (type: number, requestId: number, content: Buffer) => void;

const State = { HEADER: 0, CONTENT: 1, PADDING: 2 } as const;
type State = (typeof State)[keyof typeof State];

const EMPTY = Buffer.alloc(0);

/** Bytes that are taken at first for a record which does not come at once. */
const FIRST_BLOCK = 64;

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
  readonly #sink: RecordSink;
  #state: State = State.HEADER;
  /** A header that does not come at once. */
  #header: Buffer = EMPTY;
  #headerLength = 0;
  #type = 0;
  #requestId = 0;
  #contentLeft = 0;
  #paddingLeft = 0;
  /** What has come of a record that is passed whole, and how much of it. */
  #gathered: Buffer = EMPTY;
  #gatheredLength = 0;

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  /** The type of the record that is being read, or was read last. */
  get type(): number {
    return this.#type;
  }

  /** Its request id. */
  get requestId(): number {
    return this.#requestId;
  }

  /** Whether the bytes so far end inside a record. */
  get insideRecord(): boolean {
    return this.#state !== State.HEADER || this.#headerLength > 0;
  }

  /**
   * Takes the next bytes, calling the sink for what they complete.
   *
   * @throws {ProtocolError} `ERR_FCGI_VERSION`, `ERR_FCGI_RECORD_LENGTH`, and whatever the sink throws.
   *   The reader is of no use after that.
   */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === State.HEADER) at = this.#readHeader(chunk, at);
      else if (this.#state === State.CONTENT) at = this.#readContent(chunk, at);
      else at = this.#skipPadding(chunk, at);
    }
  }

  /**
   * Takes the end of the byte stream.
   *
   * @throws {ProtocolError} `ERR_FCGI_TRUNCATED` if it comes inside a record.
   */
  end(): void {
    if (!this.insideRecord) return;
    throw new ProtocolError('ERR_FCGI_TRUNCATED', 'The connection ended inside a record', {
      ...(this.#state === State.HEADER ? {} : { type: this.#type, requestId: this.#requestId }),
    });
  }

  #readHeader(chunk: Buffer, at: number): number {
    if (this.#headerLength === 0 && chunk.length - at >= FCGI_HEADER_LEN) {
      this.#startRecord(chunk, at);
      return at + FCGI_HEADER_LEN;
    }
    if (this.#header === EMPTY) this.#header = Buffer.alloc(FCGI_HEADER_LEN);
    const taken = chunk.copy(this.#header, this.#headerLength, at);
    this.#headerLength += taken;
    if (this.#headerLength === FCGI_HEADER_LEN) {
      this.#headerLength = 0;
      this.#startRecord(this.#header, 0);
    }
    return at + taken;
  }

  #startRecord(header: Buffer, at: number): void {
    const version = header[at] as number;
    this.#type = header[at + 1] as number;
    this.#requestId = header.readUInt16BE(at + 2);
    this.#contentLeft = header.readUInt16BE(at + 4);
    this.#paddingLeft = header[at + 6] as number;
    if (version !== FCGI_VERSION_1) this.#refuseVersion(version);
    if (hasFixedBody(this.#type) && this.#contentLeft !== 8) this.#refuseLength();
    if (this.#contentLeft > 0) {
      this.#state = State.CONTENT;
      return;
    }
    this.#state = this.#paddingLeft > 0 ? State.PADDING : State.HEADER;
    this.#sink(this.#type, this.#requestId, EMPTY);
  }

  #readContent(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#contentLeft);
    const piece = chunk.subarray(at, end);
    this.#contentLeft -= piece.length;
    const complete = this.#contentLeft === 0;
    if (complete) this.#state = this.#paddingLeft > 0 ? State.PADDING : State.HEADER;
    if (isStreamType(this.#type)) this.#sink(this.#type, this.#requestId, piece);
    else this.#gather(piece, complete);
    return end;
  }

  #gather(piece: Buffer, complete: boolean): void {
    if (complete && this.#gatheredLength === 0) {
      this.#sink(this.#type, this.#requestId, piece);
      return;
    }
    this.#append(piece);
    if (!complete) return;
    const content = this.#gathered.subarray(0, this.#gatheredLength);
    this.#gathered = EMPTY;
    this.#gatheredLength = 0;
    this.#sink(this.#type, this.#requestId, content);
  }

  /** One growing block: a record that comes byte by byte would take a hundred times its length in pieces. */
  #append(piece: Buffer): void {
    const needed = this.#gatheredLength + piece.length;
    if (needed > this.#gathered.length) {
      const whole = needed + this.#contentLeft;
      const grown = Buffer.allocUnsafeSlow(Math.min(whole, Math.max(FIRST_BLOCK, 2 * needed)));
      this.#gathered.copy(grown, 0, 0, this.#gatheredLength);
      this.#gathered = grown;
    }
    piece.copy(this.#gathered, this.#gatheredLength);
    this.#gatheredLength = needed;
  }

  #skipPadding(chunk: Buffer, at: number): number {
    const skipped = Math.min(chunk.length - at, this.#paddingLeft);
    this.#paddingLeft -= skipped;
    if (this.#paddingLeft === 0) this.#state = State.HEADER;
    return at + skipped;
  }

  #refuseVersion(version: number): never {
    throw new ProtocolError('ERR_FCGI_VERSION', `FastCGI version ${version} instead of 1`, {
      type: this.#type,
      requestId: this.#requestId,
    });
  }

  #refuseLength(): never {
    throw new ProtocolError(
      'ERR_FCGI_RECORD_LENGTH',
      `The body of ${recordTypeName(this.#type)} has ${this.#contentLeft} bytes instead of 8`,
      { type: this.#type, requestId: this.#requestId },
    );
  }
}

/** Whether records of this type are pieces of a stream (FastCGI §3.3). */
function isStreamType(type: number): boolean {
  return (type >= RecordType.PARAMS && type <= RecordType.STDERR) || type === RecordType.DATA;
}

/** Whether the type's body has eight bytes, no more and no less (FastCGI §5.1, §5.5, §4.2). */
function hasFixedBody(type: number): boolean {
  return (
    type === RecordType.BEGIN_REQUEST ||
    type === RecordType.END_REQUEST ||
    type === RecordType.UNKNOWN_TYPE
  );
}
