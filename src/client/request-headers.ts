import { type IncomingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http';

/** Headers of a request: an object as `http.request()` takes, a `Headers`, a `Map`, or names with values. */
export type RequestHeaders =
  | Readonly<Record<string, string | number | readonly string[] | undefined>>
  | Iterable<readonly [name: string, value: string]>;

/**
 * Headers by their names in lower case, as those of a request that came over HTTP.
 *
 * @throws {TypeError} `ERR_INVALID_HTTP_TOKEN`, `ERR_HTTP_INVALID_HEADER_VALUE`, `ERR_INVALID_CHAR`
 */
export function requestHeaders(headers: RequestHeaders = {}): IncomingHttpHeaders {
  const joined: Record<string, string> = Object.create(null);
  for (const [name, value] of entries(headers)) {
    validateHeaderName(name);
    const text = typeof value === 'object' ? value.join(separator(name)) : String(value);
    validateHeaderValue(name, text);
    const key = name.toLowerCase();
    const before = joined[key];
    joined[key] = before === undefined ? text : before + separator(name) + text;
  }
  return joined;
}

type Entry = readonly [string, string | number | readonly string[]];

function entries(headers: RequestHeaders): readonly Entry[] {
  const all: Iterable<readonly [string, Entry[1] | undefined]> =
    Symbol.iterator in headers ? headers : Object.entries(headers);
  return [...all].filter((entry): entry is Entry => entry[1] !== undefined);
}

/** How a web server joins headers of one name for a variable (RFC 9110 §5.3, RFC 6265 §5.4). */
function separator(name: string): string {
  return name.toLowerCase() === 'cookie' ? '; ' : ', ';
}
