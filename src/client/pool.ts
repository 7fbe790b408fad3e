import { addAbortListener } from 'node:events';
import { FcgiError } from '../errors.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { deferred } from './deferred.ts';
import type { RecordListener } from './record-observer.ts';
import { type Address, addressName } from './target.ts';

/** How connections are kept. */
export interface PoolOptions {
  /** Connections at the same time; further requests wait. `Infinity` sets no bound. @default Infinity */
  readonly maxConnections?: number | undefined;
  /** Connections kept while no request needs them. @default 16 */
  readonly maxIdleConnections?: number | undefined;
  /** Milliseconds a connection is kept without a request; 0 keeps it for good. @default 30_000 */
  readonly idleTimeout?: number | undefined;
}

export interface AcquireOptions {
  /** Refuse a connection that has served before. */
  readonly fresh: boolean;
  /** Milliseconds to connect; 0 waits for as long as the system does. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

interface Waiter extends AcquireOptions {
  readonly resolve: (connection: Connection) => void;
  readonly reject: (error: Error) => void;
}

/** The connections to one application. */
export class Pool implements ConnectionOwner {
  readonly #address: Address;
  readonly #listener: RecordListener | undefined;
  readonly #maxConnections: number;
  readonly #maxIdleConnections: number;
  readonly #idleTimeout: number;
  readonly #connections = new Set<Connection>();
  /** The one used last is at the end and taken first, so that the others may time out. */
  readonly #idle: Connection[] = [];
  readonly #waiters: Waiter[] = [];
  #onEmpty: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  /** @param listener sees the records of all connections */
  constructor(address: Address, options: PoolOptions, listener?: RecordListener) {
    this.#address = address;
    this.#listener = listener;
    this.#maxConnections = options.maxConnections ?? Number.POSITIVE_INFINITY;
    this.#maxIdleConnections = options.maxIdleConnections ?? 16;
    this.#idleTimeout = options.idleTimeout ?? 30_000;
  }

  /**
   * Lends a connection. It comes back by itself when its request has ended.
   *
   * @throws {FcgiError} `ERR_FCGI_CONNECT`, `ERR_FCGI_CLIENT_CLOSED`; else the signal's reason
   */
  async acquire(options: AcquireOptions): Promise<Connection> {
    options.signal?.throwIfAborted();
    if (this.#closing) throw this.#closedError();
    const connection = this.#take(options) ?? (await this.#turn(options));
    if (!connection.connected) await this.#open(connection, options.signal);
    return connection;
  }

  /** Ends every connection and request. Resolves when the last connection is closed. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#onEmpty = resolve;
      const error = this.#closedError();
      for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
      for (const connection of this.#connections) connection.destroy(error);
      if (this.#connections.size === 0) resolve();
    });
    return this.#closing;
  }

  onFree(connection: Connection): void {
    const waiter = this.#waiters[0];
    if (!waiter) this.#park(connection);
    else if (waiter.fresh) this.#discard(connection);
    else {
      this.#waiters.shift();
      waiter.resolve(connection);
    }
  }

  onClose(connection: Connection): void {
    this.#connections.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    const waiter = this.#waiters.shift();
    waiter?.resolve(this.#connect(waiter));
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  #take(options: AcquireOptions): Connection | undefined {
    const idle = options.fresh ? undefined : this.#idle.pop();
    if (idle) return idle;
    return this.#connections.size < this.#maxConnections ? this.#connect(options) : undefined;
  }

  #connect({ timeout }: AcquireOptions): Connection {
    const connection = new Connection(this.#address, this, timeout, this.#listener);
    this.#connections.add(connection);
    return connection;
  }

  async #open(connection: Connection, signal: AbortSignal | undefined): Promise<void> {
    const listener = signal && addAbortListener(signal, () => connection.destroy(signal.reason));
    try {
      await connection.opened;
    } finally {
      listener?.[Symbol.dispose]();
    }
  }

  /** Waits for a connection that another request has done with. */
  async #turn(options: AcquireOptions): Promise<Connection> {
    const { signal } = options;
    const { promise, ...settle } = deferred<Connection>();
    const waiter: Waiter = { ...options, ...settle };
    this.#waiters.push(waiter);
    const listener = signal && addAbortListener(signal, () => this.#leave(waiter, signal.reason));
    try {
      return await promise;
    } finally {
      listener?.[Symbol.dispose]();
    }
  }

  #leave(waiter: Waiter, reason: Error): void {
    const at = this.#waiters.indexOf(waiter);
    if (at >= 0) this.#waiters.splice(at, 1);
    waiter.reject(reason);
  }

  #park(connection: Connection): void {
    if (this.#idle.length >= this.#maxIdleConnections) {
      this.#discard(connection);
      return;
    }
    connection.park(this.#idleTimeout);
    this.#idle.push(connection);
  }

  /** Its place is free when it has closed. */
  #discard(connection: Connection): void {
    connection.destroy(this.#closedError());
  }

  #closedError(): Error {
    const message = `The client of ${addressName(this.#address)} is closed`;
    return new FcgiError('ERR_FCGI_CLIENT_CLOSED', message);
  }
}
