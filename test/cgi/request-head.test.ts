import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { requestHead } from '../../src/cgi/request-head.ts';
import { FcgiError } from '../../src/errors.ts';
import { rows } from './web-server-variables.ts';

type Variables = readonly (readonly [name: string, value: string])[];

/** The head of a GET of / with these variables behind it. */
const head = (...variables: Variables) =>
  requestHead([['REQUEST_METHOD', 'GET'], ['REQUEST_URI', '/'], ...variables].flat());

/** The header as Node gives it to the application. */
function header(name: string, ...variables: Variables): unknown {
  const message = new IncomingMessage(new Socket());
  const { rawHeaders } = head(...variables);
  (message as unknown as { _addHeaderLines(lines: string[], n: number): void })._addHeaderLines(
    rawHeaders,
    rawHeaders.length,
  );
  return message.headers[name];
}

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown');
}

test.each(rows)('$title', ({ variables, head: expected }) => {
  expect(requestHead(variables.flat())).toEqual(expected);
});

describe('REQUEST_METHOD', () => {
  test.each(['GET', 'POST', 'PROPFIND', 'get', 'M-SEARCH'])('%s is the method', (method) => {
    expect(requestHead(['REQUEST_METHOD', method]).method).toBe(method);
  });

  test.each([[[]], [['REQUEST_METHOD', '']], [['HTTP_REQUEST_METHOD', 'GET']]])(
    'is missing in %j: ERR_FCGI_META_VARIABLE',
    (variables: string[]) => {
      const error = errorOf(() => requestHead(variables));
      expect(error).toBeInstanceOf(FcgiError);
      expect(error).toMatchObject({ code: 'ERR_FCGI_META_VARIABLE' });
    },
  );
});

test.each([
  ['HTTP/1.0', '1.0'],
  ['HTTP/1.1', '1.1'],
  ['HTTP/2.0', '1.1'],
  ['HTTP/3.0', '1.1'],
  ['INCLUDED', '1.1'],
  ['', '1.1'],
])('SERVER_PROTOCOL %j is HTTP version %s', (protocol, version) => {
  expect(head(['SERVER_PROTOCOL', protocol]).httpVersion).toBe(version);
});

describe('headers', () => {
  test('keep the order of their variables', () => {
    expect(
      head(
        ['HTTP_B', '2'],
        ['CONTENT_TYPE', 'text/plain'],
        ['HTTP_A', '1'],
        ['CONTENT_LENGTH', '3'],
      ).rawHeaders,
    ).toEqual(['b', '2', 'content-type', 'text/plain', 'a', '1', 'content-length', '3']);
  });

  test('may be empty, and keep every byte of their values', () => {
    const value = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
    expect(head(['HTTP_X', ''], ['HTTP_Y', value]).rawHeaders).toEqual(['x', '', 'y', value]);
  });

  test('that came twice come twice, in their order', () => {
    expect(
      head(['HTTP_COOKIE', 'a=1'], ['HTTP_VIA', 'x'], ['HTTP_COOKIE', 'b=2']).rawHeaders,
    ).toEqual(['cookie', 'a=1', 'via', 'x', 'cookie', 'b=2']);
  });

  test.each([
    ['cookie', 'HTTP_COOKIE', 'a; b'],
    ['accept', 'HTTP_ACCEPT', 'a, b'],
    ['x-y', 'HTTP_X_Y', 'a, b'],
    ['user-agent', 'HTTP_USER_AGENT', 'a'],
    ['host', 'HTTP_HOST', 'a'],
    ['set-cookie', 'HTTP_SET_COOKIE', ['a', 'b']],
  ])("are joined by http's rules: %s", (name, variable, joined) => {
    expect(header(name, [variable, 'a'], [variable, 'b'])).toEqual(joined);
  });

  test('have names that objects have already, as data', () => {
    expect(
      head(['HTTP___PROTO__', 'a'], ['HTTP_CONSTRUCTOR', 'b'], ['__proto__', 'c']).rawHeaders,
    ).toEqual(['--proto--', 'a', 'constructor', 'b']);
    expect(header('constructor', ['HTTP_CONSTRUCTOR', 'b'])).toBe('b');
    expect(({} as Record<string, unknown>).REQUEST_METHOD).toBeUndefined();
  });

  test('are not made of other variables', () => {
    expect(
      head(['HTTPS', 'on'], ['HTTP_', 'x'], ['http_x', 'y'], ['', 'z'], ['SSL_PROTOCOL', 'TLS'])
        .rawHeaders,
    ).toEqual([]);
  });

  test('have a Proxy among them that never becomes an environment variable', () => {
    const before = process.env.HTTP_PROXY;
    expect(head(['HTTP_PROXY', 'http://evil.test:8080']).rawHeaders).toEqual([
      'proxy',
      'http://evil.test:8080',
    ]);
    expect(process.env.HTTP_PROXY).toBe(before);
    expect(process.env.http_proxy).not.toBe('http://evil.test:8080');
  });

  test('do not tell of transfer codings, which end at the web server', () => {
    expect(head(['HTTP_TRANSFER_ENCODING', 'gzip, chunked'], ['HTTP_TE', 'x']).rawHeaders).toEqual([
      'te',
      'x',
    ]);
  });
});

