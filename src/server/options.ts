import type { BlockList } from 'node:net';
import { decodeBase } from '../cgi/base-path.ts';
import type { MessageClasses } from '../http/message-classes.ts';
import { FCGI_MAX_CONTENT_LEN } from '../protocol/index.ts';
import { defaultLimits, type LimitOptions, type Limits } from './limit-options.ts';
import type { Listener } from './listener.ts';
import { valuesSize } from './values.ts';

/** Options of `createServer()`. */
export interface ServerOptions extends MessageClasses, LimitOptions {
  /**
   * Answers the requests of an Authorizer (FastCGI §6.3): status 200 lets the client's request pass, any
   * other response is the client's answer. Headers `Variable-NAME` become variables of the request that
   * passed. It takes what `createServer()` takes as its listener, and gets requests without a body.
   * @default none: the role is refused with FCGI_UNKNOWN_ROLE
   */
  readonly authorizer?: Listener | undefined;

  /**
   * Answers the requests of a Filter (FastCGI §6.4), whose file is `req.fastcgi.data`. It takes what
   * `createServer()` takes as its listener.
   * @default none: the role is refused with FCGI_UNKNOWN_ROLE
   */
  readonly filter?: Listener | undefined;

  /**
   * Whether a connection may carry several requests at once. `false` answers a second one with
   * FCGI_CANT_MPX_CONN.
   * @default true
   */
  readonly multiplex?: boolean | undefined;

  /**
   * TCP peers that may connect: addresses and CIDR blocks, or a `net.BlockList` that holds them. A
   * FastCGI port has no other protection: whoever reaches it can claim any REMOTE_ADDR.
   * @default the addresses in the environment variable FCGI_WEB_SERVER_ADDRS, else all
   */
  readonly allowedClients?: readonly string[] | BlockList | undefined;

  /**
   * Further answers to FCGI_GET_VALUES, by name. All of them together, each with 8 bytes for its lengths,
   * must fit in one record of 65,535 bytes.
   * @default {}
   */
  readonly values?: Readonly<Record<string, string>> | undefined;

  /**
   * The path under which the application is mounted. It is stripped from `req.url`, and told in
   * `req.baseUrl` and `req.originalUrl` as to an Express sub-application. `'auto'` takes
   * SCRIPT_NAME, or its folder where the URL does not name the program, as after a rewrite to it.
   * @default ''
   */
  readonly base?: string | undefined;
}

/** The options with every default filled in. */
export interface ServerSettings extends Limits {
  readonly multiplex: boolean;
  readonly values: Readonly<Record<string, string>>;
  readonly base: string;
}

/**
 * Fills in the defaults.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` for an option of the wrong type
 * @throws {RangeError} `ERR_OUT_OF_RANGE` for a number below 0, a `highWaterMark` that is not whole, a `base` that is no path, or `values` that do
 *   not fit in a record
 */
export function resolveOptions(options: ServerOptions): ServerSettings {
  const settings = {
    multiplex: options.multiplex ?? true,
    values: options.values ?? {},
    base: resolveBase(options.base ?? ''),
    ...resolveLimits(options),
  };
  requireType('multiplex', settings.multiplex, 'boolean');
  requireValues(settings.values);
  for (const name of ['authorizer', 'filter'] as const) {
    if (options[name] !== undefined) requireType(name, options[name], 'function');
  }
  return settings;
}

function resolveLimits(options: LimitOptions): Limits {
  const limits: { -readonly [Name in keyof Limits]: number } = { ...defaultLimits };
  for (const name of Object.keys(limits) as (keyof Limits)[]) {
    limits[name] = requireNumber(name, options[name] ?? limits[name]);
  }
  const { highWaterMark } = limits;
  // Node's streams take no other, and would throw when a connection comes.
  if (!Number.isSafeInteger(highWaterMark)) {
    throw outOfRange('highWaterMark', 'a whole number of bytes', highWaterMark);
  }
  return limits;
}

function requireValues(values: Readonly<Record<string, string>>): void {
  requireType('values', values, 'object');
  for (const [name, value] of Object.entries(values))
    requireType(`values.${name}`, value, 'string');
  const size = valuesSize(values);
  if (size > FCGI_MAX_CONTENT_LEN) {
    throw outOfRange('values', `at most ${FCGI_MAX_CONTENT_LEN} bytes`, size);
  }
}

function resolveBase(base: string): string {
  requireType('base', base, 'string');
  if (base === '' || base === 'auto') return base;
  if (!base.startsWith('/'))
    throw outOfRange('base', "'', 'auto' or a path that begins with /", base);
  return decodeBase(base.replace(/\/+$/, ''));
}

function requireNumber(name: string, value: number): number {
  requireType(name, value, 'number');
  if (!(value >= 0)) throw outOfRange(name, 'a number of 0 or more', value);
  return value;
}

function requireType(name: string, value: unknown, type: string): void {
  if (typeof value === type && value !== null) return;
  throw Object.assign(
    new TypeError(`The option ${name} must be of type ${type}, not ${describe(value)}`),
    { code: 'ERR_INVALID_ARG_TYPE' },
  );
}

function outOfRange(name: string, expected: string, value: unknown): RangeError {
  return Object.assign(
    new RangeError(`The option ${name} must be ${expected}, not ${describe(value)}`),
    { code: 'ERR_OUT_OF_RANGE' },
  );
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
