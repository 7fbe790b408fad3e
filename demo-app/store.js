import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { openJournal } from './journal.js';

/**
 * @typedef {object} Entry
 * @property {number} id grows by one or more with each entry, and is never used twice
 * @property {string} name
 * @property {string} message
 * @property {string | null} picture file name in the pictures folder
 * @property {string} owner visitor who wrote it; never shown
 * @property {string} writtenAt ISO 8601
 */

/** The entries in memory, and behind them the journal. Emits `added` and `removed` once durable. */
export class Store extends EventEmitter {
  /** @type {Map<number, Entry>} oldest first */
  #entries = new Map();
  #journal;
  #lastGiven = 0;
  #lastId = 0;

  /** @param {ReturnType<typeof openJournal>} opened */
  constructor({ journal, records, complete }) {
    super();
    this.#journal = journal;
    this.complete = complete;
    for (const record of records) this.#apply(record);
    this.#lastGiven = this.#lastId;
  }

  get count() {
    return this.#entries.size;
  }

  /** Of the entries on disk: one still being written has a higher id already. */
  get lastId() {
    return this.#lastId;
  }

  get(id) {
    return this.#entries.get(id);
  }

  /** Newest first. */
  page({ before = Number.POSITIVE_INFINITY, limit }) {
    const older = [...this.#entries.values()].filter((entry) => entry.id < before).reverse();
    return { entries: older.slice(0, limit), more: older.length > limit };
  }

  /** Oldest first; of very many, the newest `limit`. */
  after(id, limit) {
    return [...this.#entries.values()].filter((entry) => entry.id > id).slice(-limit);
  }

  pictures() {
    return new Set([...this.#entries.values()].map((entry) => entry.picture));
  }

  /** @param {Pick<Entry, 'name' | 'message' | 'picture' | 'owner'>} fields */
  async add({ name, message, picture, owner }) {
    this.#lastGiven += 1;
    const writtenAt = new Date().toISOString();
    const entry = { id: this.#lastGiven, name, message, picture, owner, writtenAt };
    await this.#journal.append(entry);
    this.#apply(entry);
    this.emit('added', entry);
    return entry;
  }

  async remove(id) {
    await this.#journal.append({ removed: id, at: new Date().toISOString() });
    if (this.#apply({ removed: id })) this.emit('removed', id);
  }

  settled() {
    return this.#journal.settled();
  }

  /** @returns {boolean} whether the record changed anything */
  #apply(record) {
    if (record.removed !== undefined) return this.#entries.delete(record.removed);
    this.#entries.set(record.id, record);
    this.#lastId = Math.max(this.#lastId, record.id);
    return true;
  }
}

export function openStore(dataFolder, log) {
  return new Store(openJournal(join(dataFolder, 'entries.jsonl'), log));
}
