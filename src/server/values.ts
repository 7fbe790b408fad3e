import { FCGI_MAX_CONNS, FCGI_MAX_REQS, FCGI_MPXS_CONNS } from '../protocol/index.ts';
import type { ServerSettings } from './options.ts';

/** The specification has no word for "no limit"; request ids end here. */
const NO_LIMIT = 65_535;

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
    [FCGI_MAX_REQS, String(Math.min(settings.maxConcurrentRequests, NO_LIMIT))],
    [FCGI_MPXS_CONNS, settings.multiplex ? '1' : '0'],
  ]);
  return [...new Set(asked)].flatMap((name) => {
    const value = known.get(name);
    return value === undefined ? [] : [name, value];
  });
}
