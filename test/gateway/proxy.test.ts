import { once } from 'node:events';
import type http from 'node:http';
import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import connect from 'connect';
import express from 'express';
import express4 from 'express4';
import { createGateway } from '../../src/gateway/index.ts';
import { type ProxyMiddleware, type ProxyOptions, proxy } from '../../src/gateway/proxy.ts';
import { createServer } from '../../src/server/index.ts';
import { within } from '../support/deadline.ts';
import { answer, type FakePeer } from '../support/fake-application.ts';
import { fetchHead, listening } from '../support/http-client.ts';
import { get, tell, withProxy } from './with-proxy.ts';

const frameworks: [string, (blog: ProxyMiddleware) => RequestListener][] = [
  [
    'Express 5',
    (blog) => {
      const app = express().use('/blog', blog);
      return app.use((req, res) => void res.end(`next ${req.url}`)) as RequestListener;
    },
  ],
  [
    'Express 4',
    (blog) =>
      express4()
        .use('/blog', blog as never)
        .use((req: { url: string }, res: http.ServerResponse) => void res.end(`next ${req.url}`)),
  ],
  [
    'a router of Express',
    (blog) => {
      const router = express.Router().use('/blog', blog);
      const app = express().use('/', router);
      return app.use((req, res) => void res.end(`next ${req.url}`)) as RequestListener;
    },
  ],
  [
    'Connect',
    (blog) =>
      connect()
        .use('/blog', blog)
        .use((req, res) => void res.end(`next ${req.url}`)) as RequestListener,
  ],
];

describe.each(frameworks)('under /blog of %s', (_, appWith) => {
  test.each([
    ['/blog/post.php/1?a=b', '/blog/post.php|/1'],
    ['/blog/', '/blog/index.php|'],
    ['/blog/?p=1', '/blog/index.php|'],
    ['/blog//post.php', '/blog/post.php|'],
    ['/blog/admin/', '/blog/admin/index.php|'],
  ])('%s runs %s', (path, expected) =>
    withProxy({}, async ({ blog, asked, root }) => {
      expect((await get(appWith(blog), path)).body).toBe(expected);
      const name = expected.replace(/\|.*/, '');
      expect(asked).toMatchObject([
        {
          REQUEST_URI: path,
          DOCUMENT_ROOT: root,
          SCRIPT_FILENAME: root + name.slice('/blog'.length),
          DOCUMENT_URI: name,
        },
      ]);
    }),
  );

  test.each([
    ['/blog', '/blog/'],
    ['/blog?p=1', '/blog/?p=1'],
    ['/blog/admin', '/blog/admin/'],
  ])('%s is redirected to %s', (path, location) =>
    withProxy({}, async ({ blog, asked }) => {
      const { status, headers } = await get(appWith(blog), path);
      expect([status, headers.location, asked.length]).toEqual([301, location, 0]);
    }),
  );

  test.each([
    '/',
    '/blogs/post.php',
    '/post.php',
    '/blog/none',
    '/blog/none.php',
    '/blog/style.css',
  ])('%s is for the next middleware', (path) =>
    withProxy({}, async ({ blog, asked }) => {
      expect((await get(appWith(blog), path)).body).toBe(`next ${path}`);
      expect(asked).toEqual([]);
    }),
  );

  test('an application without a root gets the prefix as SCRIPT_NAME', () =>
    withProxy({ root: undefined }, async ({ blog, asked }) => {
      for (const path of ['/blog', '/blog/', '/blog/a%20b?c']) {
        expect((await get(appWith(blog), path)).status).toBe(200);
      }
      expect(asked).toMatchObject([
        { SCRIPT_NAME: '/blog', PATH_INFO: '', DOCUMENT_URI: '/blog', REQUEST_URI: '/blog' },
        { SCRIPT_NAME: '/blog', PATH_INFO: '/', DOCUMENT_URI: '/blog/' },
        { SCRIPT_NAME: '/blog', PATH_INFO: '/a b', QUERY_STRING: 'c' },
      ]);
    }));
});

