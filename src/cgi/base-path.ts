/** A request target, parted where an application is mounted. */
export interface Mounted {
  /** The mount path as the client wrote it, without a slash at its end. */
  readonly baseUrl: string;
  /** The target as the application sees it. */
  readonly url: string;
}

/**
 * Parts a request target at the path under which an application is mounted: `/blog` holds `/blog`, `/blog/x`
 * and `/blog?x`, not `/blogs`.
 *
 * @param base decoded, as SCRIPT_NAME is (RFC 3875 §4.1.13), each character a byte; without a slash at its end
 * @returns undefined if the target lies outside of `base`
 */
export function mountAt(url: string, base: string): Mounted | undefined {
  const end = endOfPrefix(url, base);
  if (end < 0) return undefined;
  const rest = url.slice(end);
  const baseUrl = url.slice(0, end);
  if (end === 0 || rest.startsWith('/')) return { baseUrl, url: rest };
  return rest === '' || rest.startsWith('?') ? { baseUrl, url: `/${rest}` } : undefined;
}

/**
 * As `mountAt()`, by what the web server says of its program. Where the URL does not name the program, as
 * `/blog/app.fcgi`, it was rewritten to it, and the program's folder is where it is mounted.
 */
export function mountAtScript(url: string, scriptName: string): Mounted | undefined {
  const script = scriptName.replace(/\/+$/, '');
  return (
    mountAt(url, script) ?? mountAt(url, script.slice(0, Math.max(0, script.lastIndexOf('/'))))
  );
}

/** The bytes that a path in a URL stands for; a path that is wrongly encoded stands for itself. */
export function decodeBase(path: string): string {
  try {
    return Buffer.from(decodeURIComponent(path)).toString('latin1');
  } catch {
    return path;
  }
}

/** Where the part of an encoded URL ends that stands for a decoded prefix; -1 if it does not begin so. */
function endOfPrefix(url: string, prefix: string): number {
  let at = 0;
  for (const char of prefix) {
    if (isEncoded(url, at, char)) at += 3;
    else if (url[at] === char) at += 1;
    else return -1;
  }
  return at;
}

/** An encoded slash is part of a name, not of the path's structure (RFC 3986 §2.2). */
function isEncoded(url: string, at: number, char: string): boolean {
  const code = /^%([0-9a-f]{2})$/i.exec(url.slice(at, at + 3))?.[1];
  return code !== undefined && char !== '/' && Number.parseInt(code, 16) === char.charCodeAt(0);
}
