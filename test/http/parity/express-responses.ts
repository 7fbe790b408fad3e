import { Readable } from 'node:stream';
import { app, type ExpressCase, get, route } from './express.ts';

const FILES = `${__dirname}/files`;

/** What the methods of `res` send. */
export const responses: readonly ExpressCase[] = [
  route('res.json() sends JSON', (_req, res) => void res.json({ a: ['č', 1, null] })),
  route('res.jsonp() sends a call', (_req, res) => void res.jsonp({ a: 1 }), get('/?callback=cb')),
  route('res.send() sends a string as HTML', (_req, res) => void res.send('<p>čaj</p>')),
  route('res.send() sends a Buffer', (_req, res) => void res.send(Buffer.from([0, 255]))),
  route('res.send() sends an object as JSON', (_req, res) => void res.send({ a: 1 })),
  route('res.send() sends nothing', (_req, res) => void res.send()),
  route('res.send() answers HEAD', (_req, res) => void res.send('hello'), { method: 'HEAD' }),
  ...[204, 205, 304, 404, 503].map((status) =>
    route(`res.sendStatus(${status}) sends the reason`, (_req, res) => void res.sendStatus(status)),
  ),
  route(
    'res.status().send() with 204 has no body',
    (_req, res) => void res.status(204).send('gone'),
  ),
  app(
    'ETag answers a conditional GET with 304',
    (app) => {
      app.get('/', (_req, res) => void res.send('cached'));
    },
    get('/'),
    get('/', ['If-None-Match', 'W/"6-Qz5XrUmHmZUEhtg5bR5XZoEOV1E"']),
    get('/', ['If-None-Match', '*']),
  ),
  app(
    'strong ETags are made and matched',
    (app) => {
      app.set('etag', 'strong');
      app.get('/', (_req, res) => void res.send('cached'));
    },
    get('/'),
    get('/', ['If-None-Match', '*']),
  ),
  route(
    'res.redirect() sends a Location',
    (_req, res) => void res.redirect('/to there'),
    get('/', ['Accept', 'text/html']),
  ),
  route(
    'res.redirect() takes a status',
    (_req, res) => void res.redirect(301, 'https://other.test/'),
  ),
  route('res.cookie() twice sends two lines', (_req, res) => {
    res.cookie('a', '1', { httpOnly: true, sameSite: 'lax' });
    res.cookie('b', { json: true }, { path: '/x' }).clearCookie('c').end();
  }),
  route(
    'res.format() chooses',
    (_req, res) => {
      res.format({
        text: () => res.send('text'),
        html: () => res.send('<p>'),
        json: () => res.send({ a: 1 }),
        default: () => res.status(406).send('none'),
      });
    },
    get('/', ['Accept', 'application/json']),
    get('/', ['Accept', 'text/html']),
    get('/', ['Accept', 'image/png']),
  ),
  route(
    'res.set(), append(), vary(), links(), type() and attachment() set headers',
    (_req, res) => {
      res
        .set({ 'X-A': '1', 'X-B': ['2', '3'] } as never)
        .append('X-A', '4')
        .vary('Accept')
        .vary('Cookie');
      res.links({ next: '/2' }).type('png').attachment('č.png').location('/č').send('x');
    },
  ),
  app(
    'res.sendFile() answers ranges and conditions',
    (app) => {
      app.get('/', (_req, res) => res.sendFile(`${FILES}/page.txt`, { lastModified: false }));
    },
    get('/'),
    { method: 'HEAD' },
    ...['bytes=0-4', 'bytes=-5', 'bytes=5-', 'bytes=900-', 'bytes=0-1,3-4', 'lines=1'].map(
      (range) => get('/', ['Range', range]),
    ),
    get('/', ['If-None-Match', '*']),
    get('/', ['If-Match', '"other"']),
  ),
  app('res.sendFile() reports what is missing', (app) => {
    app.get('/', (_req, res, next) =>
      res.sendFile('/missing', { root: FILES }, (error) =>
        error ? next(Object.assign(error, { stack: 'stack' })) : undefined,
      ),
    );
  }),
  app('res.download() names the file', (app, note) => {
    app.get('/', (_req, res) =>
      res.download(`${FILES}/page.txt`, 'name.txt', { lastModified: false }, (error) =>
        note('done', error ?? 'ok'),
      ),
    );
  }),
  app(
    'express.static serves files, folders and what is missing',
    (app, _note, express) => {
      app.use('/files', express.static(FILES, { lastModified: false }));
    },
    get('/files/page.txt'),
    get('/files'),
    get('/files/'),
    get('/files/missing'),
    get('/files/..%2f..'),
    { method: 'HEAD', target: '/files/page.txt' },
    { method: 'POST', target: '/files/page.txt', body: 'x' },
  ),
  route('a stream is piped', (_req, res) => void Readable.from(['a', 'b']).pipe(res.type('text'))),
  route('a stream is written', (_req, res) => {
    res.write('a', () => res.end('b'));
  }),
];
