import { addAbortListener } from 'node:events';
import { FcgiError } from '../errors.ts';
import { abortable } from './abortable.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { deferred } from './deferred.ts';
import type { RecordListener } from './record-observer.ts';
import { Sharing } from './sharing.ts';
import { type Address, addressName } from './target.ts';

/** How connections are kept, in full. */
export interface PoolSettings {
  readonly maxConnections: number;
  readonly maxIdleConnections: number;
  readonly idleTimeout: number;
  /** Whether requests share connections if the application grants it. */
  readonly multiplex: boolean;
  /** Sees the records of all connections. */
  readonly listener: RecordListener | undefined;
}

export interface LendOptions {
  /** Refuse a connection that has served before. */
  readonly fresh: boolean;
  /** Milliseconds to connect; 0 waits for as long as the system does. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

interface Waiter extends LendOptions {
  readonly resolve: (connection: Connection) => void;
  readonly reject: (error: Error) => void;
}

/** The connections to one application. */
export class Pool implements ConnectionOwner {
  readonly #address: Address;
  readonly #settings: PoolSettings;
  readonly #connections = new Set<Connection>();
  /** The one used last is at the end and taken first, so that the others may time out. */
  readonly #idle: Connection[] = [];
  readonly #sharing = new Sharing();
  #waiters: Waiter[] = [];
  /** An idle connection that is being closed, so that a fresh one can take its place. */
  #leaving: Connection | undefined;
  #onEmpty: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(address: Address, settings: PoolSettings) {
    this.#address = address;
    this.#settings = settings;
  }

  /**
   * Lends a connection for a request. It comes back by itself when its request has ended.
   *
   * @throws {FcgiError} `ERR_FCGI_CONNECT`, `ERR_FCGI_CLIENT_CLOSED`; else the signal's reason
   */
  async acquire(options: LendOptions): Promise<Connection> {
    if (this.#settings.multiplex) {
      const { timeout } = options;
      const asked = this.#sharing.ask(
        () => this.lend({ fresh: true, timeout }),
        (connection) => this.#discard(connection),
      );
      await abortable(asked, options.signal);
    }
    return this.lend(options);
  }

  /** Lends a connection for a question. @throws as {@link Pool.acquire} */
  async lend(options: LendOptions): Promise<Connection> {
    options.signal?.throwIfAborted();
    if (this.#closing) throw this.#closedError();
    const connection = await this.#turn(options);
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

  onChange(connection: Connection): void {
    if (connection.load === 0 && connection.available) {
      connection.park(this.#settings.idleTimeout);
      this.#idle.push(connection);
    }
    this.#serve();
    if (this.#idle.length > this.#settings.maxIdleConnections) {
      this.#discard(this.#idle[0] as Connection);
    }
  }

  onClose(connection: Connection): void {
    this.#connections.delete(connection);
    this.#forget(connection);
    if (this.#leaving === connection) this.#leaving = undefined;
    this.#serve();
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  /** Waits for a connection, behind those who came before. */
  async #turn(options: LendOptions): Promise<Connection> {
    const { signal } = options;
    const { promise, ...settle } = deferred<Connection>();
    const waiter: Waiter = { ...options, ...settle };
    this.#waiters.push(waiter);
    const listener = signal && addAbortListener(signal, () => this.#leave(waiter, signal.reason));
    this.#serve();
    try {
      return await promise;
    } finally {
      listener?.[Symbol.dispose]();
    }
  }

  #leave(waiter: Waiter, reason: Error): void {
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    waiter.reject(reason);
  }

  /** Gives connections to those who wait, in their order. */
  #serve(): void {
    const served = new Set<Waiter>();
    for (const waiter of this.#waiters) {
      const connection = this.#take(waiter);
      if (connection) {
        served.add(waiter);
        waiter.resolve(connection.promise());
      } else if (!waiter.fresh) break;
    }
    if (served.size > 0) this.#waiters = this.#waiters.filter((waiter) => !served.has(waiter));
  }

  #take({ fresh, timeout }: LendOptions): Connection | undefined {
    if (this.#isOverloaded()) return undefined;
    const idle = fresh ? undefined : this.#idle.pop();
    if (idle) return idle;
    if (this.#connections.size < this.#settings.maxConnections) return this.#connect(timeout);
    if (!fresh) return this.#sharing.granted ? this.#leastLoaded() : undefined;
    if (!this.#leaving && this.#idle[0]) {
      this.#leaving = this.#idle[0];
      this.#discard(this.#leaving);
    }
    return undefined;
  }

  #isOverloaded(): boolean {
    const { maxRequests } = this.#sharing;
    if (maxRequests === Number.POSITIVE_INFINITY) return false;
    const load = [...this.#connections].reduce((sum, connection) => sum + connection.load, 0);
    return load >= maxRequests;
  }

  #leastLoaded(): Connection | undefined {
    const available = [...this.#connections].filter((connection) => connection.available);
    const loads = available.map(({ load }) => load);
    return available[loads.indexOf(Math.min(...loads))];
  }

  #connect(timeout: number): Connection {
    const { multiplex, listener } = this.#settings;
    const connection = new Connection(this.#address, this, {
      timeout,
      listener,
      shared: multiplex,
    });
    this.#connections.add(connection);
    return connection;
  }

  async #open(connection: Connection, signal: AbortSignal | undefined): Promise<void> {
    try {
      await abortable(connection.opened, signal);
    } catch (error) {
      connection.keepPromise();
      // Others may wait for it too.
      if (connection.load === 0) connection.destroy(error as Error);
      throw error;
    }
  }

  /** Its place is free when it has closed. */
  #discard(connection: Connection): void {
    this.#forget(connection);
    connection.destroy(this.#closedError());
  }

  #forget(connection: Connection): void {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #closedError(): Error {
    const message = `The client of ${addressName(this.#address)} is closed`;
    return new FcgiError('ERR_FCGI_CLIENT_CLOSED', message);
  }
}
