import type { IncomingMessage, ServerResponse } from 'node:http';
import { mountAt, mountAtScript } from '../cgi/base-path.ts';
import type { RequestHead } from '../cgi/request-head.ts';
import type { Exchange } from '../http/exchange.ts';
import { setHead } from '../http/incoming-message.ts';
import { RequestSocket } from '../http/request-socket.ts';
import { tieResponse } from '../http/server-response.ts';
import { type ContextRequest, LazyRequestContext } from './request-context.ts';
import type { RoleListener } from './roles.ts';
import type { Server } from './server.ts';

/** Methods whose requests have no body unless they say so (RFC 9110 §9.3). */
const bodiless = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/** A request that can be answered, however it came. */
export interface AnswerableRequest extends Exchange, ContextRequest {
  readonly roleListener: RoleListener;
  readonly input: ContextRequest['input'] & {
    readonly body: { readonly received: number; readonly ended: boolean };
  };
}

/** Node's objects for a request. */
export interface Messages {
  readonly socket: RequestSocket;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: LazyRequestContext;
  /** Has the listener of the request's role answer; throws what it throws. */
  readonly answer: () => void;
}

/** Makes `req` and `res` for a request. */
export function createMessages(
  server: Server,
  request: AnswerableRequest,
  head: RequestHead,
): Messages {
  const { factory, listener } = request.roleListener;
  const socket = new RequestSocket(request, server, server.settings.highWaterMark);
  const incoming = factory.createIncoming(socket);
  const context = new LazyRequestContext(request);
  socket.incoming = incoming;
  socket.bytesRead = request.input.body.received;
  announceBody(request, head);
  setHead(incoming, head);
  mount(incoming, server.settings.base, request);
  Object.assign(incoming, { fastcgi: context });
  const response = factory.createResponse(incoming);
  tieResponse(response, socket);
  if (server.timeout > 0) socket.setTimeout(server.timeout);
  const answer = () => listener(incoming, response as never);
  return { socket, incoming, response, context, answer };
}

/**
 * Body parsers look for `content-length` or `transfer-encoding` to know that there is a body. One of
 * unknown length has neither in CGI, so it gets the header that it would have under `http`.
 */
function announceBody(request: AnswerableRequest, head: RequestHead): void {
  if (head.contentLength !== undefined) return;
  const { received, ended } = request.input.body;
  if (received > 0 || !(ended || bodiless.has(head.method))) {
    head.rawHeaders.push('transfer-encoding', 'chunked');
  }
}

/** Tells the application its mount path as Express tells a sub-application. */
function mount(incoming: IncomingMessage, setting: string, request: AnswerableRequest): void {
  if (setting === '') return;
  const originalUrl = incoming.url as string;
  const mounted =
    setting === 'auto'
      ? mountAtScript(originalUrl, request.variable('SCRIPT_NAME') ?? '')
      : mountAt(originalUrl, setting);
  if (mounted?.baseUrl) Object.assign(incoming, { ...mounted, originalUrl });
}
