import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

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
  if (hasOwnStore(res)) {
    for (const name of names) if (res.hasHeader(name)) res.removeHeader(name);
    return headers;
  }
  return Object.keys(headers).some(isHopByHop) ? dropFromObject(headers) : headers;
}

/** Whether the response has headers of its own; those of `writeHead` were then merged into them. */
function hasOwnStore(res: ServerResponse): boolean {
  return res.getHeaderNames().length > 0;
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
