import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fastcgiRequest, httpRequest } from '../support/requests.js';

/** Connections that are made, or asked on, at a time. */
const BATCH = 100;

const GREETING = 'Hello, World!';

/** A web server's connections to the server that is measured. */
export class Client {
  #socket;
  #request;
  /** @type {import('node:net').Socket[]} */
  #connections = [];

  /**
   * @param {string} socket the path of the server
   * @param {'http' | 'fcgi'} protocol
   */
  constructor(socket, protocol) {
    this.#socket = socket;
    this.#request = protocol === 'http' ? httpRequest : fastcgiRequest;
  }

  /** @param {number} count */
  async connect(count) {
    for (let made = 0; made < count; made += BATCH) {
      const size = Math.min(BATCH, count - made);
      const batch = await Promise.all(Array.from({ length: size }, () => connected(this.#socket)));
      // Whoever waits for an answer is told by 'close'.
      for (const connection of batch) connection.on('error', () => {});
      this.#connections.push(...batch);
    }
  }

  /** Has each connection's request answered. */
  async exchange() {
    for (let at = 0; at < this.#connections.length; at += BATCH) {
      const batch = this.#connections.slice(at, at + BATCH);
      const answers = batch.map(greeted);
      this.#send(batch);
      await Promise.all(answers);
    }
  }

  /** Sends a request on each connection that the server answers only when told, and returns the answers to wait for. */
  holdRequests() {
    const answers = Promise.all(this.#connections.map(greeted));
    this.#send(this.#connections, { 'X-Slow': '1' });
    return answers;
  }

  /**
   * Reads a large response more slowly than it could come: first not at all, then a MiB at a time.
   *
   * @param {number} mebibytes
   * @returns {Promise<number>} bytes read
   */
  async readSlowly(mebibytes) {
    const [connection] = this.#connections;
    if (!connection) throw new Error('Nothing is connected');
    this.#send([connection], { 'X-Mebibytes': String(mebibytes) });
    await wait(FIRST_PAUSE);
    const enough = mebibytes * 2 ** 20;
    let read = 0;
    let sincePause = 0;
    // The framing makes the response a little longer; what comes after enough bytes is of no interest.
    for await (const chunk of connection) {
      read += chunk.length;
      sincePause += chunk.length;
      if (read >= enough) return read;
      if (sincePause < 2 ** 20) continue;
      sincePause = 0;
      await wait(PAUSE);
    }
    throw new Error(`The response ended after ${read} bytes`);
  }

  close() {
    for (const connection of this.#connections) connection.destroy();
    this.#connections = [];
  }

  /** @param {readonly import('node:net').Socket[]} connections @param {Record<string, string>} [headers] */
  #send(connections, headers = {}) {
    const bytes = Buffer.concat(this.#request({ headers }));
    for (const connection of connections) connection.write(bytes);
  }
}

/** Milliseconds. */
const FIRST_PAUSE = 500;
const PAUSE = 3;

/**
 * @param {string} path
 * @returns {Promise<import('node:net').Socket>}
 */
async function connected(path) {
  for (;;) {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      // The server has not accepted as many as its queue holds.
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EAGAIN') throw error;
      await wait(10);
    }
  }
}

/** @param {import('node:net').Socket} connection */
function greeted(connection) {
  return new Promise((/** @type {(value?: undefined) => void} */ resolve, reject) => {
    let text = '';
    const closed = () => reject(new Error(`The server closed a connection: ${text}`));
    const take = (/** @type {Buffer} */ chunk) => {
      text += chunk.toString('latin1');
      if (!text.includes(GREETING)) return;
      connection.off('data', take).off('close', closed);
      resolve();
    };
    connection.on('data', take).on('close', closed);
  });
}
