import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { ownHeaders } from './own-headers.ts';

/**
 * Response headers that concern one connection only: RFC 9110 §7.6.1 and RFC 3875 §6.3.4. `Trailer`
 * goes with them, since there are no trailers in CGI, and `Status` is CGI's own line.
 */
const names = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'status',
];
const hopByHop = new Set(names);

/**
 * Leaves hop-by-hop headers out of what an application passed to `setHeader` and `writeHead`.
 *
 * @param headers as `writeHead` hands them on: those of `setHeader`, which Node knows again by their
 *   identity, or else the object or array that was passed to `writeHead`
 */
export function dropHopByHop(
  res: ServerResponse,
  headers: OutgoingHttpHeaders | unknown[] | undefined,
): OutgoingHttpHeaders | unknown[] | undefined {
  if (!headers) return headers;
  if (Array.isArray(headers)) return dropFromArray(headers);
  const own = ownHeaders(res);
  if (!own) return Object.keys(headers).some(isHopByHop) ? dropFromObject(headers) : headers;
  for (const name in own) if (hopByHop.has(name)) res.removeHeader(name);
  return headers;
}

function isHopByHop(name: unknown): boolean {
  return typeof name === 'string' && hopByHop.has(name.toLowerCase());
}

function dropFromObject(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isHopByHop(name)));
}

/** `[name, value, …]` or `[[name, value], …]`. */
function dropFromArray(headers: unknown[]): unknown[] {
  if (Array.isArray(headers[0])) {
    return headers.filter((entry) => !isHopByHop((entry as unknown[])[0]));
  }
  return headers.filter((_, i) => !isHopByHop(headers[i - (i % 2)]));
}
