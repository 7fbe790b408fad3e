import { Readable } from 'node:stream';
import { Handler } from '../../src/handler/index.ts';
import { answerOf, carriers, header, sending, slowly } from './serve-handler.ts';

type Arguments = Parameters<Handler['sendResponse']>;

function* lines(): Generator<string> {
  yield 'a\n';
  yield 'ö\n';
}

describe('sendResponse()', () => {
  const table: [string, Arguments, string | undefined, string | undefined, string | Buffer][] = [
    ['a string', [200, 'text/html', 'ö'], 'text/html; charset=utf-8', '2', 'ö'],
    ['a charset that is there', [200, 'text/html;Charset=x', 'o'], 'text/html;Charset=x', '1', 'o'],
    ['a string of no text type', [200, 'image/svg+xml', 'o'], 'image/svg+xml', '1', 'o'],
    ['bytes', [200, 'text/plain', Buffer.of(0, 255)], 'text/plain', '2', Buffer.of(0, 255)],
    [
      'part of a buffer',
      [200, 'a/b', new Uint8Array([1, 2, 3]).subarray(1)],
      'a/b',
      '2',
      Buffer.of(2, 3),
    ],
    ['an empty string', [200, 'text/plain', ''], 'text/plain; charset=utf-8', '0', ''],
    ['an object', [200, 'application/json', { a: 'ö' }], 'application/json', '10', '{"a":"ö"}'],
    ['an array', [200, 'application/json', ['a']], 'application/json', '5', '["a"]'],
    ['null', [200, 'application/problem+json', null], 'application/problem+json', '4', 'null'],
    ['a number', [200, 'application/json; x=y', 1], 'application/json; x=y', '1', '1'],
    [
      'a date',
      [200, 'application/json', new Date(0)],
      'application/json',
      '26',
      '"1970-01-01T00:00:00.000Z"',
    ],
    ['text that is JSON', [200, 'application/json', '{}'], 'application/json', '2', '{}'],
    ['nothing', [404], 'text/plain; charset=utf-8', '14', '404 Not Found\n'],
    ['nothing for an unknown status', [299], 'text/plain; charset=utf-8', '0', ''],
    ['nothing of another type', [404, 'text/html'], 'text/html; charset=utf-8', '0', ''],
    ['an iterable', [200, 'text/plain', lines()], 'text/plain; charset=utf-8', undefined, 'a\nö\n'],
    [
      'an array of pieces',
      [200, 'text/plain', ['a', Buffer.of(98)]],
      'text/plain; charset=utf-8',
      undefined,
      'ab',
    ],
    [
      'an async iterable',
      [200, 'application/x-ndjson', slowly('1\n', '2\n')],
      'application/x-ndjson',
      undefined,
      '1\n2\n',
    ],
    [
      'an async iterable of a JSON type',
      [200, 'application/json', slowly('[', ']')],
      'application/json',
      undefined,
      '[]',
    ],
    [
      'a stream of bytes',
      [200, 'text/plain', Readable.from([Buffer.of(255)])],
      'text/plain',
      undefined,
      Buffer.of(255),
    ],
    ['an empty iterable', [200, 'text/plain', []], 'text/plain', '0', ''],
  ];

  test.each(table)('sends %s', async (_, args, type, length, body) => {
    const answer = await answerOf(sending(...args));
    expect(answer.status).toMatch(new RegExp(`^${args[0]}`));
    expect(header(answer, 'content-type')).toBe(type);
    expect(header(answer, 'content-length')).toBe(length);
    expect(answer.body).toEqual(Buffer.from(body));
    expect(answer.errors).toEqual([]);
  });

  test.each(carriers)('sends the same over %s', async (_, fetch) => {
    const { body, headers } = await fetch(sending(200, 'text/plain', 'ö', { A: ['1', '2'] }), '/');
    expect(body).toBe('ö');
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '2',
      a: '1, 2',
    });
    const streamed = sending(200, 'text/plain', slowly('x', 'y'));
    expect(await fetch(streamed, '/')).toMatchObject({ status: 200, body: 'xy' });
  });

  test('sends further headers, which win', async () => {
    const headers = { 'content-type': 'a/b', 'X-None': undefined, 'Set-Cookie': ['a=1', 'b=2'] };
    const { head } = await answerOf(sending(200, 'text/plain', 'x', headers));
    expect(head.filter((line) => /^(content-type|x-|set-)/i.test(line))).toEqual([
      'content-type: a/b',
      'Set-Cookie: a=1',
      'Set-Cookie: b=2',
    ]);
  });

  test.each(['HEAD', 'GET'])('sends head and length alone for %s or 204', async (method) => {
    const status = method === 'HEAD' ? 200 : 204;
    const variables = { REQUEST_METHOD: method };
    const whole = await answerOf(sending(status, 'text/plain', 'body'), variables);
    expect(whole.body.length).toBe(0);
    expect(header(whole, 'content-length')).toBe(method === 'HEAD' ? '4' : undefined);
    let made = 0;
    const pieces = (function* () {
      made++;
      yield 'x';
    })();
    const stream = Readable.from(['x']);
    for (const data of [pieces, stream]) {
      const answer = await answerOf(sending(status, 'text/plain', data), variables);
      expect([answer.body.length, answer.errors]).toEqual([0, []]);
    }
    expect([made, stream.destroyed]).toEqual([0, true]);
  });

  test('need not be waited for', async () => {
    class Unawaited extends Handler {
      handle() {
        this.sendResponse(200, 'text/plain', slowly('a', 'b'));
      }
    }
    expect((await answerOf(Unawaited)).body.toString()).toBe('ab');
  });
});

