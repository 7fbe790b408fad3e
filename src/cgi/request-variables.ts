import type { IncomingHttpHeaders } from 'node:http';
import { requestUrl } from './request-url.ts';

/** The parts of an `http.IncomingMessage` that become meta-variables. */
export interface HttpRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: {
    readonly remoteAddress?: string | undefined;
    readonly remotePort?: number | undefined;
    readonly localAddress?: string | undefined;
    readonly localPort?: number | undefined;
    /** True on a TLS socket. */
    readonly encrypted?: boolean | undefined;
  };
}

/** Meta-variables by name; `undefined` takes one away. */
export type RequestVariables = Record<string, string | undefined>;

/**
 * The meta-variables of an HTTP request (RFC 3875 §4.1), named and filled as nginx's stock
 * `fastcgi_params` does.
 *
 * They are those of an application that has no script file: SCRIPT_NAME is empty and PATH_INFO is the
 * whole path, decoded. Dot segments stay in it, so that the application sees what the client asked for:
 * whoever makes a file name of it resolves them first.
 *
 * @param extra added to the variables or put in their place
 * @returns an object without a prototype; the strings are bytes as latin1
 */
export function requestVariables(
  request: HttpRequest,
  extra: Readonly<RequestVariables> = {},
): RequestVariables {
  const variables: RequestVariables = Object.create(null);
  addRequestLine(variables, request);
  addServer(variables, request);
  addBody(variables, request.headers);
  addHeaders(variables, request.headers);
  return Object.assign(variables, extra);
}

function addRequestLine(variables: RequestVariables, request: HttpRequest): void {
  const target = request.url ?? '/';
  const { path, query } = splitTarget(target);
  variables.QUERY_STRING = query;
  variables.REQUEST_METHOD = request.method ?? 'GET';
  variables.SCRIPT_NAME = '';
  variables.PATH_INFO = decodePath(path);
  variables.REQUEST_URI = target;
  variables.DOCUMENT_URI = variables.PATH_INFO;
  variables.DOCUMENT_ROOT = '';
  variables.SERVER_PROTOCOL = `HTTP/${request.httpVersion}`;
}

function addServer(variables: RequestVariables, { headers, socket }: HttpRequest): void {
  variables.REQUEST_SCHEME = socket.encrypted ? 'https' : 'http';
  if (socket.encrypted) variables.HTTPS = 'on';
  variables.GATEWAY_INTERFACE = 'CGI/1.1';
  variables.SERVER_SOFTWARE = 'fcgi';
  variables.REMOTE_ADDR = socket.remoteAddress ?? '';
  variables.REMOTE_PORT = String(socket.remotePort ?? '');
  variables.SERVER_ADDR = socket.localAddress ?? '';
  variables.SERVER_PORT = String(socket.localPort ?? '');
  variables.SERVER_NAME = hostName(headers.host) ?? variables.SERVER_ADDR;
  // php-cgi built with --enable-force-cgi-redirect serves nothing without it.
  variables.REDIRECT_STATUS = '200';
}

function addBody(variables: RequestVariables, headers: IncomingHttpHeaders): void {
  variables.CONTENT_TYPE = headers['content-type'] ?? '';
  // RFC 9112 §6.3: Transfer-Encoding overrides Content-Length.
  const chunked = headers['transfer-encoding'] !== undefined;
  variables.CONTENT_LENGTH = chunked ? '' : (headers['content-length'] ?? '');
}

/**
 * Headers that do not become HTTP_* variables: those that have a variable of their own, those that
 * belong to the connection (RFC 9110 §7.6.1), and `Proxy`, since a CGI program takes HTTP_PROXY for the
 * address of its own outgoing proxy (httpoxy, CVE-2016-5385 and its kin).
 */
const WITHHELD = new Set([
  'content-length',
  'content-type',
  'connection',
  'keep-alive',
  'proxy',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Any other character could make two names one variable: X_Real_IP must not pass for X-Real-IP. */
const PLAIN_NAME = /^[a-z0-9-]+$/;

function addHeaders(variables: RequestVariables, headers: IncomingHttpHeaders): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || WITHHELD.has(name) || !PLAIN_NAME.test(name)) continue;
    const variable = `HTTP_${name.toUpperCase().replaceAll('-', '_')}`;
    variables[variable] = typeof value === 'string' ? value : value.join(', ');
  }
}

function splitTarget(target: string): { path: string; query: string } {
  const url = requestUrl({ REQUEST_URI: target });
  const mark = url.indexOf('?');
  if (mark < 0) return { path: url, query: '' };
  return { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

/** PATH_INFO begins with a slash or is empty (RFC 3875 §4.1.5), as for the target of `OPTIONS *`. */
function decodePath(path: string): string {
  if (!path.startsWith('/')) return '';
  return path.replace(/%([0-9a-f]{2})/gi, decodeByte);
}

/** A NUL stays encoded: an application written in C would see the path end there. */
function decodeByte(escaped: string, hex: string): string {
  return hex === '00' ? escaped : String.fromCharCode(Number.parseInt(hex, 16));
}

function hostName(host: string | undefined): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]]+)(?::\d*)?$/i.exec(host ?? '')?.[1];
}
