import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { appendFile, truncate } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { syncFolderSync } from './durable.js';

const NEWLINE = 0x0a;

/** A file of JSON lines that only grows. A line without its newline was never acknowledged. */
export class Journal {
  #path;
  #length;
  #torn = false;
  #lastWrite = Promise.resolve();

  /** @param {string} path @param {number} length bytes of whole lines the file holds */
  constructor(path, length) {
    this.#path = path;
    this.#length = length;
  }

  /** Resolves once the record is on disk. Records land in the order of the calls. */
  append(record) {
    const written = this.#lastWrite.then(() => this.#write(`${JSON.stringify(record)}\n`));
    this.#lastWrite = written.catch(() => {});
    return written;
  }

  /** Resolves when nothing is being written any more. */
  settled() {
    return this.#lastWrite;
  }

  async #write(line) {
    if (this.#torn) await truncate(this.#path, this.#length);
    this.#torn = true;
    await appendFile(this.#path, line, { flush: true });
    this.#torn = false;
    this.#length += Buffer.byteLength(line);
  }
}

/**
 * Opens or makes the file, cutting off a last line that a crash left half written. A whole line
 * that cannot be read stays in the file, is reported, and is missing from `records`.
 */
export function openJournal(path, log) {
  const bytes = readOrMake(path);
  const length = bytes.lastIndexOf(NEWLINE) + 1;
  if (length < bytes.length) {
    truncateSync(path, length);
    log.warn(
      `${basename(path)}: cut off a half-written last line (${bytes.length - length} bytes)`,
    );
  }
  const lines = bytes.toString('utf8', 0, length).split('\n').slice(0, -1);
  const records = lines.map((line, index) => {
    const record = parse(line);
    if (!record) log.warn(`${basename(path)}: line ${index + 1} is unreadable, left out`);
    return record;
  });
  return {
    journal: new Journal(path, length),
    records: records.filter((record) => record !== undefined),
    complete: !records.includes(undefined),
  };
}

function readOrMake(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  writeFileSync(path, '', { mode: 0o600 });
  syncFolderSync(dirname(path));
  return Buffer.alloc(0);
}

function parse(line) {
  try {
    const record = JSON.parse(line);
    return Number.isSafeInteger(record?.id ?? record?.removed) ? record : undefined;
  } catch {
    return undefined;
  }
}
