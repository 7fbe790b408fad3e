import type { IncomingMessage } from 'node:http';
import { type RequestVariables, requestVariables } from '../cgi/request-variables.ts';
import type { MountedRequest } from './mount.ts';
import { decodePath } from './request-path.ts';
import type { Route } from './route.ts';
import type { Site } from './site-options.ts';

/**
 * The variables of a request for a script, or for an application that has none, as nginx's
 * `fastcgi_params` and `fastcgi_split_path_info` set them.
 *
 * @param body whether the request still has the body that its headers speak of; CONTENT_LENGTH, where they
 *   do not tell it
 */
export function siteVariables(
  req: IncomingMessage,
  mounted: MountedRequest,
  { site, route, body }: { site: Site; route: Route; body: boolean | string },
): RequestVariables {
  const { method, path, query, originalUrl } = mounted;
  const { httpVersion, socket } = req;
  const headers = body === false ? withoutBody(req.headers) : req.headers;
  const request = { method, url: path + query, httpVersion, headers, socket };
  const variables = requestVariables(request, outerVariables(req));
  variables.REQUEST_URI = originalUrl;
  if (typeof body === 'string') variables.CONTENT_LENGTH = body;
  addPath(variables, mounted, route, site);
  return variables;
}

/** Headers of a body that a redirected request does not have. */
const BODY_HEADERS = new Set(['content-length', 'content-type', 'transfer-encoding']);

function withoutBody(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !BODY_HEADERS.has(name)));
}

function addPath(
  variables: RequestVariables,
  { base, isBare }: MountedRequest,
  route: Route,
  { documentRoot }: Site,
): void {
  const prefix = decodePath(base) ?? base;
  variables.DOCUMENT_ROOT = documentRoot;
  if (route.kind !== 'script') {
    variables.SCRIPT_NAME = prefix;
    if (isBare) variables.PATH_INFO = '';
    variables.DOCUMENT_URI = `${prefix}${variables.PATH_INFO}`;
    return;
  }
  const { scriptName, pathInfo } = route;
  variables.SCRIPT_NAME = `${prefix}${scriptName}`;
  variables.SCRIPT_FILENAME = `${documentRoot}${scriptName}`;
  variables.DOCUMENT_URI = variables.SCRIPT_NAME;
  variables.PATH_INFO = pathInfo;
  // RFC 3875 §4.1.6: it is there only together with PATH_INFO.
  if (pathInfo !== '') variables.PATH_TRANSLATED = `${documentRoot}${pathInfo}`;
}

/** Variables that speak of the outer request's path, body and headers, which the inner one's replace. */
const INNER =
  /^(?:HTTP|REDIRECT|SCRIPT|PATH|DOCUMENT|CONTENT|CONTEXT|FCGI|ORIG)_|^(?:REQUEST_METHOD|REQUEST_URI|QUERY_STRING|UNENCODED_URL)$/;

/** What a web server told of the request when it came over FastCGI itself: REMOTE_USER, SSL_*, … */
function outerVariables({ fastcgi }: IncomingMessage): RequestVariables {
  const entries = Object.entries(fastcgi?.params ?? {}).filter(([name]) => !INNER.test(name));
  return Object.fromEntries(entries);
}
