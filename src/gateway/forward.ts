import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type RequestVariables, requestVariables } from '../cgi/request-variables.ts';
import type { Client, ClientResponse } from '../client/index.ts';
import { dropHopByHop } from '../http/hop-by-hop.ts';

/** How requests are passed on. */
export interface ForwardOptions {
  /**
   * Variables added to those of the request, or put in their place; `undefined` takes one away. As a
   * function, it makes them for each request.
   */
  readonly params?:
    | Readonly<RequestVariables>
    | ((req: IncomingMessage) => Readonly<RequestVariables>)
    | undefined;
  /** Where FCGI_STDERR of the application goes. @default process.stderr */
  readonly stderr?: Writable | undefined;
}

/**
 * Passes a request on to an application and its answer back. A client that goes away aborts the request.
 *
 * @throws what the client throws; `res` has its head if the answer was cut off, and is destroyed then
 */
export async function forward(
  client: Client,
  req: IncomingMessage,
  res: ServerResponse,
  options: ForwardOptions,
): Promise<void> {
  const disconnected = new AbortController();
  res.once('close', () => disconnected.abort());
  try {
    const response = await client.request({
      params: requestVariables(req, extraVariables(req, options)),
      body: bodyOf(req),
      signal: disconnected.signal,
      stderr: options.stderr ?? process.stderr,
    });
    sendHead(res, response);
    await pipeline(response.body, res);
  } finally {
    // What the application did not read must not stand before the client's next request.
    req.resume();
  }
}

function extraVariables(
  req: IncomingMessage,
  { params }: ForwardOptions,
): Readonly<RequestVariables> | undefined {
  return typeof params === 'function' ? params(req) : params;
}

/** A request has a body if it says so (RFC 9112 §6). */
function bodyOf(req: IncomingMessage): Readable | undefined {
  const { headers } = req;
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;
  return hasBody ? req : undefined;
}

/** Sends a head as the bytes that it came as; `flushHeaders()` would encode it as UTF-8. */
const NOTHING = Buffer.alloc(0);

/** The head leaves at once: events of a stream may be long in coming. */
function sendHead(res: ServerResponse, response: ClientResponse): void {
  const headers = dropHopByHop(res, response.rawHeaders) as string[];
  res.writeHead(response.statusCode, response.statusMessage, headers);
  // Bytes of the body that are here already take the head along in their packet.
  if (response.body.readableLength === 0) res.write(NOTHING);
}
