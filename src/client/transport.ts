import { closedError, connectError, connectTimeoutError } from './connection-errors.ts';
import { PatientSocket } from './patient-socket.ts';
import { MAX_TIMEOUT } from './silence.ts';
import { type Address, addressName } from './target.ts';

export interface TransportOwner {
  onData(chunk: Buffer): void;
  /** Nothing more will come or go. It may be told more than once, with the first error. */
  onError(error: Error): void;
  onClose(): void;
}

/** The socket of a connection: bytes, and why there are no more. */
export class Transport {
  /** The application's address, for messages. */
  readonly name: string;
  /** Rejects with `ERR_FCGI_CONNECT`, or with what it was destroyed with. */
  readonly opened: Promise<void>;
  readonly #owner: TransportOwner;
  readonly #socket: PatientSocket;
  #connected = false;
  #error: Error | undefined;

  /** @param timeout milliseconds to connect; 0 waits for as long as the system does */
  constructor(address: Address, timeout: number, owner: TransportOwner) {
    this.name = addressName(address);
    this.#owner = owner;
    this.#socket = new PatientSocket()
      .on('data', (chunk: Buffer) => owner.onData(chunk))
      .on('end', () => this.#socket.destroy())
      .on('timeout', () => this.#onTimeout(timeout))
      .on('error', (error) => this.fail(this.#lost(error)))
      .on('close', () => this.#onClose())
      .setTimeout(Math.min(timeout, MAX_TIMEOUT));
    this.#socket.connect({ ...address, noDelay: true });
    this.opened = this.#opening();
    // Whoever waits for it may have given up before it failed.
    this.opened.catch(() => {});
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Whether what is written reaches nobody. */
  get lost(): boolean {
    return this.#error !== undefined || this.#socket.destroyed;
  }

  /** Whether bytes wait for the application to read. */
  get isWriting(): boolean {
    return this.#socket.writableLength > 0;
  }

  /** Whether all was written, and the other end is open. */
  get isIdle(): boolean {
    return !this.isWriting && this.#socket.readyState === 'open';
  }

  /** @param callback called when the system has taken all of it */
  write(buffers: readonly Buffer[], callback: () => void): void {
    this.#socket.cork();
    buffers.forEach((buffer, i) => {
      const isLast = i === buffers.length - 1;
      this.#socket.write(buffer, (error) => {
        if (isLast && !error) callback();
      });
    });
    this.#socket.uncork();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Keeps the process alive, for as long as it takes. */
  hold(): void {
    this.#socket.setTimeout(0).ref();
    // No event would tell who comes late that the socket was lost.
    if (this.#socket.destroyed) process.nextTick(() => this.fail(this.#lost()));
  }

  /** Does not keep the process alive, and closes after the timeout; 0 for never. */
  park(timeout: number): void {
    this.#socket.setTimeout(Math.min(timeout, MAX_TIMEOUT)).unref();
  }

  /** Only the first error counts: the others follow from it. */
  fail(error: Error): void {
    this.#error ??= error;
    this.#owner.onError(this.#error);
  }

  close(): void {
    this.#socket.destroy();
  }

  #opening(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once('close', () => reject(this.#error));
      this.#socket.once('connect', () => {
        this.#connected = true;
        this.#socket.setTimeout(0);
        resolve();
      });
    });
  }

  #onTimeout(limit: number): void {
    if (this.#connected) this.#socket.destroy();
    // Timers come before sockets: after a stall of this process the connection may be there.
    else setImmediate(() => this.#giveUpConnecting(limit));
  }

  #giveUpConnecting(limit: number): void {
    if (this.#connected) return;
    this.fail(connectTimeoutError(this.name, limit));
    this.#socket.destroy();
  }

  #onClose(): void {
    this.fail(this.#lost());
    this.#owner.onClose();
  }

  #lost(cause: Error | undefined = this.#socket.writeError): Error {
    return this.#connected ? closedError(this.name, cause) : connectError(this.name, cause);
  }
}
