import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { ClientResponse } from '../client/index.ts';
import { dropHopByHop } from '../http/hop-by-hop.ts';

/** Headers of which a middleware and the application may each have set some. */
const JOINED = new Set(['set-cookie', 'vary']);

/**
 * Sends the answer of an application on. What it says replaces headers that were set before, except for
 * cookies and `Vary`.
 *
 * @param cookies Set-Cookie values that come before its own
 */
export async function sendResponse(
  res: ServerResponse,
  response: ClientResponse,
  cookies: readonly string[],
): Promise<void> {
  const { statusCode, statusMessage, rawHeaders, body } = response;
  addCookies(res, cookies);
  setHeaders(res, dropHopByHop(res, rawHeaders) as string[]);
  res.writeHead(statusCode, statusMessage);
  flushHead(res, body.readableLength);
  await pipeline(body, res);
}

/** Adds cookies of an answer that is not sent. */
export function addCookies(res: ServerResponse, cookies: readonly string[]): void {
  for (const cookie of cookies) res.appendHeader('Set-Cookie', cookie);
}

/** `appendHeader()` keeps a header that comes several times in as many lines. */
function setHeaders(res: ServerResponse, headers: readonly string[]): void {
  const seen = new Set<string>();
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    const key = name.toLowerCase();
    if (seen.has(key) || JOINED.has(key)) {
      // The client took several lengths only because they are one.
      if (key !== 'content-length') res.appendHeader(name, value);
    } else res.setHeader(name, value);
    seen.add(key);
  }
}

const NOTHING = Buffer.alloc(0);

/**
 * The head leaves at once: events of a stream may be long in coming. It is sent as the bytes that it came
 * as; `flushHeaders()` would encode it as UTF-8.
 */
function flushHead(res: ServerResponse, readableLength: number): void {
  // Bytes of the body that are here already take the head along in their packet.
  if (readableLength === 0) res.write(NOTHING);
}
