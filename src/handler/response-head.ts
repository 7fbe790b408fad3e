import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { ResponseHead } from '../cgi/response-head.ts';
import { dropHopByHop } from '../http/hop-by-hop.ts';

/** Puts the head that a handler wrote into the response, beside what `res.setHeader()` had set. */
export function setCgiHead(res: ServerResponse, head: ResponseHead): void {
  res.statusCode = head.statusCode;
  res.statusMessage = head.statusMessage;
  const headers = dropHopByHop(res, head.rawHeaders) as string[];
  const seen = new Set<string>();
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    // A field that comes twice is sent twice, as Set-Cookie must be; one that was set before is replaced.
    if (!seen.has(name.toLowerCase())) res.removeHeader(name);
    seen.add(name.toLowerCase());
    res.appendHeader(name, headers[i + 1] as string);
  }
}

/**
 * Puts status and headers into the response, all of which `http` checks.
 *
 * @throws {RangeError} `ERR_HTTP_INVALID_STATUS_CODE` for a status that no final response has
 * @throws {TypeError} `ERR_INVALID_CHAR` for CR, LF or NUL in a value, `ERR_INVALID_HTTP_TOKEN` for a
 *   name that is none
 */
export function setHead(res: ServerResponse, status: number, headers: OutgoingHttpHeaders): void {
  if (!Number.isInteger(status) || status < 200 || status > 999) refuseStatus(status);
  res.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) res.setHeader(name, value);
  }
}

/** Whether a response to the request may have a body (RFC 9110 §6.4.1). */
export function allowsBody(res: ServerResponse): boolean {
  return res.req.method !== 'HEAD' && statusAllowsBody(res.statusCode);
}

export function statusAllowsBody(status: number): boolean {
  return status !== 204 && status !== 304;
}

function refuseStatus(status: number): never {
  throw Object.assign(new RangeError(`A response cannot have the status ${status}`), {
    code: 'ERR_HTTP_INVALID_STATUS_CODE',
  });
}