test('is a listener of http by itself, which answers what it has not', () =>
  withProxy({ static: true }, async ({ blog }) => {
    expect((await get(blog, '/post.php/1')).body).toBe('/post.php|/1');
    expect((await get(blog, '/style.css')).headers['content-type']).toContain('text/css');
    expect(await get(blog, '/none')).toMatchObject({ status: 404, body: '404 Not Found\n' });
    expect(await get(blog, '/..')).toMatchObject({ status: 400 });
  }));

test('fallthrough: false answers instead of calling next()', () =>
  withProxy({ fallthrough: false }, async ({ blog }) => {
    const app = express().use('/blog', blog) as RequestListener;
    expect(await get(app, '/blog/none')).toMatchObject({ status: 404, body: '404 Not Found\n' });
    expect(await get(app, '/blog/%00')).toMatchObject({ status: 400 });
  }));

test('a path that no file can have is for the next middleware', () =>
  withProxy({}, async ({ blog, asked }) => {
    const app = express().use(blog);
    app.get('/api/:name', (req, res) => void res.send(req.params.name));
    expect((await get(app, '/api/a%2Fb')).body).toBe('a/b');
    expect(asked).toEqual([]);
  }));

test('a URL that was rewritten before is the one that counts', () =>
  withProxy({}, async ({ blog, asked }) => {
    const app = connect()
      .use((req, _res, next) => {
        req.url = '/post.php/1';
        next();
      })
      .use(blog);
    expect((await get(app as RequestListener, '/old/1')).body).toBe('/post.php|/1');
    expect(asked[0]).toMatchObject({ REQUEST_URI: '/old/1', SCRIPT_NAME: '/post.php' });
  }));

describe('local redirects', () => {
  const redirectTo = (location: string) => (peer: FakePeer) => {
    if (peer.params.SCRIPT_NAME !== '/blog/post.php') tell(peer);
    else peer.send(answer(`Location: ${location}\n\n`));
  };

  test('are followed below the prefix', () =>
    withProxy(
      {},
      async ({ blog, asked }) => {
        const app = express().use('/blog', blog) as RequestListener;
        const { body } = await get(app, '/blog/post.php', { method: 'POST' }, 'a body');
        expect(body).toBe('/blog/index.php|/x');
        expect(asked[1]).toMatchObject({ REQUEST_URI: '/blog/index.php/x', REQUEST_METHOD: 'GET' });
      },
      redirectTo('/blog/index.php/x'),
    ));

  test.each(['/other', '/blogs/index.php', '/shop/index.php', '/blog'])(
    'to %s are the client’s',
    (location) =>
      withProxy(
        {},
        async ({ blog }) => {
          const app = express().use('/blog', blog) as RequestListener;
          const { status, headers } = await get(app, '/blog/post.php');
          expect([status, headers.location]).toEqual([302, location]);
        },
        redirectTo(location),
      ),
  );
});

test('headers that were set before go along, unless the application says otherwise', () =>
  withProxy(
    {},
    async ({ blog }) => {
      const app = express().use((_req, res, next) => {
        res.set({ 'X-Powered-By': 'Express', 'X-Before': '1', Vary: 'Origin' });
        res.append('Set-Cookie', 'before=1');
        next();
      });
      const { headers } = await get(app.use(blog) as RequestListener, '/post.php');
      expect(headers).toMatchObject({
        'x-powered-by': 'PHP',
        'x-before': '1',
        'set-cookie': ['before=1', 'a=1', 'b=2'],
        vary: 'Origin, Cookie',
        'x-twice': '1, 2',
        'content-length': '2',
      });
    },
    (peer) =>
      void peer.send(
        answer(
          'X-Powered-By: PHP\nSet-Cookie: a=1\nSet-Cookie: b=2\nVary: Cookie\nX-Twice: 1\nX-Twice: 2\nContent-Length: 2\ncontent-length: 2\n\nok',
        ),
      ),
  ));

test('middleware that wraps the response sees it', () =>
  withProxy({}, async ({ blog }) => {
    const app = express().use((_req, res, next) => {
      const { writeHead } = res;
      res.writeHead = (...args: unknown[]) => {
        res.setHeader('X-Seen', String(res.getHeader('x')));
        return writeHead.apply(res, args as never);
      };
      next();
    });
    const { headers } = await get(app.use(blog) as RequestListener, '/post.php');
    expect(headers['x-seen']).toBe('1');
  }));

