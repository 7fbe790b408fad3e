/** What the URL of a request says. */
export interface RequestUrl {
  /** Path and query as they are sent in a request line. */
  readonly target: string;
  /** Host and port; none if there is only a path. */
  readonly host?: string;
  readonly isSecure: boolean;
}

const ABSOLUTE = /^(https?):\/\/([^/?#]*)(.*)$/is;

/** Node refuses the same in the path of `http.request()`. */
const NOT_IN_PATH = /[^\x21-\xff]/;

/**
 * Reads the URL of a request: a path, an absolute URL, or `*` (RFC 9112 §3.2). It is taken as it stands:
 * dot segments stay, for instance.
 *
 * @throws {TypeError} if it is none of them, or has characters that must be percent-encoded
 */
export function parseUrl(url: unknown): RequestUrl {
  const text = url instanceof URL ? url.href : url;
  if (typeof text !== 'string' || NOT_IN_PATH.test(text)) refuse(url);
  const [, scheme = '', host = '', rest = text] = ABSOLUTE.exec(text) ?? [];
  const isSecure = scheme.toLowerCase() === 'https';
  const [path = ''] = rest.split('#');
  const target = path.startsWith('/') || path === '*' ? path : `/${path}`;
  // Only after a host may the slash be missing.
  if (!scheme && target !== path) refuse(url);
  return host ? { target, host: withoutUser(host), isSecure } : { target, isSecure };
}

function withoutUser(host: string): string {
  return host.slice(host.lastIndexOf('@') + 1);
}

function refuse(url: unknown): never {
  throw new TypeError(`The url of a request is a path or a URL of HTTP, not ${String(url)}`);
}
