import type { IncomingHttpHeaders } from 'node:http';

/** What tells one state of a file from another. */
export interface Validators {
  readonly etag: string;
  /** Whole seconds, as HTTP dates are. */
  readonly lastModified: Date;
}

/** Whole seconds are all that a date of HTTP tells. */
export function validatorsOf({ mtimeMs, size }: { mtimeMs: number; size: number }): Validators {
  const etag = `"${Math.floor(mtimeMs).toString(16)}-${size.toString(16)}"`;
  return { etag, lastModified: new Date(Math.floor(mtimeMs / 1000) * 1000) };
}

/**
 * Checks the preconditions of a GET or HEAD in the order of RFC 9110 §13.2.2.
 *
 * @returns 412, 304, or 200 if the file is to be sent
 */
export function checkConditions(
  headers: IncomingHttpHeaders,
  { etag, lastModified }: Validators,
): 200 | 304 | 412 {
  const match = headers['if-match'];
  const unmodifiedSince = date(headers['if-unmodified-since']);
  if (match !== undefined) {
    if (!lists(match, etag)) return 412;
  } else if (unmodifiedSince !== undefined && lastModified.getTime() > unmodifiedSince) return 412;
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) return lists(weak(noneMatch), etag) ? 304 : 200;
  const modifiedSince = date(headers['if-modified-since']);
  return modifiedSince !== undefined && lastModified.getTime() <= modifiedSince ? 304 : 200;
}

/** Whether If-Range lets a part be sent: the file is still the one that the client has parts of. */
export function isSameAs(ifRange: string | undefined, { etag, lastModified }: Validators): boolean {
  if (ifRange === undefined) return true;
  return ifRange.includes('"') ? ifRange === etag : date(ifRange) === lastModified.getTime();
}

function lists(header: string, etag: string): boolean {
  return header.split(',').some((one) => one.trim() === '*' || one.trim() === etag);
}

/** If-None-Match compares weakly (RFC 9110 §13.1.2): proxies that compress make our tag a weak one. */
function weak(header: string): string {
  return header.replace(/W\/"/g, '"');
}

function date(header: string | undefined): number | undefined {
  const time = Date.parse(header ?? '');
  return Number.isNaN(time) ? undefined : time;
}