test('in an application that is served over FastCGI itself, hands the outer variables on', () =>
  withProxy({ params: { ADDED: '1' } }, async ({ blog, asked, root }) => {
    const app = express().use((req, _res, next) => {
      delete req.headers['x-secret'];
      next();
    });
    const server = createServer(app.use('/blog', blog));
    const outer = {
      REMOTE_USER: 'anna',
      AUTH_TYPE: 'Basic',
      SSL_CLIENT_S_DN: 'CN=anna',
      SERVER_NAME: 'outer.test',
      SERVER_PROTOCOL: 'HTTP/2.0',
      REMOTE_ADDR: '192.0.2.7',
      HTTPS: 'on',
      REQUEST_SCHEME: 'https',
      SCRIPT_FILENAME: '/outer/script',
      PATH_TRANSLATED: '/outer/x',
      REDIRECT_STATUS: '404',
      REDIRECT_URL: '/outer',
    };
    const gateway = createGateway(server, { params: outer });
    await listening(gateway, async () => {
      const headers = { 'X-Secret': '1', 'X-Open': '1' };
      const options = { path: '/blog/post.php/x?y', method: 'POST', headers };
      const res = await fetchHead(gateway, options, 'a body');
      expect(await text(res)).toBe('/blog/post.php|/x');
    });
    expect(asked[0]).toMatchObject({
      REMOTE_USER: 'anna',
      AUTH_TYPE: 'Basic',
      SSL_CLIENT_S_DN: 'CN=anna',
      SERVER_NAME: 'outer.test',
      SERVER_PROTOCOL: 'HTTP/2.0',
      REMOTE_ADDR: '192.0.2.7',
      HTTPS: 'on',
      REQUEST_SCHEME: 'https',
      SCRIPT_FILENAME: `${root}/post.php`,
      PATH_TRANSLATED: `${root}/x`,
      REDIRECT_STATUS: '200',
      CONTENT_LENGTH: '6',
      REQUEST_METHOD: 'POST',
      QUERY_STRING: 'y',
      HTTP_X_OPEN: '1',
      ADDED: '1',
    });
    expect(asked[0]).not.toHaveProperty('HTTP_X_SECRET');
    expect(asked[0]).not.toHaveProperty('REDIRECT_URL');
  }));

test('close() closes its connections, and a listener that it serves; it can go on after that', async () => {
  const server = createServer((_req, res) => void res.end('hello'));
  const inner = proxy(server);
  try {
    for (let i = 0; i < 2; i++) {
      expect((await get(inner, '/')).body).toBe('hello');
      expect(server.listening).toBe(true);
      const closed = once(server, 'close');
      await inner.close();
      await within('close', closed);
      expect(server.listening).toBe(false);
    }
  } finally {
    await inner.close();
  }
});

test.each<[string, unknown, unknown, string]>([
  ['a target that is none', 'nonsense', {}, 'no address'],
  ['an option that needs a root', '/a.sock', { index: 'index.php' }, 'index'],
  ['static without a root', '/a.sock', { static: true }, 'static'],
  ['a root that is no string', '/a.sock', { root: 1 }, 'root'],
  ['scripts that are no pattern', '/a.sock', { root: '/', scripts: '.php' }, 'scripts'],
  ['an index with a slash', '/a.sock', { root: '/', index: ['a/b'] }, 'index'],
  ['an index that is no name', '/a.sock', { root: '/', index: [1] }, 'index'],
  ['a fallback that is no script', '/a.sock', { root: '/', fallback: '/index.html' }, 'fallback'],
  ['a fallback that is no path', '/a.sock', { root: '/', fallback: 'index.php' }, 'fallback'],
])('refuses %s', (_, target, options, complaint) => {
  expect(() => proxy(target as string, options as ProxyOptions)).toThrow(TypeError);
  expect(() => proxy(target as string, options as ProxyOptions)).toThrow(complaint);
});
