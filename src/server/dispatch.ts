import type { IncomingMessage } from 'node:http';
import { stripBase } from '../cgi/base-path.ts';
import type { RequestHead } from '../cgi/request-head.ts';
import { setHead } from '../http/incoming-message.ts';
import { RequestSocket } from '../http/request-socket.ts';
import { tieResponse } from '../http/server-response.ts';
import type { Request } from './request.ts';
import { LazyRequestContext } from './request-context.ts';
import type { Server } from './server.ts';

/** Methods whose requests have no body unless they say so (RFC 9110 §9.3). */
const bodiless = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/** Node's objects for a request. */
export interface Messages {
  readonly socket: RequestSocket;
  readonly incoming: IncomingMessage;
  readonly context: LazyRequestContext;
}

/**
 * Makes `req` and `res` for a request.
 *
 * @returns the objects, and a function that emits `'request'` with them
 */
export function createMessages(
  server: Server,
  request: Request,
  head: RequestHead,
): Messages & { readonly emit: () => void } {
  const socket = new RequestSocket(request, server);
  const incoming = server.messageFactory.createIncoming(socket);
  const context = new LazyRequestContext(request);
  socket.incoming = incoming;
  socket.bytesRead = request.body.received;
  announceBody(request, head);
  setHead(incoming, head);
  mount(incoming, server.settings.base, request);
  Object.assign(incoming, { fastcgi: context });
  const response = server.messageFactory.createResponse(incoming);
  tieResponse(response, socket);
  if (server.timeout > 0) socket.setTimeout(server.timeout);
  return { socket, incoming, context, emit: () => server.emit('request', incoming, response) };
}

/**
 * Body parsers look for `content-length` or `transfer-encoding` to know that there is a body. One of
 * unknown length has neither in CGI, so it gets the header that it would have under `http`.
 */
function announceBody(request: Request, head: RequestHead): void {
  if (head.contentLength !== undefined) return;
  const { received, ended } = request.body;
  if (received > 0 || !(ended || bodiless.has(head.method))) {
    head.rawHeaders.push('transfer-encoding', 'chunked');
  }
}

/** Tells the application its mount path as Express tells a sub-application. */
function mount(incoming: IncomingMessage, setting: string, request: Request): void {
  if (setting === '') return;
  const base = setting === 'auto' ? (request.variable('SCRIPT_NAME') ?? '') : setting;
  const originalUrl = incoming.url as string;
  const url = stripBase(originalUrl, base);
  if (base !== '' && url !== undefined) {
    Object.assign(incoming, { url, originalUrl, baseUrl: base });
  }
}
