import { STATUS_CODES } from 'node:http';
import { FcgiError } from '../errors.ts';

/** The head of a CGI response, in the words of Node's `http`. */
export interface ResponseHead {
  readonly statusCode: number;
  readonly statusMessage: string;
  /** Names and values in turn as they came, as latin1; without `Status`, which is no header of HTTP. */
  readonly rawHeaders: string[];
  /**
   * The path of a local redirect (RFC 3875 §6.2.2): Location holds one and there is no `Status`. To whoever
   * does not follow it, it is a redirect of the client, with `statusCode` 302.
   */
  readonly localRedirect?: string | undefined;
}

const DEFAULT_LIMIT = 64 * 1024;

const CR = 0x0d;
const LF = 0x0a;

/** What the line that is being read holds so far. */
const Line = { EMPTY: 0, CARRIAGE_RETURN: 1, TEXT: 2 } as const;
type Line = (typeof Line)[keyof typeof Line];

/** Reads the head of a CGI response (RFC 3875 §6) from chunks that may be cut anywhere. */
export class ResponseHeadReader {
  readonly #limit: number;
  readonly #pieces: Buffer[] = [];
  #length = 0;
  #line: Line = Line.EMPTY;

  /** @param limit bytes that the head may have, with the empty line that ends it */
  constructor(limit: number = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  /**
   * Takes the next bytes.
   *
   * @returns the head when it is complete, with the bytes after it, a view of `chunk`
   * @throws {FcgiError} `ERR_FCGI_RESPONSE_HEAD` if the head is malformed or passes the limit
   */
  push(chunk: Buffer): { head: ResponseHead; rest: Buffer } | undefined {
    const end = this.#findEnd(chunk);
    const piece = end < 0 ? chunk : chunk.subarray(0, end);
    this.#length += piece.length;
    if (this.#length > this.#limit) this.#refuseLength();
    this.#pieces.push(piece);
    if (end < 0) return undefined;
    const text = Buffer.concat(this.#pieces).toString('latin1');
    return { head: parseResponseHead(text), rest: chunk.subarray(end) };
  }

  /** Where the empty line that ends the head is over, or -1. */
  #findEnd(chunk: Buffer): number {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === LF) {
        if (this.#line !== Line.TEXT) return at + 1;
        this.#line = Line.EMPTY;
      } else {
        this.#line = byte === CR && this.#line === Line.EMPTY ? Line.CARRIAGE_RETURN : Line.TEXT;
      }
    }
    return -1;
  }

  #refuseLength(): never {
    const message = `The response head is longer than ${this.#limit} bytes`;
    throw new FcgiError('ERR_FCGI_RESPONSE_HEAD', message, { limit: this.#limit });
  }
}

/** A field name is a token (RFC 9110 §5.1); a value holds no control character but the tab (§5.5). */
const HEADER = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)$/;
const STATUS = /^([2-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const STATUS_LINE = /^HTTP\/\d(?:\.\d)? /i;
const ABSOLUTE_URI_OR_PATH = /^(?:\/|[a-z][a-z0-9+.-]*:)/i;
/** Two slashes begin the name of another host to a browser. */
const LOCAL_PATH = /^\/(?!\/)/;

function parseResponseHead(text: string): ResponseHead {
  const lines = text.split(/\r?\n/).slice(0, -2);
  // Scripts written for a server's NPH mode begin with HTTP's own status line (RFC 3875 §5).
  const statusLine = STATUS_LINE.exec(lines[0] ?? '')?.[0];
  let status = statusLine && lines.shift()?.slice(statusLine.length);
  const rawHeaders: string[] = [];
  let location = '';
  for (const line of lines) {
    const [name, value] = parseHeader(line);
    const lowerCaseName = name.toLowerCase();
    if (lowerCaseName === 'location') location = value;
    if (lowerCaseName === 'status') status = value;
    else rawHeaders.push(name, value);
  }
  // RFC 3875 §6.2: a response has at least one header field.
  if (status === undefined && rawHeaders.length === 0) refuse('The response has no header');
  const localRedirect = status === undefined && LOCAL_PATH.test(location) ? location : undefined;
  status ??= ABSOLUTE_URI_OR_PATH.test(location) ? '302' : '200';
  return { ...parseStatus(status), rawHeaders, localRedirect };
}

function parseHeader(line: string): [name: string, value: string] {
  const match = HEADER.exec(line);
  if (!match) refuse(`A line of the response head is no header: ${JSON.stringify(line)}`);
  return [match[1] as string, trimBlanks(match[2] as string)];
}

/** Not `trim()`: that takes U+00A0 for a blank, a byte of `à` in UTF-8. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t';
}

/** 1xx is refused: a CGI response is the final one, and 101 would hand over the client's connection. */
function parseStatus(status: string): { statusCode: number; statusMessage: string } {
  const match = STATUS.exec(trimBlanks(status));
  if (!match) refuse(`The response has the status ${JSON.stringify(status)}`);
  const statusCode = Number(match[1]);
  return { statusCode, statusMessage: match[2] ?? STATUS_CODES[statusCode] ?? '' };
}

function refuse(message: string): never {
  throw new FcgiError('ERR_FCGI_RESPONSE_HEAD', message);
}
