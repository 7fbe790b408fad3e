import { FCGI_MAX_CONNS, FCGI_MAX_REQS, FCGI_MPXS_CONNS } from '../protocol/index.ts';
import type { ServerSettings } from './options.ts';

/** The specification has no word for "no limit"; request ids end here. */
const NO_LIMIT = 65_535;

/** Bytes of a pair's two lengths, when both are long. */
const LENGTHS_SIZE = 8;

/** Bytes that an answer with all of the values, and those of the specification, may have. */
export function valuesSize(values: Readonly<Record<string, string>>): number {
  const known = [FCGI_MAX_CONNS, FCGI_MAX_REQS, FCGI_MPXS_CONNS].map((name) => [name, '65535']);
  const all = [...Object.entries(values), ...known];
  return all.reduce(
    (sum, [name = '', value = '']) => sum + LENGTHS_SIZE + name.length + value.length,
    0,
  );
}

/**
 * The only web server that asks, HAProxy, takes the number for that of one connection; who takes it for that
 * of all (FastCGI §4.1) sends no more than it may either.
 */
function maxRequests(settings: ServerSettings): number {
  const { maxConcurrentRequests, maxConcurrentRequestsPerConnection } = settings;
  return Math.min(maxConcurrentRequests, maxConcurrentRequestsPerConnection, NO_LIMIT);
}

/**
 * Answers FCGI_GET_VALUES (FastCGI §4.1).
 *
 * @param asked the names that the web server asked for
 * @returns the names that are known, and their values, in turn
 */
export function answerValues(settings: ServerSettings, asked: readonly string[]): string[] {
  const known = new Map([
    ...Object.entries(settings.values),
    [FCGI_MAX_CONNS, String(Math.min(settings.maxConnections, NO_LIMIT))],
    [FCGI_MAX_REQS, String(maxRequests(settings))],
    [FCGI_MPXS_CONNS, settings.multiplex ? '1' : '0'],
  ]);
  return [...new Set(asked)].flatMap((name) => {
    const value = known.get(name);
    return value === undefined ? [] : [name, value];
  });
}
