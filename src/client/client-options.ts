import type { RecordListener } from './record-observer.ts';
import type { RequestOptions } from './request-options.ts';

/** How connections are kept. */
export interface PoolOptions {
  /** Connections at the same time; further requests wait. `Infinity` sets no bound. @default 128 */
  readonly maxConnections?: number | undefined;
  /** Connections kept while no request needs them. @default 16 */
  readonly maxIdleConnections?: number | undefined;
  /** Milliseconds a connection is kept without a request; 0 keeps it for good. @default 30_000 */
  readonly idleTimeout?: number | undefined;
  /**
   * Whether connections serve several requests one after the other; `false` makes one for each.
   * @default true
   */
  readonly keepAlive?: boolean | undefined;
  /**
   * Whether requests share connections once there are `maxConnections`, if the application grants it. It is
   * asked before the first request (FCGI_MPXS_CONNS of FCGI_GET_VALUES), and then has no more requests at a
   * time than its FCGI_MAX_REQS. One that does not answer within 5 seconds grants nothing. An answer that is
   * not read holds up the others on its connection. Needs `keepAlive`.
   * @default false
   */
  readonly multiplex?: boolean | undefined;
}

/** Options of {@link Client}. */
export interface ClientOptions extends PoolOptions {
  /** Milliseconds to connect, and of silence from the application; 0 for any. @default 60_000 */
  readonly timeout?: number | undefined;
  /** Bytes that the head of a response may have. @default 65_536 */
  readonly maxHeadSize?: number | undefined;
  /** Sees every record that is sent or received, on all connections. It must not throw. @default nothing */
  readonly onRecord?: RecordListener | undefined;
}

/** Options of a question for an application's values. */
export interface ValuesOptions {
  /** Gives up; rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds to connect, and of silence from the application; 0 for any. @default 60_000 */
  readonly timeout?: number | undefined;
}

const minimums = {
  maxConnections: 1,
  maxIdleConnections: 0,
  idleTimeout: 0,
  timeout: 0,
  maxHeadSize: 1,
} as const;

/** @throws {RangeError} if an option is out of range; {TypeError} if it is of the wrong type */
export function checkOptions(options: ClientOptions): void {
  for (const name of Object.keys(minimums) as (keyof typeof minimums)[]) {
    checkNumber(name, options[name], minimums[name]);
  }
  checkType('keepAlive', options.keepAlive, 'boolean');
  checkType('multiplex', options.multiplex, 'boolean');
  checkType('onRecord', options.onRecord, 'function');
}

/** @throws as {@link checkOptions} */
export function checkRequestOptions({ timeout, role, onRecord, body, data }: RequestOptions): void {
  checkNumber('timeout', timeout, 0);
  checkNumber('role', role, 0);
  checkType('onRecord', onRecord, 'function');
  checkBody('body', body);
  checkBody('data', data);
}

function checkNumber(name: string, value: unknown, minimum: number): void {
  if (value === undefined || (typeof value === 'number' && value >= minimum)) return;
  throw new RangeError(`${name} is ${String(value)}, not a number of at least ${minimum}`);
}

function checkType(name: string, value: unknown, type: 'boolean' | 'function'): void {
  if (value === undefined || typeof value === type) return;
  throw new TypeError(`${name} is ${String(value)}, not a ${type}`);
}

function checkBody(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'string' || value instanceof Uint8Array) return;
  if (value !== null && typeof value === 'object' && 'pipe' in value) return;
  throw new TypeError(`${name} is ${String(value)}, not a string, bytes or a readable stream`);
}
