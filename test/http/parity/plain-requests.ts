import type { WireRequest } from './message.ts';
import { type Handler, plain } from './plain.ts';
import type { Case } from './table.ts';

function take(
  title: string,
  requests: readonly WireRequest[],
  handle: Handler,
  differs: Case['differs'] = [],
  apart = false,
): Case {
  return plain(title, handle, { requests, differs, apart });
}

const ok: Handler = (_req, res) => res.end('ok');

const echo: Handler = (req, res) => req.pipe(res);

const collect: Handler = (req, res, note) => {
  const pieces: Buffer[] = [];
  req.on('data', (piece) => pieces.push(piece));
  req.on('end', () => {
    note('body', Buffer.concat(pieces));
    note('complete', req.complete);
    res.end();
  });
};

const iterate: Handler = async (req, res, note) => {
  let body = '';
  for await (const piece of req) body += piece;
  note('body', body);
  note('state', [req.complete, req.readableEnded, req.destroyed]);
  res.end(body);
};

const headers = (...entries: [string, string][]): WireRequest => ({ headers: entries });
const post = (body: WireRequest['body'], ...entries: [string, string][]): WireRequest => ({
  method: 'POST',
  headers: entries,
  ...(body !== undefined && { body }),
});

const BODIES: Record<string, Handler> = {
  "'data' events": collect,
  'for await': iterate,
  'pipe()': echo,
  readable: (req, res) => {
    const pieces: Buffer[] = [];
    req.on('readable', () => {
      for (let piece = req.read(); piece !== null; piece = req.read()) pieces.push(piece);
    });
    req.on('end', () => res.end(Buffer.concat(pieces)));
  },
  'setEncoding()': (req, res, note) => {
    req.setEncoding('utf8');
    const types = new Set<string>();
    let body = '';
    req.on('data', (text) => {
      types.add(typeof text);
      body += text;
    });
    req.on('end', () => {
      note('types', [...types]);
      res.end(body);
    });
  },
};

