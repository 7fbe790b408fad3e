import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import type { RequestVariables } from '../cgi/request-variables.ts';
import type { ClientOptions, ClientResponse } from '../client/index.ts';
import { FcgiError } from '../errors.ts';
import { type MountedRequest, mountedRequest, redirectedRequest } from './mount.ts';
import { type OutgoingBody, outgoingBody, type RequestBodyOptions } from './request-body.ts';
import { splitTarget } from './request-path.ts';
import { findRoute, type Route } from './route.ts';
import { addCookies, sendResponse } from './send-response.ts';
import { resolveSite, type Site, type SiteOptions } from './site-options.ts';
import { siteVariables } from './site-variables.ts';
import { sendFile } from './static-file.ts';
import { type GatewayTarget, Upstream } from './upstream.ts';

/** What a gateway and a proxy have in common. Of the options of the client, `timeout` leads to 504. */
export interface ForwardOptions extends ClientOptions, RequestBodyOptions, SiteOptions {
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

/** Why a request was not answered: nothing is there, or nothing can be of that name. */
export type Unanswered = 404 | 400;

/** Local redirects that follow each other; more are a circle. */
const MAX_LOCAL_REDIRECTS = 10;

/** Answers requests from the files of a site and the application behind it. */
export class Forwarder {
  readonly #options: ForwardOptions;
  readonly #site: Site;
  readonly #upstream: Upstream;

  /** @throws {TypeError} if the target is none; {TypeError} or {RangeError} for a wrong option */
  constructor(target: GatewayTarget, options: ForwardOptions) {
    this.#site = resolveSite(options);
    const bufferRequests = options.bufferRequests ?? !this.#site.isApplication;
    this.#options = { ...options, bufferRequests };
    checkBodySize(options.maxBodySize);
    this.#upstream = new Upstream(target, options);
  }

  /**
   * Answers a request. A client that goes away aborts it.
   *
   * @returns undefined when the answer was sent, or why there is none: nothing was read or sent then
   * @throws what the client throws; `res` has its head if the answer was cut off
   */
  async answer(req: IncomingMessage, res: ServerResponse): Promise<Unanswered | undefined> {
    const mounted = mountedRequest(req);
    const route = await findRoute(this.#site, mounted.path);
    if (route.kind === 'none') return 404;
    if (route.kind === 'refused') return 400;
    const isFolder = route.kind === 'folder' || (mounted.isBare && route.kind !== 'application');
    if (isFolder) return void redirectToFolder(res, mounted);
    if (route.kind === 'file') {
      return void (await sendFile(mounted.method, req.headers, res, route.file));
    }
    try {
      await this.#forward(req, res, mounted, route);
    } finally {
      // What the application did not read must not stand before the client's next request.
      req.unpipe().resume();
    }
    return undefined;
  }

  /** Whether the body of this request is too long by its Content-Length alone. */
  isTooLong({ headers }: IncomingMessage): boolean {
    const { maxBodySize = Number.POSITIVE_INFINITY } = this.#options;
    return Number(headers['content-length'] ?? 0) > maxBodySize;
  }

  /** Closes the connections to the application, and the application if it was started here. */
  close(): Promise<void> {
    return this.#upstream.close();
  }

  /** Asks the application, and follows its local redirects (RFC 3875 §6.2.2). */
  async #forward(
    req: IncomingMessage,
    res: ServerResponse,
    mounted: MountedRequest,
    route: Route,
  ): Promise<void> {
    const disconnected = new AbortController();
    res.once('close', () => disconnected.abort());
    // The client may have gone while the disk was asked.
    if (res.destroyed) disconnected.abort();
    const cookies: string[] = [];
    let current = { mounted, route };
    let body: OutgoingBody | undefined | false = await outgoingBody(req, this.#options);
    for (let count = 0; count <= MAX_LOCAL_REDIRECTS; count++) {
      const response = await this.#ask(req, current, body, disconnected.signal);
      const next = await this.#redirected(current.mounted, response);
      if (!next) return sendResponse(res, response, cookies);
      discard(response, cookies);
      if (next.route.kind === 'file') {
        addCookies(res, cookies);
        return sendFile(next.mounted.method, req.headers, res, next.route.file);
      }
      current = next;
      body = false;
    }
    const message = `More than ${MAX_LOCAL_REDIRECTS} local redirects, at last to ${current.mounted.originalUrl}`;
    throw new FcgiError('ERR_FCGI_LOCAL_REDIRECTS', message, { limit: MAX_LOCAL_REDIRECTS });
  }

  async #ask(
    req: IncomingMessage,
    { mounted, route }: { mounted: MountedRequest; route: Route },
    body: OutgoingBody | undefined | false,
    signal: AbortSignal,
  ): Promise<ClientResponse> {
    const { params: own, stderr = process.stderr } = this.#options;
    const bodyLength = body === false ? false : (body?.length ?? true);
    const params = siteVariables(req, mounted, { site: this.#site, route, body: bodyLength });
    Object.assign(params, typeof own === 'function' ? own(req) : own);
    const client = await this.#upstream.client();
    return client.request({ params, body: body ? body.stream : undefined, signal, stderr });
  }

  /** What a local redirect leads to; undefined if there is none, or it leads to somebody else. */
  async #redirected(mounted: MountedRequest, { localRedirect, body }: ClientResponse) {
    const next = localRedirect && redirectedRequest(mounted, localRedirect);
    if (!next) return undefined;
    // It may fail while the disk is asked, when nobody listens to it yet.
    body.on('error', () => {});
    const route = await findRoute(this.#site, next.path);
    const isAnswered = ['application', 'script', 'file'].includes(route.kind);
    return isAnswered ? { mounted: next, route } : undefined;
  }
}

/** A browser makes a GET of a POST that is answered 301. */
function redirectToFolder(res: ServerResponse, { method, originalUrl }: MountedRequest): void {
  const { path, query } = splitTarget(originalUrl);
  // Two slashes would begin the name of another host.
  const location = `${path.replace(/^\/+/, '/')}/${query}`;
  res.writeHead(method === 'GET' || method === 'HEAD' ? 301 : 308, {
    Location: location,
    'Content-Length': 0,
  });
  res.end();
}

/** Leaves the connection usable; the body, which a local redirect should not have, is dropped. */
function discard({ rawHeaders, body }: ClientResponse, cookies: string[]): void {
  body.resume();
  rawHeaders.forEach((name, i) => {
    const isCookie = i % 2 === 0 && name.toLowerCase() === 'set-cookie';
    if (isCookie) cookies.push(rawHeaders[i + 1] as string);
  });
}

function checkBodySize(size: number | undefined): void {
  if (size === undefined || (typeof size === 'number' && size >= 0)) return;
  const message = `The option maxBodySize must be a number of 0 or more, not ${size}`;
  throw Object.assign(new RangeError(message), { code: 'ERR_OUT_OF_RANGE' });
}
