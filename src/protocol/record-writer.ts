import { FCGI_HEADER_LEN, FCGI_MAX_CONTENT_LEN, FCGI_VERSION_1, RecordType } from './constants.ts';
import { readUInt16, writeUInt16 } from './integers.ts';
import { returnSlab, type Slab, takeSlab } from './slab.ts';

/**
 * Bytes up to which content is copied beside its header. Above it the header and the content become
 * two buffers of one vectored write, which costs about what copying 8 KiB costs. A stream of 16 KiB chunks that
 * were copied took half as much again: the copies go through fresh memory.
 */
const MAX_COPIED = 8 * 1024;

/** Bytes that a code unit of a string becomes at most: those of a pair become four. */
const MAX_BYTES_PER_UNIT = 3;

/** Bytes up to which content is copied one by one. */
const MAX_BYTE_BY_BYTE = 8;

/** Where in a header the content's length stands (FastCGI §3.3). */
const CONTENT_LENGTH_AT = 4;

const NO_RECORD = -1;

const PADDING = Buffer.alloc(8);

/**
 * Gathers records until they are sent, so that those of one turn leave in one write.
 *
 * Small contents are laid out one after the other in one buffer. Successive writes to one stream share
 * a record while they fit. Larger ones are passed on as they are, without a copy: their bytes must not
 * change until they are sent.
 */
export class RecordWriter {
  #buffers: Buffer[] = [];
  #length = 0;
  #slab: Slab | undefined;
  /** Where in the slab the bytes begin that are not in `#buffers` yet. */
  #from = 0;
  /** Where in the slab the header stands that more content of the same stream may join. */
  #openAt = NO_RECORD;
  #openKey = 0;

  /** Bytes gathered and not yet taken. */
  get length(): number {
    return this.#length;
  }

  /** Adds a whole record. Its content is at most 65,535 bytes long. */
  record(type: number, requestId: number, content: Uint8Array): void {
    if (content.length > FCGI_MAX_CONTENT_LEN) {
      throw new RangeError(`A record's content has at most 65535 bytes, not ${content.length}`);
    }
    this.#openAt = NO_RECORD;
    this.#whole(type, requestId, content);
    this.#openAt = NO_RECORD;
  }

  /** Adds the end of a stream: a record without content (FastCGI §3.3). */
  endStream(type: number, requestId: number): void {
    this.#openAt = NO_RECORD;
    this.#begin(type, requestId, 0);
    this.#openAt = NO_RECORD;
  }

  /**
   * Adds content to a stream, in as many records as it takes. Nothing is added for empty content,
   * since an empty record would end the stream.
   *
   * @returns the content's length in bytes
   */
  stream(
    type: number,
    requestId: number,
    content: string | Uint8Array,
    encoding: BufferEncoding = 'utf8',
  ): number {
    if (typeof content !== 'string') return this.#streamBytes(type, requestId, content);
    const most = content.length * MAX_BYTES_PER_UNIT;
    const room = most <= MAX_COPIED ? most : Buffer.byteLength(content, encoding);
    if (room > MAX_COPIED || isDecoding(encoding) || type === RecordType.STDERR) {
      return this.#streamBytes(type, requestId, Buffer.from(content, encoding));
    }
    return this.#streamText(type, requestId, content, encoding, room);
  }

  /**
   * Hands over everything gathered, to be sent in this order, and starts anew.
   *
   * The buffers stay valid for as long as they are needed; the writer does not touch them again.
   */
  take(): Buffer[] {
    const slab = this.#slab;
    const last =
      slab && slab.at > this.#from ? slab.buffer.subarray(this.#from, slab.at) : undefined;
    if (slab) returnSlab(slab);
    this.#slab = undefined;
    this.#openAt = NO_RECORD;
    this.#length = 0;
    const buffers = this.#buffers;
    // An array that is filled by push() takes 150 bytes: nearly always there is this one alone.
    if (buffers.length === 0) return last ? [last] : [];
    this.#buffers = [];
    if (last) buffers.push(last);
    return buffers;
  }

