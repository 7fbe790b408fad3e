import { FcgiError } from '../errors.ts';
import { Exchange, type ExchangeSettings } from './exchange.ts';
import { Pool, type PoolOptions } from './pool.ts';
import type { RecordListener } from './record-observer.ts';
import { checkPair, encodeParams, isIdempotent, type RequestOptions } from './request.ts';
import type { ClientResponse } from './response.ts';
import { parseTarget, type Target } from './target.ts';
import { STANDARD_VALUES, ValuesQuestion } from './values.ts';

/** Options of {@link Client}. */
export interface ClientOptions extends PoolOptions {
  /**
   * Whether connections serve several requests one after the other; `false` makes one for each.
   * @default true
   */
  readonly keepAlive?: boolean | undefined;
  /** Milliseconds to connect, and of silence from the application; 0 for any. @default 60_000 */
  readonly timeout?: number | undefined;
  /** Bytes that the head of a response may have. @default 65_536 */
  readonly maxHeadSize?: number | undefined;
  /** Sees every record that is sent or received, on all connections. @default nothing */
  readonly onRecord?: RecordListener | undefined;
}

/** Options of a question for an application's values. */
export interface ValuesOptions {
  /** Gives up; rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds to connect, and of silence from the application; 0 for any. @default 60_000 */
  readonly timeout?: number | undefined;
}

/**
 * A client of one FastCGI application: what a web server is.
 *
 * A request that a kept connection failed before the application answered is sent once more on a new
 * one, if nothing of its body is lost and it is idempotent or had not been sent whole.
 */
export class Client {
  readonly #pool: Pool;
  readonly #settings: ExchangeSettings;

  /** @throws {TypeError} if the target is none; {RangeError} if an option is out of range */
  constructor(target: Target, options: ClientOptions = {}) {
    checkOptions(options);
    const { keepAlive = true, timeout = 60_000, maxHeadSize = 64 * 1024 } = options;
    this.#pool = new Pool(parseTarget(target), options, options.onRecord);
    this.#settings = { keepAlive, timeout, maxHeadSize };
  }

  /**
   * Sends a request. Resolves at the end of the response's head.
   *
   * @throws {FcgiError} `ERR_FCGI_CONNECT`, `ERR_FCGI_CONNECTION_CLOSED`, `ERR_FCGI_RESPONSE_HEAD`,
   *   `ERR_FCGI_RESPONSE_TIMEOUT`, `ERR_FCGI_REQUEST_REFUSED`, `ERR_FCGI_CLIENT_CLOSED`
   * @throws {ProtocolError} if the application breaks the protocol, or does not speak it
   * @throws the signal's reason, or the error of the body that was to be sent
   */
  async request(options: RequestOptions): Promise<ClientResponse> {
    const params = encodeParams(options);
    const timeout = options.timeout ?? this.#settings.timeout;
    for (let fresh = false; ; fresh = true) {
      const connection = await this.#pool.acquire({ fresh, timeout, signal: options.signal });
      const { reused } = connection;
      const exchange = new Exchange(connection, options, this.#settings);
      try {
        return await exchange.run(params, this.#settings);
      } catch (error) {
        if (!reused || !exchange.repeatable || !isClosed(error)) throw error;
        if (!isIdempotent(options) && exchange.inputEnded) throw error;
      }
    }
  }

  /**
   * Asks the application for values (FastCGI §4.1), on a connection that serves nothing else: php-fpm
   * closes it after the answer.
   *
   * @param names what is asked for; by default FCGI_MAX_CONNS, FCGI_MAX_REQS and FCGI_MPXS_CONNS
   * @returns those of the names that the application knows; none if it does not know the question. An
   *   object without a prototype
   * @throws {FcgiError} as {@link Client.request}
   */
  async getValues(
    names: readonly string[] = STANDARD_VALUES,
    options: ValuesOptions = {},
  ): Promise<Record<string, string>> {
    const { signal, timeout = this.#settings.timeout } = options;
    for (const name of names) checkPair(name, '');
    const connection = await this.#pool.acquire({ fresh: true, timeout, signal });
    connection.retire();
    return new ValuesQuestion(connection).ask(names, timeout, signal);
  }

  /** Ends all connections, those of running requests too. Resolves when they are closed. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Sends one request to an application on a connection of its own.
 *
 * @throws as {@link Client} and its `request` do
 */
export function request(
  target: Target,
  options: RequestOptions & ClientOptions,
): Promise<ClientResponse> {
  const { onRecord, ...rest } = options;
  return new Client(target, { ...rest, onRecord, keepAlive: false }).request(rest);
}

/**
 * Asks an application for its values (FastCGI §4.1).
 *
 * @param names what is asked for; by default FCGI_MAX_CONNS, FCGI_MAX_REQS and FCGI_MPXS_CONNS
 * @returns those of the names that the application knows; none if it does not know the question. An
 *   object without a prototype
 * @throws as {@link Client} and its `getValues` do
 */
export async function getValues(
  target: Target,
  names?: readonly string[],
  options: ValuesOptions & Pick<ClientOptions, 'onRecord'> = {},
): Promise<Record<string, string>> {
  const client = new Client(target, options);
  try {
    return await client.getValues(names, options);
  } finally {
    await client.close();
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof FcgiError && error.code === 'ERR_FCGI_CONNECTION_CLOSED';
}

const minimums = {
  maxConnections: 1,
  maxIdleConnections: 0,
  idleTimeout: 0,
  timeout: 0,
  maxHeadSize: 1,
} as const;

/** @throws {RangeError} if an option is out of range */
export function checkOptions(options: ClientOptions): void {
  for (const [name, minimum] of Object.entries(minimums)) {
    const value = options[name as keyof typeof minimums];
    if (value === undefined || (typeof value === 'number' && value >= minimum)) continue;
    throw new RangeError(`${name} is ${String(value)}, not a number of at least ${minimum}`);
  }
}
