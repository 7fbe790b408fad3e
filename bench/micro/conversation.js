import { setTimeout as wait } from 'node:timers/promises';
import { FakeSocket } from './fake-socket.js';

/** Milliseconds without a byte after which the first answer is taken to be whole. */
const SETTLED = 30;

/** @typedef {import('node:net').Server} Server */

/**
 * A web server that asks the same again and again, on one connection or on one for each request.
 *
 * The first answer is kept for whoever checks it, and its length tells when later ones are whole.
 */
export class Conversation {
  #server;
  #request;
  #keep;
  /** @type {FakeSocket | undefined} */
  #socket;
  #expected = Number.POSITIVE_INFINITY;
  #received = 0;
  /** @type {Buffer[] | undefined} */
  #kept = [];
  #answered = () => {};

  /**
   * @param {Server} server
   * @param {readonly Buffer[]} request in chunks
   * @param {boolean} keep whether requests share a connection
   */
  constructor(server, request, keep) {
    this.#server = server;
    this.#request = request;
    this.#keep = keep;
  }

  /** Asks for the first time, and returns what was answered. */
  async first() {
    this.#ask();
    for (let seen = -1; seen !== this.#received || seen === 0; ) {
      seen = this.#received;
      await wait(SETTLED);
    }
    const answer = Buffer.concat(this.#kept ?? []);
    this.#kept = undefined;
    this.#expected = answer.length;
    return answer;
  }

  /**
   * Asks so many times, each time after the answer.
   *
   * @param {number} times
   */
  repeat(times) {
    return new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      let left = times;
      this.#answered = () => {
        left -= 1;
        // In a turn of its own, as after a read: what the answer left to do is done by then.
        if (left === 0) setImmediate(resolve);
        else this.#ask();
      };
      this.#ask();
    });
  }

  close() {
    this.#socket?.destroy();
  }

  #ask() {
    this.#received = 0;
    if (!this.#socket || !this.#keep) this.#connect();
    this.#socket?.receive(this.#request);
  }

  #connect() {
    this.#socket = new FakeSocket((length, data, encoding) => this.#take(length, data, encoding));
    this.#server.emit('connection', this.#socket);
  }

  /** @param {number} length @param {string | Uint8Array} data @param {BufferEncoding} encoding */
  #take(length, data, encoding) {
    this.#received += length;
    this.#kept?.push(typeof data === 'string' ? Buffer.from(data, encoding) : Buffer.from(data));
    if (this.#received >= this.#expected) this.#answered();
  }
}
