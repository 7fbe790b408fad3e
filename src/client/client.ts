import { FcgiError } from '../errors.ts';
import { abortable } from './abortable.ts';
import {
  type ClientOptions,
  checkOptions,
  checkRequestOptions,
  type ValuesOptions,
} from './client-options.ts';
import { Exchange, type ExchangeSettings } from './exchange.ts';
import { Pool } from './pool.ts';
import { isStream } from './request-input.ts';
import type { RequestOptions } from './request-options.ts';
import { checkPair, type RequestParams, requestParams } from './request-params.ts';
import type { ClientResponse } from './response.ts';
import { parseTarget, type Target } from './target.ts';
import { STANDARD_VALUES, ValuesQuestion } from './values.ts';

/**
 * A client of one FastCGI application: what a web server is.
 *
 * A request that fails with the kept connection it was sent on, before a byte of the answer came, is sent
 * once more on a new one if it is idempotent (RFC 9110 §9.2.2) and nothing was taken from a stream.
 */
export class Client {
  readonly #pool: Pool;
  readonly #settings: ExchangeSettings;

  /** @throws {TypeError} if the target is none; {RangeError} if an option is out of range */
  constructor(target: Target, options: ClientOptions = {}) {
    checkOptions(options);
    const { keepAlive = true, timeout = 60_000, maxHeadSize = 64 * 1024 } = options;
    this.#settings = { keepAlive, timeout, maxHeadSize };
    this.#pool = new Pool(parseTarget(target), {
      // Systems hold at least so many connections that a socket has not accepted yet.
      maxConnections: options.maxConnections ?? 128,
      maxIdleConnections: options.maxIdleConnections ?? 16,
      idleTimeout: options.idleTimeout ?? 30_000,
      multiplex: keepAlive && (options.multiplex ?? false),
      listener: options.onRecord,
    });
  }

  /**
   * Sends a request. Resolves at the end of the response's head.
   *
   * @throws {FcgiError} `ERR_FCGI_CONNECT`, `ERR_FCGI_CONNECTION_CLOSED`, `ERR_FCGI_RESPONSE_HEAD`,
   *   `ERR_FCGI_RESPONSE_TIMEOUT`, `ERR_FCGI_REQUEST_REFUSED`, `ERR_FCGI_CLIENT_CLOSED`
   * @throws {ProtocolError} if the application breaks the protocol, or does not speak it
   * @throws the signal's reason, or the error of the body that was to be sent
   */
  async request(options: RequestOptions = {}): Promise<ClientResponse> {
    checkRequestOptions(options);
    const release = guard(options);
    try {
      const params = await abortable(requestParams(options), options.signal);
      return await this.#send(params, options);
    } finally {
      release();
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
    checkRequestOptions({ timeout: options.timeout });
    const { signal, timeout = this.#settings.timeout } = options;
    for (const name of names) checkPair(name, '');
    const connection = await this.#pool.lend({ fresh: true, timeout, signal });
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

  async #send(params: RequestParams, options: RequestOptions): Promise<ClientResponse> {
    const { signal, timeout = this.#settings.timeout } = options;
    for (let fresh = false; ; fresh = true) {
      const connection = await this.#pool.acquire({ fresh, timeout, signal });
      const { reused } = connection;
      const exchange = new Exchange(connection, params, options, this.#settings);
      try {
        return await exchange.run(this.#settings);
      } catch (error) {
        if (!exchange.sent) continue;
        const mayRepeat = reused && exchange.repeatable && isIdempotent(params.method);
        if (!mayRepeat || !isClosed(error)) throw error;
      }
    }
  }
}

/**
 * Sends one request to an application on a connection of its own.
 *
 * @throws as {@link Client} and its `request` do
 */
export async function request(
  target: Target,
  options: RequestOptions & Pick<ClientOptions, 'maxHeadSize'> = {},
): Promise<ClientResponse> {
  const { onRecord, ...rest } = options;
  const { timeout, maxHeadSize } = rest;
  return new Client(target, { timeout, maxHeadSize, onRecord, keepAlive: false }).request(rest);
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

/** Methods that do no more harm twice than once (RFC 9110 §9.2.2). */
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

function isIdempotent(method: string): boolean {
  return idempotentMethods.has(method);
}

/** A stream may fail while its request waits: that fails the request when its turn has come. */
function guard({ body, data }: RequestOptions): () => void {
  const streams = [body, data].filter(isStream);
  const onError = () => {};
  for (const stream of streams) stream.on('error', onError);
  return () => {
    for (const stream of streams) stream.off('error', onError);
  };
}
