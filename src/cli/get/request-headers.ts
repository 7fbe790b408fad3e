import type { IncomingHttpHeaders } from 'node:http';
import { UsageError } from '../failure.ts';

const HEADER = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*:(.*)$/s;

/**
 * Reads the values of `-H`: `Name: value`. `Name:` alone takes away a header that is sent by itself. The
 * same name twice is joined as web servers join it.
 *
 * @param defaults sent unless something else is asked for
 * @throws {UsageError} if one of them is no header
 */
export function requestHeaders(
  lines: readonly string[],
  defaults: Readonly<Record<string, string>>,
): IncomingHttpHeaders {
  const given = new Map<string, string>();
  for (const line of lines) {
    const [name, value] = parseHeader(line);
    const before = given.get(name);
    const separator = name === 'cookie' ? '; ' : ', ';
    given.set(name, before === undefined ? value : `${before}${separator}${value}`);
  }
  const all = { ...defaults, ...Object.fromEntries(given) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

function parseHeader(line: string): [name: string, value: string] {
  const match = HEADER.exec(line);
  if (!match) throw new UsageError(`-H '${line}' is no header, as 'Accept: text/html'`);
  return [(match[1] as string).toLowerCase(), asBytes((match[2] as string).trim())];
}

/** Arguments are text; on the wire are their bytes, which strings of `http` hold as latin1. */
export function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}
