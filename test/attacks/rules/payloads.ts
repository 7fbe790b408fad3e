import {
  byChunksFirst,
  byLastLength,
  byLengthAlone,
  byNothing,
  byPlainChunks,
  byPlainLength,
  byTrimmedChunks,
  byUnderscores,
  byWrappedChunks,
  type Reading,
} from '../support/readings.ts';

/** What a web server makes of a payload on its way to an HTTP upstream. */
export type Fate = 'refuses' | 'defuses' | 'passes on';

/** Bytes in which an attacker hides a second request. */
export interface Payload {
  readonly name: string;
  readonly bytes: string;
  /** The body that the one request may have if it is served at all; undefined if it must be refused. */
  readonly body: string | undefined;
  /** A server that is taken in by it. */
  readonly victim: Reading;
  readonly fate: { readonly nginx: Fate; readonly Apache: Fate };
}

/** The request that is hidden. What comes next on the connection becomes its last header. */
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
const BEHIND_LAST_CHUNK = `0\r\n\r\n${SMUGGLED}`;
/** An extension in which, to whoever takes LF for the end of a line, the body ends. */
const EXTENSION = `a\nY\n0\n\n${SMUGGLED}`;

export const payloads: readonly Payload[] = [
  {
    name: 'CL.TE',
    bytes: post([`Content-Length: ${BEHIND_LAST_CHUNK.length}`, CHUNKED], BEHIND_LAST_CHUNK),
    body: '',
    victim: byChunksFirst,
    fate: { nginx: 'refuses', Apache: 'defuses' },
  },
  {
    name: 'TE.CL',
    bytes: post(['Content-Length: 4', CHUNKED], ONE_CHUNK),
    body: SMUGGLED,
    victim: byLengthAlone,
    fate: { nginx: 'refuses', Apache: 'defuses' },
  },
  {
    name: 'TE.TE, one of them obscured',
    bytes: post(['Content-Length: 4', CHUNKED, 'Transfer-encoding: x'], ONE_CHUNK),
    body: undefined,
    victim: byLengthAlone,
    fate: { nginx: 'refuses', Apache: 'refuses' },
  },
  {
    name: 'TE with a tab before its value',
    bytes: post(['Content-Length: 4', 'Transfer-Encoding:\tchunked'], ONE_CHUNK),
    body: SMUGGLED,
    victim: byLengthAlone,
    fate: { nginx: 'refuses', Apache: 'defuses' },
  },
  {
    name: 'TE with a space before its colon',
    bytes: post(
      [`Content-Length: ${BEHIND_LAST_CHUNK.length}`, 'Transfer-Encoding : chunked'],
      BEHIND_LAST_CHUNK,
    ),
    body: BEHIND_LAST_CHUNK,
    victim: byTrimmedChunks,
    fate: { nginx: 'refuses', Apache: 'refuses' },
  },
  {
    name: 'TE with an underscore',
    bytes: post(
      [`Content-Length: ${BEHIND_LAST_CHUNK.length}`, 'Transfer_Encoding: chunked'],
      BEHIND_LAST_CHUNK,
    ),
    body: BEHIND_LAST_CHUNK,
    victim: byUnderscores,
    fate: { nginx: 'defuses', Apache: 'passes on' },
  },
  {
    name: 'Content-Length twice, with different values',
    bytes: post(['Content-Length: 0', `Content-Length: ${SMUGGLED.length}`], SMUGGLED),
    body: undefined,
    victim: byLengthAlone,
    fate: { nginx: 'refuses', Apache: 'refuses' },
  },
  {
    name: 'Content-Length as a list',
    bytes: post([`Content-Length: ${SMUGGLED.length}, 0`], SMUGGLED),
    body: undefined,
    victim: byLastLength,
    fate: { nginx: 'refuses', Apache: 'refuses' },
  },
  {
    name: 'Content-Length with a sign',
    bytes: post([`Content-Length: +${SMUGGLED.length}`], SMUGGLED),
    body: undefined,
    victim: byPlainLength,
    fate: { nginx: 'refuses', Apache: 'refuses' },
  },
  {
    name: 'Content-Length to a server that wants no body (CL.0)',
    bytes: post([`Content-Length: ${SMUGGLED.length}`], SMUGGLED),
    body: SMUGGLED,
    victim: byNothing,
    fate: { nginx: 'passes on', Apache: 'passes on' },
  },
  {
    name: 'a chunk extension',
    bytes: post([CHUNKED], `${hex(SMUGGLED)};a=b\r\n${SMUGGLED}\r\n0\r\n\r\n`),
    body: SMUGGLED,
    victim: byPlainChunks,
    fate: { nginx: 'defuses', Apache: 'defuses' },
  },
  {
    name: 'a chunk extension with LF in it',
    bytes: post([CHUNKED], `1;${EXTENSION}\r\nY\r\n0\r\n\r\n`),
    body: 'Y',
    victim: byChunksFirst,
    // nginx reads it as the victim does, and then has two requests of its own, of which it drops the second.
    fate: { nginx: 'defuses', Apache: 'refuses' },
  },
  {
    name: 'a chunk size that overflows',
    bytes: post([CHUNKED], `10000000000000000\r\n${SMUGGLED}\r\n0\r\n\r\n`),
    body: undefined,
    victim: byWrappedChunks,
    fate: { nginx: 'refuses', Apache: 'refuses' },
  },
  {
    name: 'a trailer that is a request',
    bytes: post([CHUNKED], '0\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'),
    body: '',
    victim: byChunksFirst,
    fate: { nginx: 'defuses', Apache: 'refuses' },
  },
];
