import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes kept in memory before a file is made. */
const MEMORY_LIMIT = 256 * 1024;

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
  #memory: Buffer[] = [];
  #memoryLength = 0;
  /** The block that short pieces are being gathered in, newer than all of `#memory`. */
  #block: Buffer | undefined;
  #blockLength = 0;
  #file: number | undefined;
  #written = 0;
  #read = 0;

  /** Bytes that wait to be read. */
  get length(): number {
    return this.#memoryLength + this.#written - this.#read;
  }

  /**
   * Takes a piece, which is copied.
   *
   * @throws the file system's error, as when the disk is full
   */
  push(piece: Buffer): void {
    // Once there is a file, what is newer follows it there.
    if (this.#file === undefined && this.#memoryLength + piece.length <= MEMORY_LIMIT) {
      this.#remember(piece);
      return;
    }
    this.#file ??= openUnnamedFile();
    for (let at = 0; at < piece.length; ) {
      at += writeSync(this.#file, piece, at, piece.length - at, this.#written + at);
    }
    this.#written += piece.length;
  }

  /** Takes the oldest bytes; undefined if there are none. */
  shift(): Buffer | undefined {
    if (this.#memory.length === 0) this.#closeBlock();
    const piece = this.#memory.shift();
    if (piece) {
      this.#memoryLength -= piece.length;
      return piece;
    }
    if (this.#file === undefined) return undefined;
    const bytes = Buffer.allocUnsafe(Math.min(READ_SIZE, this.#written - this.#read));
    const length = readSync(this.#file, bytes, 0, bytes.length, this.#read);
    this.#read += length;
    if (this.#read === this.#written) this.close();
    return bytes.subarray(0, length);
  }

  /** Drops everything. */
  close(): void {
    this.#memory = [];
    this.#memoryLength = 0;
    this.#block = undefined;
    this.#blockLength = 0;
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    this.#written = 0;
    this.#read = 0;
  }

  #remember(piece: Buffer): void {
    this.#memoryLength += piece.length;
    if (piece.length < SHORT_PIECE) return this.#gather(piece);
    this.#closeBlock();
    this.#memory.push(Buffer.from(piece));
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
