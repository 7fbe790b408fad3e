import type { Rule } from '../../frontends/support/site.ts';
import { sendRaw, statuses } from '../support/raw-client.ts';
import { reached } from '../support/witness.ts';

/** A request that the attacker hides from one of the two parties. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\nX: ';

const post = (headers: readonly string[], body: string) =>
  [
    'POST /outer HTTP/1.1',
    'Host: a',
    'Connection: close',
    'Content-Type: text/plain',
    ...headers,
    '',
    body,
  ].join('\r\n');

const hex = (text: string) => text.length.toString(16);
const CHUNKED = 'Transfer-Encoding: chunked';
const ONE_CHUNK = `${hex(SMUGGLED)}\r\n${SMUGGLED}\r\n0\r\n\r\n`;

/**
 * Payloads that have made an HTTP upstream see another end of the request than the web server did, and the
 * body that the request may have if it is served at all.
 */
const payloads: readonly (readonly [string, string, string | undefined])[] = [
  ['CL.TE', post([`Content-Length: ${5 + SMUGGLED.length}`, CHUNKED], `0\r\n\r\n${SMUGGLED}`), ''],
  ['TE.CL', post(['Content-Length: 4', CHUNKED], ONE_CHUNK), SMUGGLED],
  [
    'TE.TE, one of them obscured',
    post(['Content-Length: 4', CHUNKED, 'Transfer-encoding: x'], ONE_CHUNK),
    undefined,
  ],
  [
    'TE with a tab before its value',
    post(['Content-Length: 4', 'Transfer-Encoding:\tchunked'], ONE_CHUNK),
    SMUGGLED,
  ],
  [
    'TE with a space before its colon',
    post([`Content-Length: ${ONE_CHUNK.length}`, 'Transfer-Encoding : chunked'], ONE_CHUNK),
    ONE_CHUNK,
  ],
  [
    'Content-Length twice, with different values',
    post(['Content-Length: 0', `Content-Length: ${SMUGGLED.length}`], SMUGGLED),
    undefined,
  ],
  [
    'Content-Length as a list',
    post([`Content-Length: ${SMUGGLED.length}, 0`], SMUGGLED),
    undefined,
  ],
  [
    'Content-Length with a sign',
    post([`Content-Length: +${SMUGGLED.length}`], SMUGGLED),
    undefined,
  ],
  [
    'a chunk extension',
    post([CHUNKED], `${hex(SMUGGLED)};a="\n0\r\n\r\n"\r\n${SMUGGLED}\r\n0\r\n\r\n`),
    undefined,
  ],
  [
    'a plain chunk extension',
    post([CHUNKED], `${hex(SMUGGLED)};a=b\r\n${SMUGGLED}\r\n0\r\n\r\n`),
    SMUGGLED,
  ],
  [
    'a chunk size that overflows',
    post([CHUNKED], `ffffffffffffffff1\r\n${SMUGGLED}\r\n0\r\n\r\n`),
    undefined,
  ],
  [
    'a trailer that looks like framing',
    post(
      [CHUNKED],
      `${hex(SMUGGLED)}\r\n${SMUGGLED}\r\n0\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\n`,
    ),
    SMUGGLED,
  ],
  [
    'a body that is a FastCGI request',
    post(
      ['Content-Length: 24'],
      '\x01\x05\0\x01\0\0\0\0\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0',
    ),
    '\x01\x05\0\x01\0\0\0\0\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0',
  ],
];

/** Where a request ends is what the web server said, whatever its headers say. */
export function smugglingAttacks(rule: Rule): void {
  for (const [name, bytes, body] of payloads) {
    rule(`no request is smuggled in by ${name}`, async (site) => {
      let received = '';
      const requests = await reached(site, async () => {
        received = await sendRaw(site.origin, bytes);
      });
      const served = statuses(received).filter((status) => status === 200);
      expect(statuses(received)).toHaveLength(1);
      // It is refused, or it is the one request, with all of its body.
      expect(requests).toEqual(served.map(() => ({ method: 'POST', url: '/outer', body })));
    });
  }
}