describe('sendResponse() refuses at once', () => {
  const refused: [string, unknown[], string][] = [
    ['CRLF in the type', [200, 'text/plain\r\nX: y', 'a'], 'ERR_INVALID_CHAR'],
    ['LF in a header', [200, 'text/plain', 'a', { A: 'b\nc' }], 'ERR_INVALID_CHAR'],
    ['CRLF in one of many', [200, 'text/plain', 'a', { A: ['b', 'c\r\nd'] }], 'ERR_INVALID_CHAR'],
    ['CRLF in a name', [200, 'text/plain', 'a', { 'A\r\nB': 'c' }], 'ERR_INVALID_HTTP_TOKEN'],
    ['a status below 200', [101], 'ERR_HTTP_INVALID_STATUS_CODE'],
    ['a status that is no number', ['200\r\nX: y'], 'ERR_HTTP_INVALID_STATUS_CODE'],
    ['an object of no JSON type', [200, 'text/plain', {}], 'ERR_INVALID_ARG_TYPE'],
    ['null of no JSON type', [200, 'text/plain', null], 'ERR_INVALID_ARG_TYPE'],
    ['what is no JSON', [200, 'application/json', () => {}], 'ERR_INVALID_ARG_TYPE'],
  ];

  test.each(refused)('%s', async (_, args, code) => {
    let thrown: unknown;
    class Refused extends Handler {
      handle() {
        try {
          this.sendResponse(...(args as Arguments));
        } catch (error) {
          thrown = error;
          throw error;
        }
      }
    }
    const answer = await answerOf(Refused);
    expect(thrown).toMatchObject({ code });
    expect(answer.status).toBe('500 Internal Server Error');
    expect(answer.head).toEqual([
      'Status: 500 Internal Server Error',
      'Content-Type: text/plain',
      'Content-Length: 22',
      expect.stringMatching(/^Date: /),
    ]);
    expect(answer.errors).toMatchObject([{ code }]);
  });

  test.each([
    ['a second response', (self: Handler) => void self.sendResponse(200)],
    ['a response after output', (self: Handler) => void self.write('A: b\n')],
    ['a response after one of res', (self: Handler) => self.res.write('a')],
  ])('%s', async (_, begin) => {
    let thrown: unknown;
    class Second extends Handler {
      handle() {
        begin(this);
        try {
          this.sendResponse(200, 'text/plain', 'second');
        } catch (error) {
          thrown = error;
        }
      }
    }
    const answer = await answerOf(Second);
    expect(thrown).toMatchObject({ code: 'ERR_HTTP_HEADERS_SENT' });
    expect(answer.body.toString()).not.toContain('second');
  });
});

describe('sendRedirect()', () => {
  const redirecting = (...args: Parameters<Handler['sendRedirect']>) =>
    class extends Handler {
      handle() {
        this.sendRedirect(...args);
      }
    };

  test.each<[string, number | undefined, string, string]>([
    ['https://example.test/a?b=c', undefined, '302 Found', 'https://example.test/a?b=c'],
    ['/path', undefined, '302 Found', '/path'],
    ['/grüße/%20', 303, '303 See Other', '/gr%C3%BC%C3%9Fe/%20'],
    ['/local?a=b', 200, '200 OK', '/local?a=b'],
  ])('sends a client to %s with status %s', async (target, status, line, location) => {
    const answer = await answerOf(redirecting(target, status));
    expect(answer.status).toBe(line);
    expect(header(answer, 'location')).toBe(location);
    expect([header(answer, 'content-type'), answer.body.length]).toEqual([undefined, 0]);
  });

  test.each(carriers)('sends one over %s', async (_, fetch) => {
    const { status, headers } = await fetch(redirecting('/a'), '/');
    expect([status, headers.location, headers['content-length']]).toEqual([302, '/a', '0']);
  });

  test.each<[string, number, string]>([
    ['/a\r\nSet-Cookie: b', 302, 'ERR_INVALID_CHAR'],
    ['/a', 404, 'ERR_OUT_OF_RANGE'],
    ['//host/a', 200, 'ERR_OUT_OF_RANGE'],
    ['https://example.test/', 200, 'ERR_OUT_OF_RANGE'],
  ])('refuses %j with status %i', async (target, status, code) => {
    expect((await answerOf(redirecting(target, status))).errors).toMatchObject([{ code }]);
  });
});
