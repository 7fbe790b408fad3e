import { UsageError } from '../failure.ts';
import { asBytes } from './request-headers.ts';

/** What is asked for. */
export interface RequestTarget {
  /** Path and query as in a request line: ASCII without blanks. */
  readonly url: string;
  readonly host: string;
  readonly https: boolean;
}

/**
 * Reads the path that is asked for: `/path?query`, or a URL whose scheme and host are told to the
 * application too.
 *
 * @throws {UsageError} if it is neither
 */
export function requestTarget(path: string): RequestTarget {
  if (path.startsWith('/')) return { url: escapePath(path), host: 'localhost', https: false };
  if (path === '*') return { url: '*', host: 'localhost', https: false };
  const match = /^(https?):\/\/([^/?#\s]+)([/?][^#]*)?/i.exec(path);
  if (!match) throw new UsageError(`'${path}' is no path: it begins with / or http://`);
  const [, scheme = '', host = '', rest = '/'] = match;
  return {
    url: escapePath(rest.startsWith('/') ? rest : `/${rest}`),
    host: asBytes(host),
    https: scheme.toLowerCase() === 'https',
  };
}

/** A browser sends no fragment, and never a blank or a byte that is not ASCII. */
function escapePath(path: string): string {
  const [withoutFragment = ''] = path.split('#');
  return withoutFragment.replace(/[^!-~]+/g, (text) => encodeBytes(Buffer.from(text)));
}

function encodeBytes(bytes: Buffer): string {
  return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
