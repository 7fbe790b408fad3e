import { requestUrl } from '../cgi/request-url.ts';

/** A request target cut in two. */
export interface SplitTarget {
  /** As it was sent, without scheme and host. */
  readonly path: string;
  /** With its question mark; '' if there is none. */
  readonly query: string;
}

export function splitTarget(target: string): SplitTarget {
  const url = requestUrl({ REQUEST_URI: target });
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark) };
}

/**
 * What no name of a file needs, and attacks do: escapes that are none, NUL and other control characters,
 * a slash or backslash that only shows after decoding, a backslash (a slash to Windows).
 */
const REFUSED = /%(?![0-9a-f]{2})|%(?:[01][0-9a-f]|2f|5c|7f)|[^ -~\x80-\xff]|\\/i;

const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;

/**
 * Decodes the path of a request; slashes that follow each other are one, as for nginx.
 *
 * @returns bytes as latin1, beginning with a slash; undefined for a path that could be read in two ways:
 *   browsers resolve dot segments and never send what is refused here by themselves
 */
export function decodePath(path: string): string | undefined {
  if (!path.startsWith('/') || REFUSED.test(path)) return undefined;
  const decoded = path
    .replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\/{2,}/g, '/');
  return DOT_SEGMENT.test(decoded) ? undefined : decoded;
}

/**
 * Whether a path may be looked up on the disk. Hidden files are nobody's business; Windows drops dots and
 * blanks at the end of a name, and takes what follows a colon for a stream of the file before it.
 */
export function isFilePath(path: string): boolean {
  return !/\/\.|[. ](?:\/|$)|:/.test(path);
}

/** The text of bytes in UTF-8, as file names are written. */
export function toText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

/** The bytes of a text in UTF-8, as variables hold them. */
export function toBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}
