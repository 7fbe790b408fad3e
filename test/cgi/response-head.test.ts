import { ResponseHeadReader } from '../../src/cgi/response-head.ts';

function read(text: string, limit?: number) {
  return new ResponseHeadReader(limit).push(Buffer.from(text, 'latin1'));
}

const head = (text: string) => read(text)?.head;

const SAMPLE =
  'Status: 404 Not Found\r\nContent-Type: text/html\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n';
const SAMPLE_HEAD = {
  statusCode: 404,
  statusMessage: 'Not Found',
  rawHeaders: ['Content-Type', 'text/html', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'],
};

test.each([
  ['CRLF', SAMPLE],
  ['LF', SAMPLE.replaceAll('\r\n', '\n')],
])('reads lines that end in %s, cut anywhere, and leaves the body', (_, sample) => {
  const bytes = Buffer.from(`${sample}body`);
  for (let cut = 0; cut <= sample.length; cut++) {
    const reader = new ResponseHeadReader();
    const early = reader.push(bytes.subarray(0, cut));
    const parsed = early ?? reader.push(bytes.subarray(cut));
    expect(parsed?.head).toEqual(SAMPLE_HEAD);
    const rest = `${parsed?.rest}${early ? bytes.subarray(cut) : ''}`;
    expect(rest).toBe('body');
  }
});

test('reads a head that comes byte by byte', () => {
  const reader = new ResponseHeadReader();
  const results = [...Buffer.from(SAMPLE)].map((byte) => reader.push(Buffer.of(byte)));
  expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true);
  expect(results.at(-1)?.head).toEqual(SAMPLE_HEAD);
});

test('reads line ends of both kinds in one head', () => {
  expect(read('A: 1\nB: 2\r\n\nbody')).toEqual({
    head: { statusCode: 200, statusMessage: 'OK', rawHeaders: ['A', '1', 'B', '2'] },
    rest: Buffer.from('body'),
  });
});

test.each([
  ['Status: 404 Not Found', 404, 'Not Found'],
  ['status:404', 404, 'Not Found'],
  ['STATUS: 299 ', 299, ''],
  ['Status: 200 Tr\xe8s bien', 200, 'Tr\xe8s bien'],
  ['HTTP/1.1 404 Not Here', 404, 'Not Here'],
  ['HTTP/1.0 201 Created\r\nX: 1', 201, 'Created'],
  ['HTTP/1.1 200 OK\r\nStatus: 403 No', 403, 'No'],
  ['Content-Type: text/plain', 200, 'OK'],
])('takes the status from %j', (lines, statusCode, statusMessage) => {
  expect(head(`${lines}\r\n\r\n`)).toMatchObject({ statusCode, statusMessage });
});

test.each([
  ['http://example.test/', 302],
  ['/path', 302],
  ['x-app+1.0:thing', 302],
  ['relative', 200],
  ['', 200],
])('takes Location: %j without Status for the status %d', (location, statusCode) => {
  expect(head(`Location: ${location}\n\n`)).toMatchObject({
    statusCode,
    rawHeaders: ['Location', location],
  });
});

test('leaves the status of a redirect that has one', () => {
  expect(head('Location: /a\nStatus: 307 Temporary Redirect\n\n')?.statusCode).toBe(307);
});

test('takes the blanks around a value away, and keeps those within and every latin1 byte', () => {
  expect(head('X-A: \t a  b\t \nX-B:\xe9\xff\nX-C: \xc3\xa0\n\n')?.rawHeaders).toEqual([
    'X-A',
    'a  b',
    'X-B',
    '\xe9\xff',
    'X-C',
    '\xc3\xa0',
  ]);
});

test.each([
  ['a line without a colon', 'no header\n\n'],
  ['a name with a blank', 'Content Type: a\n\n'],
  ['a blank before the colon', 'Content-Type : a\n\n'],
  ['an empty name', ': a\n\n'],
  ['a folded line', 'A: 1\n 2\n\n'],
  ['a carriage return within a line', 'A: 1\rB: 2\n\n'],
  ['a control character', 'A: 1\0\n\n'],
  ['no header at all', '\r\n'],
  ['a status that is no number', 'Status: fine\n\n'],
  ['a status of two digits', 'Status: 20 OK\n\n'],
  ['a status of four digits', 'Status: 2000\n\n'],
  ['an interim status', 'Status: 101 Switching Protocols\n\n'],
  ['an empty status', 'Status:\n\n'],
  ['a bad status line', 'HTTP/1.1 OK\n\n'],
])('emits ERR_FCGI_RESPONSE_HEAD for %s', (_, text) => {
  expect(() => read(text)).toThrow(
    expect.objectContaining({ name: 'FcgiError', code: 'ERR_FCGI_RESPONSE_HEAD' }),
  );
});

test('takes a head as long as its limit, and no longer', () => {
  const text = 'A: 12345\r\n\r\n';
  expect(read(text, text.length)?.head.rawHeaders).toEqual(['A', '12345']);
  expect(() => read(text, text.length - 1)).toThrow(
    expect.objectContaining({ code: 'ERR_FCGI_RESPONSE_HEAD', limit: text.length - 1 }),
  );
});

test('passes the limit before the head has ended', () => {
  const reader = new ResponseHeadReader();
  expect(reader.push(Buffer.alloc(64 * 1024, 'a'))).toBeUndefined();
  expect(() => reader.push(Buffer.from('a'))).toThrow(
    expect.objectContaining({ code: 'ERR_FCGI_RESPONSE_HEAD', limit: 65536 }),
  );
});

test('does not count the body against the limit', () => {
  expect(read(`A: 1\n\n${'b'.repeat(1000)}`, 6)?.rest).toHaveLength(1000);
});

test.each([
  ['Location: /a?b', '/a?b'],
  ['Location: /a\nContent-Type: text/html', '/a'],
  ['Status: 302 Found\nLocation: /a', undefined],
  ['HTTP/1.1 200 OK\nLocation: /a', undefined],
  ['Location: //example.test/a', undefined],
  ['Location: http://example.test/a', undefined],
  ['Location: a', undefined],
  ['X-A: /a', undefined],
])('tells of %j the local redirect %j', (lines, localRedirect) => {
  expect(head(`${lines}\n\n`)?.localRedirect).toBe(localRedirect);
});
