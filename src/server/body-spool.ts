import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FcgiError } from '../errors.ts';
import type { InputMemory } from './input-memory.ts';
import { defaultLimits } from './limit-options.ts';

/** How much a spool may hold. */
export interface SpoolLimits {
  /** Bytes in memory, above which a file is made. */
  readonly maxBufferedBody: number;
  /** Bytes in the file. */
  readonly maxSpooledBody: number;
}

/** For bodies that whoever spools them has limits for. */
const unlimited: SpoolLimits = {
  maxBufferedBody: defaultLimits.maxBufferedBody,
  maxSpooledBody: Number.POSITIVE_INFINITY,
};

/** Bytes read back from the file at a time. */
const READ_SIZE = 64 * 1024;

/**
 * Pieces shorter than this are gathered in blocks of up to `BLOCK_SIZE`: a body that comes byte by byte
 * would otherwise take a hundred times its length.
 */
const SHORT_PIECE = 4 * 1024;
const BLOCK_SIZE = 16 * 1024;
const FIRST_BLOCK_SIZE = 256;

/**
 * A queue of body bytes that holds a bounded part of them in memory and the rest in a temporary file.
 *
 * The file's name is removed as soon as it is open: nobody else can open it, and nothing is left behind
 * when the process is killed. Access is synchronous: a piece of at most 64 KiB goes to the page cache,
 * which takes less time than handing it to another thread.
 */
export class BodySpool {
  readonly #limits: SpoolLimits;
  readonly #shared: InputMemory | undefined;
  #memory: Buffer[] = [];
  #memoryLength = 0;
  /** The block that short pieces are being gathered in, newer than all of `#memory`. */
  #block: Buffer | undefined;
  #blockLength = 0;
  #file: number | undefined;
  /** Bytes that went through the file. It is used as a ring, so that it is never longer than its limit. */
  #written = 0;
  #read = 0;

  /** @param shared what the spools of one connection may hold in memory together */
  constructor(limits: SpoolLimits = unlimited, shared?: InputMemory) {
    this.#limits = limits;
    this.#shared = shared;
  }

  /** Bytes that wait to be read. */
  get length(): number {
    return this.#memoryLength + this.#written - this.#read;
  }

  /**
   * Takes a piece, whose bytes must not change. It is copied, unless it is long and has its memory to itself.
   *
   * @throws {FcgiError} `ERR_FCGI_BODY_SPOOL` if the file has no room for it
   * @throws the file system's error, as when the disk is full
   */
  push(piece: Buffer): void {
    // Once there is a file, what is newer follows it there.
    if (this.#file === undefined && this.#fitsInMemory(piece)) this.#remember(piece);
    else this.#write(piece);
  }

  /** Takes the oldest bytes; undefined if there are none. */
  shift(): Buffer | undefined {
    if (this.#memory.length === 0) this.#closeBlock();
    const piece = this.#memory.shift();
    if (piece) {
      this.#memoryLength -= piece.length;
      this.#shared?.give(piece.length);
      return piece;
    }
    if (this.#file === undefined) return undefined;
    const at = this.#read % this.#limits.maxSpooledBody;
    const left = Math.min(this.#written - this.#read, this.#limits.maxSpooledBody - at);
    const bytes = Buffer.allocUnsafe(Math.min(READ_SIZE, left));
    const length = readSync(this.#file, bytes, 0, bytes.length, at);
    this.#read += length;
    if (this.#read === this.#written) this.close();
    return bytes.subarray(0, length);
  }

  /** Drops everything. */
  close(): void {
    this.#memory = [];
    this.#shared?.give(this.#memoryLength);
    this.#memoryLength = 0;
    this.#block = undefined;
    this.#blockLength = 0;
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    this.#written = 0;
    this.#read = 0;
  }

  #fitsInMemory(piece: Buffer): boolean {
    if (this.#memoryLength + piece.length > this.#limits.maxBufferedBody) return false;
    return this.#shared?.take(piece.length) ?? true;
  }

  #write(piece: Buffer): void {
    const limit = this.#limits.maxSpooledBody;
    if (this.#written - this.#read + piece.length > limit) {
      const message = `More than ${limit} bytes of a body wait to be read`;
      throw new FcgiError('ERR_FCGI_BODY_SPOOL', message, { limit });
    }
    this.#file ??= openUnnamedFile();
    for (let done = 0; done < piece.length; ) {
      const at = this.#written % limit;
      const length = Math.min(piece.length - done, limit - at);
      const written = writeSync(this.#file, piece, done, length, at);
      done += written;
      this.#written += written;
    }
  }

  #remember(piece: Buffer): void {
    this.#memoryLength += piece.length;
    if (piece.length < SHORT_PIECE) return this.#gather(piece);
    this.#closeBlock();
    const isWhole = piece.length === piece.buffer.byteLength;
    this.#memory.push(isWhole ? piece : Buffer.from(piece));
  }

  #gather(piece: Buffer): void {
    if (this.#blockLength + piece.length > BLOCK_SIZE) this.#closeBlock();
    const needed = this.#blockLength + piece.length;
    if (!this.#block || needed > this.#block.length) {
      const size = Math.max(FIRST_BLOCK_SIZE, needed, 2 * this.#blockLength);
      const grown = Buffer.allocUnsafe(Math.min(BLOCK_SIZE, size));
      this.#block?.copy(grown, 0, 0, this.#blockLength);
      this.#block = grown;
    }
    piece.copy(this.#block, this.#blockLength);
    this.#blockLength = needed;
  }

  #closeBlock(): void {
    if (this.#block) this.#memory.push(this.#block.subarray(0, this.#blockLength));
    this.#block = undefined;
    this.#blockLength = 0;
  }
}

function openUnnamedFile(): number {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-body-'));
  try {
    return openSync(join(folder, 'body'), 'wx+', 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
