import type { IncomingMessage, ServerResponse } from 'node:http';
import cookieSession from 'cookie-session';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import multer from 'multer';
import { app, type ExpressCase, get, post, route } from './express.ts';

const report: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.headersSent) return next(error);
  res.status(error.status ?? 500).json([error.type, error.status, error.message]);
};

const sendBody: RequestHandler = (req, res) => {
  const body = req.body as unknown;
  res.json([typeof body, Buffer.isBuffer(body) ? body.toString('hex') : (body ?? null)]);
};

const multipart = [
  '--b',
  'Content-Disposition: form-data; name="field"',
  '',
  'value',
  '--b',
  'Content-Disposition: form-data; name="file"; filename="a.txt"',
  'Content-Type: text/plain',
  '',
  'file body',
  '--b--',
  '',
].join('\r\n');

/** As the packages on-headers and compression do. */
const patchResponse: RequestHandler = (_req, res, next) => {
  const raw = res as unknown as ServerResponse & {
    _header: string | null;
    _implicitHeader(): void;
  };
  const { writeHead, write, end } = raw;
  raw.writeHead = function (this: ServerResponse, ...args: unknown[]) {
    this.setHeader('X-Patched', 'yes');
    this.removeHeader('Content-Length');
    return Reflect.apply(writeHead, this, args);
  } as never;
  const upper = (chunk: unknown) => (chunk ? Buffer.from(String(chunk).toUpperCase()) : chunk);
  raw.write = function (this: ServerResponse, chunk: unknown, ...args: unknown[]) {
    if (!raw._header) raw._implicitHeader();
    return Reflect.apply(write, this, [upper(chunk), ...args]);
  } as never;
  raw.end = function (this: ServerResponse, chunk: unknown, ...args: unknown[]) {
    if (!raw._header) raw._implicitHeader();
    return Reflect.apply(end, this, [upper(chunk), ...args]);
  } as never;
  next();
};

