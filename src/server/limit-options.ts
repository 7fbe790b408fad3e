import { getDefaultHighWaterMark } from 'node:stream';

/** Options of `createServer()` that bound what web servers can make it hold; docs/limits.md shows each. */
export interface LimitOptions {
  /**
   * How many connections may be open at once; more are closed, with `'drop'`. Reported as
   * FCGI_MAX_CONNS.
   * @default Infinity
   */
  readonly maxConnections?: number | undefined;

  /**
   * How many requests may run at once; more are answered FCGI_OVERLOADED. The smaller of this and
   * `maxConcurrentRequestsPerConnection` is reported as FCGI_MAX_REQS.
   * @default Infinity
   */
  readonly maxConcurrentRequests?: number | undefined;

  /**
   * How many requests may run at once on one connection; more are answered FCGI_OVERLOADED. HAProxy takes
   * FCGI_MAX_REQS for this number, and opens another connection in time.
   * @default 1000
   */
  readonly maxConcurrentRequestsPerConnection?: number | undefined;

  /**
   * How many requests may wait for the end of their PARAMS, on all connections together. One more that has
   * not sent all of them in the chunk that began it is answered FCGI_OVERLOADED; one that has is served.
   * @default 1000
   */
  readonly maxHalfOpenRequests?: number | undefined;

  /**
   * After so many requests the server closes as `close()` does: it stops accepting and finishes what
   * runs. 0 means never.
   * @default 0
   */
  readonly maxRequests?: number | undefined;

  /**
   * Bytes of PARAMS that one request may send; more are answered with status 431.
   * @default 131072 (128 KiB)
   */
  readonly maxParamsSize?: number | undefined;

  /**
   * Meta-variables that one request may have, its headers among them; more are answered with status 431.
   * @default 4000
   */
  readonly maxParams?: number | undefined;

  /**
   * Headers that one request may have; more are answered with status 431, where `http` would drop them
   * without a word. 0 means no limit, as in `http`.
   * @default 2000
   */
  readonly maxHeadersCount?: number | undefined;

  /**
   * Bytes that the requests of one connection may take in memory together before the application has them:
   * PARAMS that have not ended, and bodies that are not read. Past it a body goes on to a temporary file,
   * and a request whose PARAMS have not ended is answered with status 503.
   * @default 16777216 (16 MiB)
   */
  readonly maxBufferedInput?: number | undefined;

  /**
   * Bytes of STDIN, and of DATA, of one request that wait in memory, beside those in its Node stream, where
   * the connection must be read on for the sake of others. What is more goes to a temporary file.
   * @default 262144 (256 KiB)
   */
  readonly maxBufferedBody?: number | undefined;

  /**
   * Bytes of STDIN, and of DATA, of one request that wait in its temporary file; more are answered with
   * status 503.
   * @default 1073741824 (1 GiB)
   */
  readonly maxSpooledBody?: number | undefined;

  /**
   * Bytes of answers that wait to be sent on one connection, above which no further requests are read from it.
   * @default 1048576 (1 MiB)
   */
  readonly maxBufferedOutput?: number | undefined;

  /**
   * Bytes at which `res.write()` returns false, and at which `req` holds enough of a body that is not read; as
   * for `http.createServer()`.
   * @default stream.getDefaultHighWaterMark()
   */
  readonly highWaterMark?: number | undefined;

  /**
   * Milliseconds from BEGIN_REQUEST to the end of PARAMS, after which the answer is status 408.
   * 0 means no limit.
   * @default 60000
   */
  readonly paramsTimeout?: number | undefined;

  /**
   * Milliseconds from the end of PARAMS to the end of the request body, and of a Filter's DATA, after which
   * the answer is status 408. 0 means no limit.
   * @default 0
   */
  readonly requestTimeout?: number | undefined;

  /**
   * Milliseconds of silence after which a connection without a request is closed. 0 means never: the web
   * server decides.
   * @default 0
   */
  readonly keepAliveTimeout?: number | undefined;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** Every limit with its default. */
export const defaultLimits = {
  maxConnections: Number.POSITIVE_INFINITY,
  maxConcurrentRequests: Number.POSITIVE_INFINITY,
  maxConcurrentRequestsPerConnection: 1000,
  maxHalfOpenRequests: 1000,
  maxRequests: 0,
  maxParamsSize: 128 * KIB,
  maxParams: 4000,
  maxHeadersCount: 2000,
  maxBufferedInput: 16 * MIB,
  maxBufferedBody: 256 * KIB,
  maxSpooledBody: 1024 * MIB,
  maxBufferedOutput: MIB,
  highWaterMark: getDefaultHighWaterMark(false),
  paramsTimeout: 60_000,
  requestTimeout: 0,
  keepAliveTimeout: 0,
} as const;

/** The limits that are in force. */
export type Limits = { readonly [Name in keyof typeof defaultLimits]: number };
