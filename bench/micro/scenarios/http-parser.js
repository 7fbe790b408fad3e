import { createRequire } from 'node:module';

/** Node has its parser for its own use; there is no public way to it. */
const { HTTPParser } = createRequire(import.meta.url)('_http_common');

/**
 * llhttp as `http` uses it.
 *
 * @returns {(bytes: Buffer) => readonly string[]} parses one request, and returns its raw headers
 */
export function createHttpParser() {
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.REQUEST, {}, 0, 0);
  /** @type {readonly string[]} */
  let rawHeaders = [];
  parser[HTTPParser.kOnHeadersComplete | 0] = (
    /** @type {unknown} */ _major,
    /** @type {unknown} */ _minor,
    /** @type {readonly string[]} */ headers,
  ) => {
    rawHeaders = headers;
    return 0;
  };
  return (bytes) => {
    const parsed = parser.execute(bytes);
    if (parsed !== bytes.length) throw parsed;
    return rawHeaders;
  };
}