/** What reaches the handler of a request. */
export const requests: readonly Case[] = [
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'REPORT'].map(
    (method) => take(`method ${method} arrives`, [{ method, target: '/a' }], ok),
  ),
  ...[
    '/plain',
    '/a?b=c&d=%20e',
    '/?',
    '/enc%6Fded/%C4%8Daj/a%2Fb',
    '//double//slash',
    '/../dots/./here',
    '/semi;colon=1,2?x[]=1',
    `/long?${'q'.repeat(2000)}`,
  ].map((target) => take(`the target ${target.slice(0, 40)} arrives as it is`, [{ target }], ok)),
  take('OPTIONS * arrives', [{ method: 'OPTIONS', target: '*' }], ok),
  take(
    'an absolute-form target is reduced to its path',
    [{ target: 'http://example.test/path?query' }],
    ok,
    ['request-absolute-form'],
  ),
  take('HTTP/1.0 is answered', [{ version: '1.0' }, { version: '1.0' }], (_req, res) => {
    res.write('no length');
    res.end();
  }),
  take(
    'header names arrive in lower case',
    [headers(['X-CamelCase', 'Value'], ['ACCEPT', '*/*'])],
    ok,
  ),
  take(
    'duplicate headers are joined',
    [headers(['X-A', '1'], ['x-b', '2'], ['X-A', '3'], ['Cookie', 'a=1'], ['Cookie', 'b=2'])],
    ok,
    ['request-duplicate-headers'],
  ),
  take(
    'names with underscores are left out',
    [headers(['X_Real_IP', '6.6.6.6'], ['X-Real-IP', '1.1.1.1'], ['__proto__', 'x'])],
    ok,
    ['request-header-underscores'],
  ),
  take('cookies arrive', [headers(['Cookie', 'a=1; b="two"; c=%20'])], ok),
  take(
    'names of Object.prototype are headers like any other',
    [headers(['--Proto--', 'a'], ['Constructor', 'b'], ['HasOwnProperty', 'c'], ['ToString', 'd'])],
    ok,
  ),
  take('an empty value arrives', [headers(['X-Empty', ''], ['X-Next', 'x'])], ok),
  take('latin1 bytes arrive in values', [headers(['X-Latin', 'caf\u00e9 \u00ff'])], ok),
  take('a value of 7 KiB arrives', [headers(['X-Long', 'v'.repeat(7 * 1024)])], ok),
  take(
    'a hundred headers arrive',
    [headers(...Array.from({ length: 100 }, (_, i): [string, string] => [`X-${i}`, `${i}`]))],
    ok,
  ),
  take(
    'Authorization, Proxy and Range arrive',
    [headers(['Authorization', 'Basic eDp5'], ['Proxy', 'http://evil'], ['Range', 'bytes=0-1'])],
    ok,
  ),
  take(
    'Upgrade without a listener for it is ignored',
    [headers(['Upgrade', 'h2c'], ['Connection', 'Upgrade'])],
    ok,
  ),
  take('several requests come over one connection', [{}, post('x'), { method: 'HEAD' }, {}], echo),
  ...Object.entries(BODIES).flatMap(([way, handle]) => [
    take(`a body with a length is read with ${way}`, [post('some \u010daj')], handle),
    take(
      `a chunked body that the web server buffered is read with ${way}`,
      [post(['one', ' two', ' three'])],
      handle,
      ['request-chunked'],
    ),
    take(
      `a chunked body that streams is read with ${way}`,
      [{ ...post(['one', ' two', ' three']), streams: true }],
      handle,
    ),
    take(`an empty body is read with ${way}`, [post('')], handle),
    take(`no body is read with ${way}`, [post(undefined), {}], handle),
  ]),
  take(
    'a body of one megabyte is read',
    [post(Buffer.alloc(1024 * 1024, 'body'))],
    (req, res, note) => {
      let length = 0;
      req.on('data', (piece) => {
        length += piece.length;
      });
      req.on('end', () => {
        note('length', length);
        res.end();
      });
    },
  ),
  take(
    'urlencoded forms arrive',
    [post('a=1&b=%20', ['Content-Type', 'application/x-www-form-urlencoded'])],
    collect,
  ),
  take('a GET with a body has it', [{ body: 'odd' }], collect),
  take(
    'trailers of a request are left out',
    [{ ...post(['x']), streams: true, trailers: [['X-Sum', '1']] }],
    collect,
    ['request-trailers'],
  ),
  take('an unread body is thrown away', [post('unread'), post('unread'), {}], ok),
  take('an unread chunked body is thrown away', [{ ...post(['a', 'b']), streams: true }, {}], ok),
  take('a body that is resumed and not listened to ends', [post('body')], (req, res) => {
    req.resume();
    req.on('end', () => res.end('done'));
  }),
  take(
    'a body that comes late is read',
    [{ ...post('late'), bodyAfter: 'ready' }],
    (req, res, note) => {
      req.pipe(res);
      note('ready');
    },
  ),
  take(
    "a body is read with 'data' events after the response",
    [post('here')],
    (req, res, note) => {
      req.on('data', (piece) => note('piece', piece));
      req.on('end', () => note('end', req.complete));
      res.end('early');
    },
    [],
    true,
  ),
  take(
    'a body is read with for await after the response',
    [post('here')],
    async (req, res, note) => {
      res.end('early');
      for await (const piece of req) note('piece', piece);
      note('end', req.complete);
    },
    [],
    true,
  ),
  take(
    'a body is read a turn after the response began',
    [post('here')],
    (req, res, note) => {
      res.write('early');
      req.on('data', (piece) => note('piece', piece));
      req.pause();
      res.end();
      res.on('finish', () => req.resume());
    },
    [],
    true,
  ),
  take('a body is paused and resumed', [post('pause me')], (req, res, note) => {
    req.on('data', (piece) => {
      note('data', piece);
      req.pause();
      note('paused', req.isPaused());
      setImmediate(() => req.resume());
    });
    req.on('end', () => res.end());
  }),
  take(
    'Expect: 100-continue is answered by the web server',
    [{ ...post('body', ['Expect', '100-continue']) }],
    echo,
    ['response-interim'],
  ),
  take('a request without Host is served', [{ host: null }, {}], ok, ['request-host']),
  take('an unknown expectation is not refused', [headers(['Expect', 'magic']), {}], ok, [
    'request-expect',
  ]),
];
