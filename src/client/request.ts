import type { Writable } from 'node:stream';
import { encodePairs, type Role } from '../protocol/index.ts';
import type { RecordListener } from './record-observer.ts';
import type { RequestBody } from './request-body.ts';

/** A request to a FastCGI application. */
export interface RequestOptions {
  /**
   * The meta-variables (RFC 3875 §4.1); those that are `undefined` are not sent. Strings are bytes as
   * latin1, as they come from `http`: `Buffer.from(fileName).toString('latin1')` makes one of other text.
   *
   * CONTENT_LENGTH is added for a body that is a string or bytes.
   */
  readonly params: Readonly<Record<string, string | undefined>>;
  /**
   * What the application reads as STDIN. Bytes must not change until they are sent. A stream is read as
   * the application reads; one that was not read to its end is left as it is.
   * @default nothing
   */
  readonly body?: RequestBody;
  /** Role (FastCGI §6). A Filter gets an empty FCGI_DATA, an Authorizer no STDIN. @default Responder */
  readonly role?: Role | undefined;
  /** Aborts the request: its connection is closed, as web servers do. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds of silence from the application that are borne; 0 for any. @default the client's */
  readonly timeout?: number | undefined;
  /** Takes FCGI_STDERR as it comes, without waiting for `'drain'`. @default nothing */
  readonly stderr?: Writable | undefined;
  /**
   * Sees the records of this request, whole and in their order: those sent when they are handed to the
   * system, those received before they are acted on. It must not throw. @default nothing
   */
  readonly onRecord?: RecordListener | undefined;
}

/**
 * Encodes the PARAMS of a request.
 *
 * @throws {TypeError} if a value is no string, or has characters that are no bytes
 */
export function encodeParams({ params, body }: RequestOptions): Buffer {
  const all = { ...contentLength(body), ...params };
  const pairs = Object.entries(all).filter(([, value]) => value !== undefined) as [
    string,
    string,
  ][];
  for (const [name, value] of pairs) checkPair(name, value);
  return encodePairs(pairs.flat());
}

function contentLength(body: RequestBody): Record<string, string> {
  if (typeof body === 'string') return { CONTENT_LENGTH: String(Buffer.byteLength(body)) };
  return body instanceof Uint8Array ? { CONTENT_LENGTH: String(body.length) } : {};
}

/** Encoded as latin1, U+010A would arrive as a line feed. */
const NO_BYTES = /[^\0-\xff]/;

/** @throws {TypeError} if one of them is no string, or has characters that are no bytes */
export function checkPair(name: unknown, value: unknown): void {
  if (typeof name !== 'string') throw new TypeError(`A name is no string: ${String(name)}`);
  if (typeof value !== 'string') {
    throw new TypeError(`The value of ${name} is no string: ${String(value)}`);
  }
  if (NO_BYTES.test(name) || NO_BYTES.test(value)) {
    throw new TypeError(`${name} has characters above U+00FF: ${JSON.stringify(value)}`);
  }
}

/** Methods that do no more harm twice than once (RFC 9110 §9.2.2). */
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export function isIdempotent({ params }: RequestOptions): boolean {
  return idempotentMethods.has(params.REQUEST_METHOD ?? '');
}