/** What reaches handlers of Express, and how it gets there. */
export const requests: readonly ExpressCase[] = [
  app(
    'express.json() reads bodies and refuses bad ones',
    (app, _note, express) => {
      app.use(express.json({ limit: 100 }), sendBody, report);
    },
    post('application/json', '{"a":"č"}'),
    post('application/json', '{"a":'),
    post('application/json', ''),
    post('application/json', JSON.stringify('x'.repeat(200))),
    post('application/json; charset=nonsense', '{}'),
    post('text/plain', 'not json'),
    { ...post('application/json', ['{"a"', ':1}']), streams: true },
  ),
  app(
    'express.json() leaves its default answers',
    (app, _note, express) => {
      app.use(express.json({ limit: 10 }), (_req, _res, next) => next());
      app.use(((error, _req, _res, next) =>
        next(Object.assign(error, { stack: 'stack' }))) as ErrorRequestHandler);
    },
    post('application/json', '{"a":'),
    post('application/json', '"x, and too long"'),
  ),
  app(
    'express.urlencoded() reads forms',
    (app, _note, express) => {
      app.use(express.urlencoded({ extended: true }), sendBody);
    },
    post('application/x-www-form-urlencoded', 'a=1&b[c]=%C4%8D&d='),
    post('application/x-www-form-urlencoded', ''),
  ),
  app(
    'express.text() and express.raw() read bodies',
    (app, _note, express) => {
      app.use(express.text(), express.raw({ type: 'image/*' }), sendBody);
    },
    post('text/plain; charset=iso-8859-1', Buffer.from([0xe9])),
    post('image/png', Buffer.from([0, 1, 255])),
  ),
  {
    ...app(
      'multer reads uploads',
      (app) => {
        app.post('/', multer().any(), (req, res) => {
          const files = (req as unknown as { files: { originalname: string; buffer: Buffer }[] })
            .files;
          res.json([
            req.body,
            files.map(({ originalname, buffer }) => [originalname, buffer.toString()]),
          ]);
        });
        app.use(report);
      },
      post('multipart/form-data; boundary=b', multipart),
      post('multipart/form-data; boundary=b', 'broken'),
    ),
    apart: true,
  },
  app(
    'a cookie session is kept in cookies',
    (app) => {
      app.use(cookieSession({ name: 's', keys: ['k'] }));
      app.use((req, res) => {
        const { session } = req as unknown as { session: Record<string, unknown> };
        session.views = Number(session.views ?? 0) + 1;
        res.json(session);
      });
    },
    get('/'),
    get('/', ['Cookie', 's=eyJ2aWV3cyI6MX0=; s.sig=bad']),
  ),
  app(
    'routers, parameters and mounted applications see their part of the URL',
    (app, note, express) => {
      const router = express.Router();
      router.param('id', (req, _res, next, id) => {
        note('param', [id, req.baseUrl]);
        next();
      });
      router.get('/post/:id', (req, res) => {
        res.json([req.params, req.query, req.url, req.originalUrl, req.baseUrl, req.path]);
      });
      const inner = express();
      inner.use((_req, res, next) => {
        res.set('X-Inner', '1');
        next();
      });
      inner.get('/here', (req, res) =>
        res.json([req.url, req.baseUrl, inner.mountpath, req.app === inner]),
      );
      app.use('/sub', inner);
      app.use('/blog', router);
      app.use((req, res) => {
        note('outer', [req.app === app, req.url, res.locals]);
        res.status(404).send('outer');
      });
    },
    get('/blog/post/7%2F8?a=1'),
    get('/sub/here?x'),
    get('/sub/elsewhere'),
    get('/blog'),
  ),
  app(
    'Express answers 404 and 500 by itself',
    (app) => {
      app.get('/throws', () => {
        throw Object.assign(new Error('x'), { stack: 'the stack <b>' });
      });
      app.get('/status', (_req, _res, next) =>
        next(Object.assign(new Error('x'), { status: 403, stack: 's', headers: { 'X-E': '1' } })),
      );
      app.get('/late', (_req, res, next) => {
        res.write('half', () => next(new Error('late')));
      });
      app.get('/decode/:x', (_req, res) => void res.end());
    },
    get('/missing'),
    get('/throws'),
    get('/status'),
    { method: 'HEAD', target: '/missing' },
    get('/late'),
    { ...post('text/plain', 'unread'), target: '/missing' },
  ),
  app(
    'error handlers get what is thrown, rejected or passed on',
    (app) => {
      app.get('/throws', () => {
        throw new Error('thrown');
      });
      app.get('/rejects', async (_req, _res, next) => {
        await null;
        next(new Error('rejected'));
      });
      app.use(report);
    },
    get('/throws'),
    get('/rejects'),
  ),
  app(
    'OPTIONS and methods of a route are answered',
    (app) => {
      app
        .route('/')
        .get((_req, res) => void res.send('got'))
        .put((_req, res) => void res.send('put'));
    },
    { method: 'OPTIONS' },
    { method: 'PUT', body: 'x' },
    { method: 'DELETE' },
    { method: 'HEAD' },
  ),
  app(
    'req knows the client and what it accepts',
    (app, note) => {
      app.use((req, res) => {
        note('client', [
          req.ip,
          req.ips,
          req.hostname,
          req.host,
          req.protocol,
          req.secure,
          req.subdomains,
        ]);
        note('wants', [
          req.xhr,
          req.fresh,
          req.stale,
          req.accepts('json', 'html'),
          req.acceptsEncodings('gzip'),
        ]);
        note('range', req.range(100) ?? 'none');
        note('is', [req.is('json'), req.get('Referrer') ?? null, req.header('x-a') ?? null]);
        note('url', [req.path, req.query, req.originalUrl]);
        res.locals.seen = true;
        res.json(res.locals);
      });
    },
    get(
      '/a?b=c',
      ['Accept', 'text/html'],
      ['X-Requested-With', 'XMLHttpRequest'],
      ['Range', 'bytes=0-9'],
    ),
    {
      host: 'a.b.example.test:8080',
      headers: [
        ['X-Forwarded-For', '6.6.6.6'],
        ['X-Forwarded-Proto', 'https'],
        ['Referer', '/from'],
      ],
    },
    post('application/json', '{}'),
  ),
  app(
    'trust proxy believes the headers',
    (app, note) => {
      app.set('trust proxy', true);
      app.use((req, res) => {
        note('client', [req.ip, req.ips, req.hostname, req.protocol, req.secure]);
        res.end();
      });
    },
    get(
      '/',
      ['X-Forwarded-For', '1.1.1.1, 2.2.2.2'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', 'front.test'],
    ),
  ),
  app(
    'middleware that patches write, end and writeHead is obeyed',
    (app) => {
      app.use(patchResponse);
      app.get('/send', (_req, res) => void res.send('sent'));
      app.get('/write', (_req, res) => {
        res.write('one ');
        res.end('two');
      });
      app.get('/json', (_req, res) => void res.json({ a: 1 }));
      app.get('/empty', (_req, res) => void res.end());
    },
    get('/send'),
    get('/write'),
    get('/json'),
    get('/empty'),
    { method: 'HEAD', target: '/send' },
  ),
  route('res and req are of http', (req, res) => {
    const kinds = [req, res].map((object) => Object.prototype.toString.call(object));
    res.json([kinds, Boolean((req as IncomingMessage).socket), res.req === req, req.res === res]);
  }),
];