  /**
   * Writes text and counts its bytes then: to count them before takes as long as to write them.
   *
   * @param most how many bytes it may have
   */
  #streamText(
    type: number,
    requestId: number,
    content: string,
    encoding: BufferEncoding,
    most: number,
  ): number {
    if (content.length === 0) return 0;
    if (!this.#join(type, requestId, most)) this.#begin(type, requestId, most);
    const slab = this.#slab as Slab;
    const length = slab.buffer.write(content, slab.at, most, encoding);
    slab.at += length;
    this.#length += length;
    const lengthAt = this.#openAt + CONTENT_LENGTH_AT;
    writeUInt16(slab.buffer, readUInt16(slab.buffer, lengthAt) - most + length, lengthAt);
    return length;
  }

  #streamBytes(type: number, requestId: number, content: Uint8Array): number {
    if (content.length === 0) return 0;
    if (type === RecordType.STDERR) return this.#streamPadded(type, requestId, content);
    if (content.length <= MAX_COPIED && this.#join(type, requestId, content.length)) {
      this.#append(content);
      return content.length;
    }
    // Cutting it in one took a twentieth of the time of 16 KiB writes, with the views that were made of it.
    if (content.length <= FCGI_MAX_CONTENT_LEN) this.#whole(type, requestId, content);
    else for (const part of parts(content)) this.#whole(type, requestId, part);
    return content.length;
  }

  #whole(type: number, requestId: number, content: Uint8Array): void {
    this.#begin(type, requestId, content.length);
    this.#append(content);
  }

  /**
   * HAProxy 2.6 crashes when all that it has read so far ends with a record of STDERR that has no padding.
   */
  #streamPadded(type: number, requestId: number, content: Uint8Array): number {
    for (const part of parts(content)) {
      const paddingLength = PADDING.length - (part.length % PADDING.length);
      this.#begin(type, requestId, part.length, paddingLength);
      this.#append(part);
      this.#append(PADDING.subarray(0, paddingLength));
      this.#openAt = NO_RECORD;
    }
    return content.length;
  }

  /** Lengthens the record that was begun last, if it is of this stream and has room. */
  #join(type: number, requestId: number, length: number): boolean {
    if (this.#openAt === NO_RECORD || this.#openKey !== streamKey(type, requestId)) return false;
    const slab = this.#slab as Slab;
    const joined = readUInt16(slab.buffer, this.#openAt + CONTENT_LENGTH_AT) + length;
    if (joined > FCGI_MAX_CONTENT_LEN || slab.buffer.length - slab.at < length) return false;
    writeUInt16(slab.buffer, joined, this.#openAt + CONTENT_LENGTH_AT);
    return true;
  }

  #begin(type: number, requestId: number, contentLength: number, paddingLength = 0): void {
    const copied = contentLength <= MAX_COPIED ? contentLength : 0;
    const { buffer, at } = this.#room(FCGI_HEADER_LEN + copied);
    buffer[at] = FCGI_VERSION_1;
    buffer[at + 1] = type;
    writeUInt16(buffer, requestId, at + 2);
    writeUInt16(buffer, contentLength, at + CONTENT_LENGTH_AT);
    buffer[at + 6] = paddingLength;
    buffer[at + 7] = 0;
    (this.#slab as Slab).at = at + FCGI_HEADER_LEN;
    this.#length += FCGI_HEADER_LEN;
    this.#openAt = at;
    this.#openKey = streamKey(type, requestId);
  }

  #append(content: Uint8Array): void {
    this.#length += content.length;
    if (content.length <= MAX_COPIED) {
      const slab = this.#room(content.length);
      copyInto(slab.buffer, content, slab.at);
      slab.at += content.length;
      return;
    }
    this.#closeBuffer();
    this.#openAt = NO_RECORD;
    this.#buffers.push(asBuffer(content));
  }

  /** A slab with room for `bytes`, the current one if it has it. */
  #room(bytes: number): Slab {
    const slab = this.#slab;
    if (slab && slab.buffer.length - slab.at >= bytes) return slab;
    this.#closeBuffer();
    this.#openAt = NO_RECORD;
    const fresh = takeSlab(bytes);
    this.#slab = fresh;
    this.#from = fresh.at;
    return fresh;
  }

  #closeBuffer(): void {
    const slab = this.#slab;
    if (!slab || slab.at === this.#from) return;
    this.#buffers.push(slab.buffer.subarray(this.#from, slab.at));
    this.#from = slab.at;
  }
}

/** The 8 bytes of an FCGI_END_REQUEST, which every answer has, are there sooner one by one. */
function copyInto(buffer: Buffer, content: Uint8Array, at: number): void {
  const { length } = content;
  if (length > MAX_BYTE_BY_BYTE) return buffer.set(content, at);
  for (let i = 0; i < length; i++) buffer[at + i] = content[i] as number;
}

function asBuffer(content: Uint8Array): Buffer {
  if (Buffer.isBuffer(content)) return content;
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}

/** Equal parts: a stream's usual 64 KiB would otherwise make one full record and one of a byte. */
function* parts(content: Uint8Array): Generator<Uint8Array> {
  const records = Math.ceil(content.length / FCGI_MAX_CONTENT_LEN);
  const size = Math.ceil(content.length / records);
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

function streamKey(type: number, requestId: number): number {
  return (requestId << 8) | type;
}

/** Whether the number of bytes is not known before the text was read: text that is wrong gives fewer. */
function isDecoding(encoding: BufferEncoding): boolean {
  return encoding !== 'utf8' && encoding !== 'latin1' && /^(hex|base64)/i.test(encoding);
}
