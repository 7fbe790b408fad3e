/*
 * Bytes in the specification's notation, written from the specification alone: what is tested here must
 * not be checked with itself.
 */

export const BEGIN_REQUEST = 1;
export const ABORT_REQUEST = 2;
export const END_REQUEST = 3;
export const PARAMS = 4;
export const STDIN = 5;
export const STDOUT = 6;
export const STDERR = 7;
export const DATA = 8;
export const GET_VALUES = 9;
export const GET_VALUES_RESULT = 10;
export const UNKNOWN_TYPE = 11;

export const RESPONDER = 1;
export const AUTHORIZER = 2;
export const FILTER = 3;
export const KEEP_CONN = 1;

type Content = string | Uint8Array;

const bytes = (content: Content): Buffer =>
  typeof content === 'string' ? Buffer.from(content, 'latin1') : Buffer.from(content);

/** {FCGI_…, requestId, content}, with as much padding as asked for. */
export function record(
  type: number,
  requestId: number,
  content: Content = '',
  padding = 0,
): Buffer {
  const body = bytes(content);
  const header = [1, type, requestId >> 8, requestId & 255, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([...header, padding, 0]), body, Buffer.alloc(padding, 0xee)]);
}

/** {FCGI_BEGIN_REQUEST, requestId, {role, flags}} */
export function begin(requestId = 1, flags = KEEP_CONN, role = RESPONDER): Buffer {
  return record(
    BEGIN_REQUEST,
    requestId,
    Uint8Array.of(role >> 8, role & 255, flags, 0, 0, 0, 0, 0),
  );
}

function pairLength(length: number): Buffer {
  if (length < 128) return Buffer.of(length);
  return Buffer.of(128 | (length >> 24), (length >> 16) & 255, (length >> 8) & 255, length & 255);
}

/** Name-value pairs: "\x03\x01FOO1". */
export function pairs(
  variables: Record<string, Content> | readonly (readonly [string, Content])[],
) {
  const entries = Array.isArray(variables) ? variables : Object.entries(variables);
  return Buffer.concat(
    entries.flatMap(([name, value]: readonly [string, Content]) => [
      pairLength(bytes(name).length),
      pairLength(bytes(value).length),
      bytes(name),
      bytes(value),
    ]),
  );
}

/** The whole PARAMS stream: one record, and its end. */
export function params(
  requestId: number,
  variables: Record<string, Content> | readonly (readonly [string, Content])[],
): Buffer {
  return Buffer.concat([record(PARAMS, requestId, pairs(variables)), record(PARAMS, requestId)]);
}

/** The whole STDIN stream, in records of up to 65,535 bytes, and its end. */
export function stdin(requestId: number, content: Content = ''): Buffer {
  const body = bytes(content);
  const records: Buffer[] = [];
  for (let at = 0; at < body.length; at += 65_535) {
    records.push(record(STDIN, requestId, body.subarray(at, at + 65_535)));
  }
  return Buffer.concat([...records, record(STDIN, requestId)]);
}

/** The variables that every web server sends for `GET /`. */
export const GET: Readonly<Record<string, string>> = {
  REQUEST_METHOD: 'GET',
  REQUEST_URI: '/',
  SERVER_PROTOCOL: 'HTTP/1.1',
  HTTP_HOST: 'example.test',
  REMOTE_ADDR: '192.0.2.7',
  REMOTE_PORT: '4711',
  SERVER_ADDR: '192.0.2.1',
  SERVER_PORT: '80',
};

/** A whole request of a Responder: `GET /` unless told otherwise. */
export function request({
  id = 1,
  flags = KEEP_CONN,
  variables = {},
  body = '',
}: {
  id?: number;
  flags?: number;
  variables?: Record<string, Content>;
  body?: Content;
} = {}): Buffer {
  return Buffer.concat([begin(id, flags), params(id, { ...GET, ...variables }), stdin(id, body)]);
}

/** A whole POST with the Content-Length of its body. */
export function post(
  body: Content,
  {
    id = 1,
    flags = KEEP_CONN,
    variables = {},
  }: { id?: number; flags?: number; variables?: Record<string, Content> } = {},
): Buffer {
  const length = String(bytes(body).length);
  const all = { REQUEST_METHOD: 'POST', CONTENT_LENGTH: length, ...variables };
  return request({ id, flags, variables: all, body });
}

export interface WireRecord {
  readonly type: number;
  readonly requestId: number;
  readonly content: Buffer;
}

/** Cuts bytes into records; what is left over of the last one is an error. */
export function parseRecords(data: Buffer): WireRecord[] {
  const records: WireRecord[] = [];
  let at = 0;
  while (at < data.length) {
    const [parsed, next] = parseRecord(data, at);
    if (!parsed)
      throw new Error(`The bytes end inside a record: ${data.subarray(at).toString('hex')}`);
    records.push(parsed);
    at = next;
  }
  return records;
}

/** One record from `at` on, and where the next begins; no record if it is not complete. */
export function parseRecord(data: Buffer, at: number): [WireRecord | undefined, number] {
  if (data.length - at < 8) return [undefined, at];
  if (data[at] !== 1) throw new Error(`FastCGI version ${data[at]}`);
  const contentLength = data.readUInt16BE(at + 4);
  const contentAt = at + 8;
  const next = contentAt + contentLength + (data[at + 6] as number);
  if (next > data.length) return [undefined, at];
  return [
    {
      type: data[at + 1] as number,
      requestId: data.readUInt16BE(at + 2),
      content: Buffer.from(data.subarray(contentAt, contentAt + contentLength)),
    },
    next,
  ];
}