describe('X-Original-URL', () => {
  const spoofed: Variables = [
    ['REQUEST_URI', ''],
    ['PATH_INFO', '/public'],
    ['HTTP_X_ORIGINAL_URL', '/admin'],
  ];

  test('does not choose the route outside of IIS, but stays a header', () => {
    const { url, rawHeaders } = head(...spoofed, ['SERVER_SOFTWARE', 'nginx/1.27.4']);
    expect(url).toBe('/public');
    expect(rawHeaders).toEqual(['x-original-url', '/admin']);
    expect(head(...spoofed).url).toBe('/public');
    expect(head(...spoofed, ['HTTP_SERVER_SOFTWARE', 'Microsoft-IIS/10.0']).url).toBe('/public');
    expect(head(...spoofed, ['HTTP_UNENCODED_URL', '/admin']).url).toBe('/public');
  });

  test('does not choose the route under IIS either if REQUEST_URI came', () => {
    const iis = head(['HTTP_X_ORIGINAL_URL', '/admin'], ['SERVER_SOFTWARE', 'Microsoft-IIS/10.0']);
    expect(iis.url).toBe('/');
  });
});

describe('CONTENT_LENGTH', () => {
  test.each([
    ['0', 0],
    ['17', 17],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('%j is %d, and a header', (value, length) => {
    const { contentLength, rawHeaders } = head(['CONTENT_LENGTH', value]);
    expect(contentLength).toBe(length);
    expect(rawHeaders).toEqual(['content-length', value]);
  });

  test('is not known, and no header, if it is empty, absent, or -1 as Caddy 2.6 says', () => {
    const heads = [head(['CONTENT_LENGTH', '']), head(), head(['CONTENT_LENGTH', '-1'])];
    for (const { contentLength, rawHeaders } of heads) {
      expect(contentLength).toBeUndefined();
      expect(rawHeaders).toEqual([]);
    }
  });

  test.each([
    '-2',
    '-0',
    '-10',
    '-01',
    ' -1',
    '-1.0',
    '-',
    '+1',
    ' 1',
    '1 ',
    '1.0',
    '1e3',
    '0x10',
    '1,1',
    '1, 1',
    'abc',
    '\u0663',
    '9007199254740992',
    '18446744073709551616',
    '9'.repeat(400),
    'NaN',
    'Infinity',
    '1\r\nX: y',
  ])('is no number: %j: ERR_FCGI_META_VARIABLE', (value) => {
    const error = errorOf(() => head(['CONTENT_LENGTH', value]));
    expect(error).toBeInstanceOf(FcgiError);
    expect(error).toMatchObject({ code: 'ERR_FCGI_META_VARIABLE' });
  });

  test('is not taken from HTTP_CONTENT_LENGTH', () => {
    const { contentLength, rawHeaders } = head(['HTTP_CONTENT_LENGTH', '5']);
    expect(contentLength).toBeUndefined();
    expect(rawHeaders).toEqual([]);
  });

  test('that came twice is told to the application as it is told to the server, or refused', () => {
    for (const [first, second] of [
      ['5', '7'],
      ['5', ''],
      ['', '5'],
      ['5', '-1'],
      ['-1', '5'],
      ['5', '5'],
    ] as const) {
      const variables: Variables = [
        ['CONTENT_LENGTH', first],
        ['CONTENT_LENGTH', second],
      ];
      let length: number | undefined;
      try {
        length = head(...variables).contentLength;
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_FCGI_META_VARIABLE' });
        continue;
      }
      const told = length === undefined ? undefined : String(length);
      expect([first, second, header('content-length', ...variables)]).toEqual([
        first,
        second,
        told,
      ]);
    }
  });
});

describe('CONTENT_TYPE', () => {
  test('is no header if it is empty', () => {
    expect(head(['CONTENT_TYPE', '']).rawHeaders).toEqual([]);
  });

  test('goes before HTTP_CONTENT_TYPE, wherever that stands', () => {
    const own = ['CONTENT_TYPE', 'text/plain'] as const;
    const other = ['HTTP_CONTENT_TYPE', 'text/html'] as const;
    expect(head(own, other).rawHeaders).toEqual(['content-type', 'text/plain']);
    expect(head(other, own).rawHeaders).toEqual(['content-type', 'text/plain']);
  });

  test('is taken from HTTP_CONTENT_TYPE if it did not come', () => {
    const other = ['HTTP_CONTENT_TYPE', 'text/html'] as const;
    expect(head(other).rawHeaders).toEqual(['content-type', 'text/html']);
    expect(head(['CONTENT_TYPE', ''], other, ['HTTP_A', '1']).rawHeaders).toEqual([
      ...['a', '1'],
      ...['content-type', 'text/html'],
    ]);
    expect(head(['HTTP_CONTENT_TYPE', '']).rawHeaders).toEqual([]);
  });
});

describe('Authorization', () => {
  test.each([
    'REDIRECT_HTTP_AUTHORIZATION',
    'REDIRECT_REDIRECT_HTTP_AUTHORIZATION',
    'REDIRECT_REDIRECT_REDIRECT_HTTP_AUTHORIZATION',
  ])('is recovered from %s', (variable) => {
    expect(header('authorization', [variable, 'Basic abc'])).toBe('Basic abc');
  });

  test.each([
    'X_REDIRECT_HTTP_AUTHORIZATION',
    'REDIRECT_AUTHORIZATION',
    'REDIRECT_HTTP_AUTHORIZATION_X',
    'REDIRECT_XHTTP_AUTHORIZATION',
    'redirect_HTTP_AUTHORIZATION',
    'HTTP_REDIRECT_HTTP_AUTHORIZATION',
  ])('is not recovered from %s', (variable) => {
    expect(header('authorization', [variable, 'Basic abc'])).toBeUndefined();
  });

  test('that came itself goes before', () => {
    const own = ['HTTP_AUTHORIZATION', 'Basic own'] as const;
    const redirected = ['REDIRECT_HTTP_AUTHORIZATION', 'Basic old'] as const;
    expect(head(own, redirected).rawHeaders).toEqual(['authorization', 'Basic own']);
    expect(head(redirected, own).rawHeaders).toEqual(['authorization', 'Basic own']);
  });

  test('that came empty does not hide the one that was renamed', () => {
    const empty = ['HTTP_AUTHORIZATION', ''] as const;
    const redirected = ['REDIRECT_HTTP_AUTHORIZATION', 'Basic old'] as const;
    expect(header('authorization', empty, redirected)).toBe('Basic old');
    expect(header('authorization', redirected, empty)).toBe('Basic old');
  });

  test('is no header if what was renamed is empty', () => {
    expect(head(['REDIRECT_HTTP_AUTHORIZATION', '']).rawHeaders).toEqual([]);
  });

  test('stays what it is if it comes again and is empty', () => {
    const variables = [
      ['HTTP_AUTHORIZATION', 'Basic new'],
      ['HTTP_AUTHORIZATION', ''],
      ['REDIRECT_HTTP_AUTHORIZATION', 'Basic old'],
    ] as const;
    expect(head(...variables).rawHeaders).toEqual(['authorization', 'Basic new']);
  });
});

describe('ERR_FCGI_HEADER_COLLISION', () => {
  test.each([
    ['HTTP_X_REAL_IP', 'HTTP_X-REAL-IP'],
    ['HTTP_X_REAL_IP', 'HTTP_x_real_ip'],
    ['HTTP_X_REAL_IP', 'HTTP_X_Real_IP'],
    ['HTTP_X-REAL_IP', 'HTTP_X_REAL-IP'],
    ['HTTP_CONTENT_TYPE', 'HTTP_CONTENT-TYPE'],
    ['HTTP_TRANSFER_ENCODING', 'HTTP_transfer_encoding'],
    ['HTTP_X_\xc0', 'HTTP_X_\xe0'],
  ])('is thrown for %j with %j, in either order', (one, other) => {
    for (const [first, second] of [
      [one, other],
      [other, one],
    ] as const) {
      const error = errorOf(() => head([first, '1'], ['HTTP_A', ''], [second, '1']));
      expect(error).toBeInstanceOf(FcgiError);
      expect(error).toMatchObject({ code: 'ERR_FCGI_HEADER_COLLISION' });
      expect((error as Error).message).toContain(`${JSON.stringify(first)} and`);
    }
  });

  test('is thrown for names that are longer, and more, than those that are remembered', () => {
    const long = 'X'.repeat(200);
    expect(errorOf(() => head([`HTTP_${long}_A`, '1'], [`HTTP_${long}-A`, '2']))).toMatchObject({
      code: 'ERR_FCGI_HEADER_COLLISION',
    });
    const many: Variables = Array.from({ length: 2000 }, (_, i) => [`HTTP_MANY_${i}`, '']);
    expect(head(...many).rawHeaders).toHaveLength(4000);
    expect(errorOf(() => head(...many, ['HTTP_MANY-1999', '']))).toMatchObject({
      code: 'ERR_FCGI_HEADER_COLLISION',
    });
  });

  test('is not thrown for one variable that came twice, nor for a lone one of odd spelling', () => {
    const odd: Variables = [
      ['HTTP_X-REAL-IP', '1'],
      ['HTTP_x_y', '2'],
      ['HTTP_X-REAL-IP', '3'],
      ['HTTP_COOKIE', 'a'],
      ['HTTP_COOKIE', 'b'],
    ];
    expect(head(...odd).rawHeaders).toEqual([
      ...['x-real-ip', '1'],
      ...['x-y', '2'],
      ...['x-real-ip', '3'],
      ...['cookie', 'a'],
      ...['cookie', 'b'],
    ]);
  });

  test('is not thrown for variables that are no headers', () => {
    expect(head(['X_Y', '1'], ['X-Y', '2'], ['x_y', '3'], ['HTTP_x', '4']).rawHeaders).toEqual([
      'x',
      '4',
    ]);
  });
});
