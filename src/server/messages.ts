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

type FastCgiMessage = { fastcgi: LazyRequestContext };

/**
 * Node's objects for a request: `req` and `res`, and what they hang on.
 *
 * A class, and no object literal: V8 14 (Node 26) comes to allocate literals in the old generation, from where
 * this one would keep all the objects of its request until the next full collection.
 */
export class Messages {
  readonly socket: RequestSocket;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: LazyRequestContext;
  readonly #roleListener: RoleListener;

  constructor(server: Server, request: AnswerableRequest, head: RequestHead) {
    const { roleListener } = request;
    const { factory } = roleListener;
    const socket = new RequestSocket(request, server, server.settings.highWaterMark);
    const incoming = factory.createIncoming(socket);
    const context = new LazyRequestContext(request);
    socket.incoming = incoming;
    socket.bytesRead = request.input.body.received;
    announceBody(request, head);
    setHead(incoming, head);
    mount(incoming, server.settings.base, request);
    (incoming as unknown as FastCgiMessage).fastcgi = context;
    const response = factory.createResponse(incoming);
    tieResponse(response, socket);
    if (server.timeout > 0) socket.setTimeout(server.timeout);
    this.socket = socket;
    this.incoming = incoming;
    this.response = response;
    this.context = context;
    this.#roleListener = roleListener;
  }

  /** Has the listener of the request's role answer; throws what it throws. */
  answer(): void {
    this.#roleListener.listener(this.incoming, this.response as never);
  }
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
