/** A request as a client means it, whichever way it reaches the application. */
export interface WireRequest {
  readonly method?: string;
  readonly target?: string;
  readonly version?: '1.0' | '1.1';
  /** Beside `Host`, which is there unless it is given; one entry a header line. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly host?: string | null;
  /** A list is sent chunked, each entry a chunk. */
  readonly body?: string | Uint8Array | readonly string[];
  /** Trailers after a chunked body. */
  readonly trailers?: readonly (readonly [name: string, value: string])[];
  /** Over FastCGI a chunked body is buffered by the web server, and its length told, unless it streams. */
  readonly streams?: boolean;
  /** The body is sent when the handler has noted this. */
  readonly bodyAfter?: string;
  /** The client goes away when the handler has noted this. */
  readonly hangUpAfter?: string;
  /** The body is announced and not sent. */
  readonly withholdsBody?: boolean;
  /** The end of a body that streams never comes. */
  readonly unfinished?: boolean;
}

/** The same with nothing left to guess. */
export interface Message {
  readonly method: string;
  readonly target: string;
  readonly version: '1.0' | '1.1';
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly chunked: boolean;
  readonly chunks: readonly Buffer[];
}

/** What came back for one request. */
export interface Answer {
  /** Heads before the final one: status code and lines. */
  readonly interim: readonly (readonly string[])[];
  /** Undefined when the connection ended before a head. */
  readonly status: number | undefined;
  readonly reason: string;
  readonly headers: readonly string[];
  /** As latin1. */
  readonly body: string;
  readonly trailers: readonly string[];
  /** False if the peer was cut off in the middle. */
  readonly complete: boolean;
}

export function toMessage(request: WireRequest): Message {
  const { method = 'GET', target = '/', version = '1.1', body, host = 'example.test' } = request;
  const chunked = Array.isArray(body);
  const pieces = chunked ? body : body === undefined ? [] : [body];
  const chunks = (pieces as (string | Uint8Array)[]).map((piece) => Buffer.from(piece as string));
  const headers: (readonly [string, string])[] = host === null ? [] : [['Host', host]];
  headers.push(...(request.headers ?? []));
  if (chunked) headers.push(['Transfer-Encoding', 'chunked']);
  else if (body !== undefined) headers.push(['Content-Length', String(chunks[0]?.length)]);
  return { method, target, version, headers, chunked, chunks };
}

export function bodyLength(request: WireRequest): number {
  return Buffer.concat(toMessage(request).chunks).length;
}

/** Where the connection ended, or the client went away, before any of the answer. */
export const NO_ANSWER: Answer = {
  interim: [],
  status: undefined,
  reason: '',
  headers: [],
  body: '',
  trailers: [],
  complete: false,
};

/** A status line's code and reason: `200 OK`. */
export function splitStatus(line: string): { status: number; reason: string } {
  const space = line.indexOf(' ');
  return { status: Number(line.slice(0, space)), reason: line.slice(space + 1) };
}

/** Takes the second out of a Date header, which no two answers need to share. */
export function withoutClock(line: string): string {
  return line.replace(
    /^(date): \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/i,
    '$1: (an HTTP date)',
  );
}
