import { ProtocolError } from '../errors.ts';
import { FCGI_HEADER_LEN, FCGI_VERSION_1, RecordType, recordTypeName } from './constants.ts';
import { readUInt16 } from './integers.ts';

/**
 * Takes one record, or a piece of a stream record: its content are the bytes from `start` to `end` of `block`.
 *
 * That is the chunk which was pushed, unless the record straddled two: what is there afterwards is of no meaning.
 */
export type RangeSink = (
  type: number,
  requestId: number,
  block: Buffer,
  start: number,
  end: number,
) => void;

const State = { HEADER: 0, CONTENT: 1, PADDING: 2 } as const;
type State = (typeof State)[keyof typeof State];

const EMPTY = Buffer.alloc(0);

/** Bytes that are taken at first for a record which does not come at once. */
const FIRST_BLOCK = 64;

/**
 * Cuts a byte stream into records, as {@link RecordReader} does, and says where the content stands: to make a
 * Buffer for each of the four records of a small request takes a twentieth of its time.
 */
export class RecordCutter {
  readonly #sink: RangeSink;
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

  constructor(sink: RangeSink) {
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
   * @param length how many of the chunk's bytes
   * @throws {ProtocolError} `ERR_FCGI_VERSION`, `ERR_FCGI_RECORD_LENGTH`, and whatever the sink throws.
   *   The reader is of no use after that.
   */
  push(chunk: Buffer, length: number = chunk.length): void {
    let at = 0;
    while (at < length) {
      if (this.#state === State.HEADER) at = this.#readHeader(chunk, at, length);
      else if (this.#state === State.CONTENT) at = this.#readContent(chunk, at, length);
      else at = this.#skipPadding(at, length);
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

  #readHeader(chunk: Buffer, at: number, length: number): number {
    if (this.#headerLength === 0 && length - at >= FCGI_HEADER_LEN) {
      this.#startRecord(chunk, at);
      return at + FCGI_HEADER_LEN;
    }
    if (this.#header === EMPTY) this.#header = Buffer.alloc(FCGI_HEADER_LEN);
    const taken = chunk.copy(this.#header, this.#headerLength, at, length);
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
    this.#requestId = readUInt16(header, at + 2);
    this.#contentLeft = readUInt16(header, at + 4);
    this.#paddingLeft = header[at + 6] as number;
    if (version !== FCGI_VERSION_1) this.#refuseVersion(version);
    if (hasFixedBody(this.#type) && this.#contentLeft !== 8) this.#refuseLength();
    if (this.#contentLeft > 0) {
      this.#state = State.CONTENT;
      return;
    }
    this.#state = this.#paddingLeft > 0 ? State.PADDING : State.HEADER;
    this.#sink(this.#type, this.#requestId, EMPTY, 0, 0);
  }

  #readContent(chunk: Buffer, at: number, length: number): number {
    const end = Math.min(length, at + this.#contentLeft);
    this.#contentLeft -= end - at;
    const complete = this.#contentLeft === 0;
    if (complete) this.#state = this.#paddingLeft > 0 ? State.PADDING : State.HEADER;
    if (isStreamType(this.#type)) this.#sink(this.#type, this.#requestId, chunk, at, end);
    else this.#gather(chunk, at, end, complete);
    return end;
  }

  #gather(chunk: Buffer, start: number, end: number, complete: boolean): void {
    if (complete && this.#gatheredLength === 0) {
      this.#sink(this.#type, this.#requestId, chunk, start, end);
      return;
    }
    this.#append(chunk.subarray(start, end));
    if (!complete) return;
    const gathered = this.#gathered;
    const length = this.#gatheredLength;
    this.#gathered = EMPTY;
    this.#gatheredLength = 0;
    this.#sink(this.#type, this.#requestId, gathered, 0, length);
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

  #skipPadding(at: number, length: number): number {
    const skipped = Math.min(length - at, this.#paddingLeft);
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
