import { Socket } from 'node:net';

/** Where strings are encoded to, as a handle of libuv does while it writes. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

const kBufferCb = Object.getOwnPropertySymbols(new Socket()).find(
  ({ description }) => description === 'kBufferCb',
);

/** What `net.Socket` calls of a handle, without a socket of the operating system behind it. */
class FakeHandle {
  bytesRead = 0;
  bytesWritten = 0;
  reading = false;
  /** @type {Buffer | undefined} */
  buffer;
  /** @type {() => void} */
  started = () => {};
  /** @type {() => void} */
  ended = () => {};

  /** @param {Buffer} buffer */
  useUserBuffer(buffer) {
    this.buffer = buffer;
  }

  readStart() {
    this.reading = true;
    this.started();
    return 0;
  }

  readStop() {
    this.reading = false;
    return 0;
  }

  /** Says that the end was sent at once. The peer closes, too. */
  shutdown() {
    setImmediate(this.ended);
    return 1;
  }

  setNoDelay() {}
  setKeepAlive() {}
  ref() {}
  unref() {}

  /** @param {() => void} callback */
  close(callback) {
    setImmediate(callback);
  }
}

/** A `net.Socket` as servers get it, that writes to a function and reads what it is given. */
export class FakeSocket extends Socket {
  #handle;
  #written;
  /** @type {Buffer[]} */
  #waiting = [];
  #scheduled = false;

  /** @param {(length: number, data: string | Uint8Array, encoding: BufferEncoding) => void} written */
  constructor(written) {
    const handle = new FakeHandle();
    // The types know no handles; the constructor takes one.
    super(/** @type {object} */ ({ handle, allowHalfOpen: true }));
    this.#handle = handle;
    this.#written = written;
    handle.started = () => this.#schedule();
    handle.ended = () => void (this.destroyed || this.push(null));
  }

  /**
   * Has chunks read, each in a turn of the event loop, as soon as the socket is read from.
   *
   * @param {readonly Buffer[]} chunks
   */
  receive(chunks) {
    this.#waiting.push(...chunks);
    this.#schedule();
  }

  /**
   * What `net.Socket` calls for both of its kinds of write.
   *
   * @param {boolean} several
   * @param {any} data
   * @param {BufferEncoding} encoding
   * @param {() => void} callback
   */
  _writeGeneric(several, data, encoding, callback) {
    if (several) for (const one of data) this.#write(one.chunk, one.encoding);
    else this.#write(data, encoding);
    callback();
  }

  /** @param {string | Uint8Array} data @param {BufferEncoding} encoding */
  #write(data, encoding) {
    const length = typeof data === 'string' ? scratch.write(data, encoding) : data.length;
    this.#written(length, data, encoding);
  }

  #schedule() {
    if (this.#scheduled || this.#waiting.length === 0 || !this.#handle.reading) return;
    this.#scheduled = true;
    setImmediate(readNext, this);
  }

  readNext() {
    this.#scheduled = false;
    if (!this.#handle.reading) return;
    const chunk = this.#waiting.shift();
    if (!chunk) return;
    this.#handle.bytesRead += chunk.length;
    const { buffer } = this.#handle;
    if (buffer && kBufferCb) {
      chunk.copy(buffer);
      const take = /** @type {Function} */ (Reflect.get(/** @type {object} */ (this), kBufferCb));
      take.call(this, chunk.length, buffer);
    } else {
      // Node reads into memory of its own, too.
      this.push(Buffer.from(chunk));
    }
    this.#schedule();
  }
}

/** @param {FakeSocket} socket */
function readNext(socket) {
  socket.readNext();
}
