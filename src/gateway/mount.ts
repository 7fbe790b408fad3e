import type { IncomingMessage } from 'node:http';
import { splitTarget } from './request-path.ts';

/** A request as an application under a prefix gets it. */
export interface MountedRequest {
  readonly method: string;
  /** The request target as the client sent it. */
  readonly originalUrl: string;
  /** The part of its path that leads to the application, as it was sent: `/blog`, or '' */
  readonly base: string;
  /** The path below that, as it was sent; it begins with a slash. */
  readonly path: string;
  /** With its question mark. */
  readonly query: string;
  /** Whether the path is the prefix itself, without the slash at its end. */
  readonly isBare: boolean;
}

/** What Express and Connect note on a request. */
type Request = IncomingMessage & {
  readonly originalUrl?: string | undefined;
  readonly baseUrl?: string | undefined;
};

/** Finds out under which prefix Express or Connect has mounted the middleware that got the request. */
export function mountedRequest(req: Request): MountedRequest {
  const url = req.url ?? '/';
  const originalUrl = req.originalUrl ?? url;
  const { path, query } = splitTarget(url);
  const original = splitTarget(originalUrl).path;
  const base = req.baseUrl ?? prefix(original, path);
  const isBare = base !== '' && original === base;
  return { method: req.method ?? 'GET', originalUrl, base, path, query, isBare };
}

/** Connect notes no prefix, and hands `/blog` on as a slash. */
function prefix(original: string, path: string): string {
  if (original.endsWith(path)) return original.slice(0, original.length - path.length);
  return path === '/' ? original : '';
}

/** The request that a local redirect asks for, if it leads to the same application. */
export function redirectedRequest(
  { method, base }: MountedRequest,
  location: string,
): MountedRequest | undefined {
  const originalUrl = location.replace(/#.*/s, '');
  const { path, query } = splitTarget(originalUrl);
  if (!path.startsWith(`${base}/`)) return undefined;
  return {
    method: method === 'HEAD' ? 'HEAD' : 'GET',
    originalUrl,
    base,
    path: path.slice(base.length),
    query,
    isBare: false,
  };
}
