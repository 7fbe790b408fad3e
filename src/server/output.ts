import type { Socket } from 'node:net';
import type { WriteCallback } from '../http/exchange.ts';
import { RecordWriter } from '../protocol/index.ts';
import type { Trace } from './trace.ts';

const NOTHING = Buffer.alloc(0);

/**
 * The writing side of a connection: gathers the records of one turn of the event loop, whichever
 * requests they belong to, and sends them in one write.
 */
export class Output {
  readonly #socket: Socket;
  readonly #drained: () => void;
  readonly #trace: Trace | undefined;
  readonly #writer = new RecordWriter();
  /** Called once what was gathered is sent: nearly always one. */
  #callback: WriteCallback | undefined;
  #otherCallbacks: WriteCallback[] | undefined;
  #held = false;
  #scheduled = false;
  #waiting = false;

  /** @param drained called when writers that were told to wait may go on */
  constructor(socket: Socket, drained: () => void, trace?: Trace) {
    this.#socket = socket;
    this.#trace = trace;
    this.#drained = drained;
  }

  /** Bytes that wait to be sent. */
  get length(): number {
    return this.#writer.length + this.#socket.writableLength;
  }

  /**
   * Adds content to a stream.
   *
   * @returns false if the writer had better wait for `drained`
   */
  stream(
    type: number,
    requestId: number,
    content: string | Uint8Array,
    encoding?: BufferEncoding,
    callback?: WriteCallback,
  ): boolean {
    const length = this.#writer.stream(type, requestId, content, encoding);
    if (length > 0) this.#trace?.sent(type, requestId, length);
    if (callback) this.#addCallback(callback);
    this.#schedule();
    if (this.length < this.#socket.writableHighWaterMark) return true;
    this.#waiting = true;
    return false;
  }

  /** Adds the end of a stream. */
  endStream(type: number, requestId: number): void {
    this.#writer.endStream(type, requestId);
    this.#trace?.sent(type, requestId, 0);
    this.#schedule();
  }

  /** Adds a whole record. */
  record(type: number, requestId: number, content: Uint8Array): void {
    this.#writer.record(type, requestId, content);
    this.#trace?.sent(type, requestId, content.length);
    this.#schedule();
  }

  /** Has `drained` called once what was gathered is sent. */
  awaitDrain(): void {
    this.#waiting = true;
  }

  /** Sends what was gathered, now. */
  flush(): void {
    const callback = this.#takeCallback();
    if (this.#writer.length === 0) {
      // Nothing new: the callbacks wait for what was sent before.
      if (callback) this.#socket.write(NOTHING, callback);
      return;
    }
    const buffers = this.#writer.take();
    const last = buffers.length - 1;
    if (last > 0) this.#socket.cork();
    for (let i = 0; i < last; i++) this.#socket.write(buffers[i] as Buffer);
    this.#socket.write(buffers[last] as Buffer, callback);
    if (last > 0) this.#socket.uncork();
    this.#drainUnlessNeeded();
  }

  /** Drops what was gathered and not sent yet, as a socket does that is destroyed. */
  discard(): void {
    this.#writer.take();
    const callback = this.#takeCallback();
    const error = new Error('The response was given up before this was sent');
    if (callback)
      process.nextTick(callback, Object.assign(error, { code: 'ERR_STREAM_DESTROYED' }));
  }

  /** Lets nothing be scheduled until `release()`: what is gathered leaves then, if it was not sent before. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    if (this.#writer.length > 0 || this.#callback) this.flush();
  }

  #schedule(): void {
    if (this.#scheduled || this.#held) return;
    this.#scheduled = true;
    process.nextTick(flushScheduled, this);
  }

  /** @internal */
  scheduledFlush(): void {
    this.#scheduled = false;
    this.flush();
  }

  #addCallback(callback: WriteCallback): void {
    if (!this.#callback) this.#callback = callback;
    else if (this.#otherCallbacks) this.#otherCallbacks.push(callback);
    else this.#otherCallbacks = [callback];
  }

  #takeCallback(): WriteCallback | undefined {
    const callback = this.#callback;
    const others = this.#otherCallbacks;
    this.#callback = undefined;
    this.#otherCallbacks = undefined;
    if (!callback || !others) return callback;
    return (error) => {
      callback(error);
      for (const other of others) other(error);
    };
  }

  /** The socket emits `'drain'` only if it saw its own limit passed. */
  #drainUnlessNeeded(): void {
    if (this.#waiting && !this.#socket.writableNeedDrain) process.nextTick(drain, this);
  }

  /** All that was sent is with the kernel: those who wait may go on. */
  drain(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#drained();
  }
}

function flushScheduled(output: Output): void {
  output.scheduledFlush();
}

function drain(output: Output): void {
  output.drain();
}
