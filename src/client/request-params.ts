import type { IncomingHttpHeaders } from 'node:http';
import { type RequestVariables, requestVariables } from '../cgi/request-variables.ts';
import { encodePairs, Role } from '../protocol/index.ts';
import { knownSize } from './known-size.ts';
import { requestHeaders } from './request-headers.ts';
import type { RequestOptions } from './request-options.ts';
import { parseUrl } from './request-url.ts';

/** The PARAMS of a request, and its method, which decides on more than the application's answer. */
export interface RequestParams {
  readonly block: Buffer;
  readonly method: string;
}

/**
 * Makes the PARAMS of a request.
 *
 * @throws {TypeError} if a value is no string, or has characters that are no bytes
 * @throws the error of a file that is the body and cannot be opened
 */
export async function requestParams(options: RequestOptions): Promise<RequestParams> {
  checkInput(options);
  const http = httpVariables(options);
  // An empty length says that there is none, which a body may know better.
  if (http.CONTENT_LENGTH === '') delete http.CONTENT_LENGTH;
  const all = { ...(await inputVariables(options)), ...http, ...options.params };
  const pairs = Object.entries(all).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  for (const [name, value] of pairs) checkPair(name, value);
  return { block: encodePairs(pairs.flat()), method: all.REQUEST_METHOD ?? '' };
}

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

/** Encoded as latin1, U+010A would arrive as a line feed. */
const NO_BYTES = /[^\0-\xff]/;

function checkInput({ role, body, data }: RequestOptions): void {
  if (data !== undefined && role !== Role.FILTER) {
    throw new TypeError('Only a request in the role of Filter has data');
  }
  if (body !== undefined && role === Role.AUTHORIZER) {
    throw new TypeError('A request in the role of Authorizer has no body');
  }
}

/** What nobody said about the body and the data, where it can be known. */
async function inputVariables({ body, data }: RequestOptions): Promise<RequestVariables> {
  const stdin = await knownSize(body);
  const file = await knownSize(data);
  return {
    CONTENT_LENGTH: text(stdin.size),
    FCGI_DATA_LENGTH: text(file.size),
    FCGI_DATA_LAST_MOD: text(file.lastModified),
  };
}

function text(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** The variables of a web server that got this request from this machine. */
function httpVariables({ method, url, headers, params }: RequestOptions): RequestVariables {
  if (params && method === undefined && url === undefined && headers === undefined) return {};
  const { target, host = 'localhost', isSecure } = parseUrl(url === undefined ? '/' : url);
  const all: IncomingHttpHeaders = { host, ...requestHeaders(headers) };
  const port = Number(/:(\d+)$/.exec(all.host ?? '')?.[1] ?? (isSecure ? 443 : 80));
  const socket = {
    remoteAddress: '127.0.0.1',
    localAddress: '127.0.0.1',
    localPort: port,
    encrypted: isSecure,
  };
  const request = { method: checkMethod(method), url: target, httpVersion: '1.1', headers: all };
  return requestVariables({ ...request, socket });
}

/** A method is a token (RFC 9110 §9.1). */
function checkMethod(method: unknown = 'GET'): string {
  if (typeof method === 'string' && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) return method;
  throw new TypeError(`The method of a request is a token, not ${JSON.stringify(method)}`);
}
