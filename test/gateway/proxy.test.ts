import { once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import connect from 'connect';
import express, { type ErrorRequestHandler } from 'express';
import express4 from 'express4';
import { createGateway } from '../../src/gateway/index.ts';
import { type ProxyMiddleware, type ProxyOptions, proxy } from '../../src/gateway/proxy.ts';
import { createServer } from '../../src/server/index.ts';
import { within } from '../support/deadline.ts';
import { answer, type FakePeer, faking } from '../support/fake-application.ts';
import { fetchHead, listening } from '../support/http-client.ts';
import { record, STDOUT } from '../support/wire.ts';
import { inFolder } from './site.ts';

const files = {
  'index.php': '',
  'post.php': '',
  'style.css': 'a {}',
  'admin/index.php': '',
};

interface Mounted {
  readonly root: string;
  readonly asked: Record<string, string>[];
  readonly blog: ProxyMiddleware;
}

const tell = (peer: FakePeer) =>
  void peer.send(answer(`X: 1\n\n${peer.params.SCRIPT_NAME}|${peer.params.PATH_INFO}`));

/** Runs a proxy in front of an application that tells its script. */
function withProxy<Result>(
  options: ProxyOptions,
  use: (mounted: Mounted) => Promise<Result>,
  onRequest: (peer: FakePeer) => void = tell,
): Promise<Result> {
  const asked: Record<string, string>[] = [];
  const note = (peer: FakePeer) => {
    asked.push(peer.params);
    onRequest(peer);
  };
  return inFolder(files, (root) =>
    faking(note, async ({ path }) => {
      await using blog = proxy(path, { root, ...options });
      return use({ root, asked, blog });
    }),
  );
}

async function get(app: RequestListener, path: string, options = {}, body?: string) {
  return listening(http.createServer(app), async (server) => {
    const res = await fetchHead(server, { path, ...options }, body);
    return { status: res.statusCode, headers: res.headers, body: await text(res) };
  });
}

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

  test.each(['/other', '/blogs/index.php', '/blog'])('to %s are the client’s', (location) =>
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

describe('a failure', () => {
  const handler: ErrorRequestHandler = (error, _req, res, _next) => {
    res.status(error.status).send(`${error.code} ${error instanceof Error}`);
  };
  const app = (blog: ProxyMiddleware) =>
    express().use('/blog', blog).use(handler) as RequestListener;

  test.each<[number, string, (peer: FakePeer) => void, ProxyOptions, string]>([
    [502, 'ERR_FCGI_RESPONSE_HEAD', (peer) => void peer.send(answer('bad\n\n')), {}, ''],
    [504, 'ERR_FCGI_RESPONSE_TIMEOUT', () => {}, { timeout: 500 }, ''],
    [413, 'ERR_FCGI_BODY_SIZE', tell, { maxBodySize: 3 }, 'long'],
  ])('is next’s, with the status %d and %s', (status, code, onRequest, options, body) =>
    withProxy(
      options,
      async ({ blog }) => {
        const answered = await get(app(blog), '/blog/post.php', { method: 'POST' }, body);
        expect(answered).toMatchObject({ status, body: `${code} true` });
      },
      onRequest,
    ),
  );

  test('of what params throw is next’s, with the status 500', () => {
    const params = () => {
      throw 'a word';
    };
    return withProxy({ params }, async ({ blog }) => {
      expect(await get(app(blog), '/blog/post.php')).toMatchObject({
        status: 500,
        body: 'undefined true',
      });
    });
  });

  test('is answered where there is no next', () =>
    withProxy(
      {},
      async ({ blog }) => {
        const { status, body } = await get(blog, '/post.php');
        expect([status, body]).toEqual([502, expect.stringContaining('ERR_FCGI_RESPONSE_HEAD')]);
      },
      (peer) => void peer.send(answer('bad\n\n')),
    ));

  test.each<[string, (blog: ProxyMiddleware, seen: unknown[]) => RequestListener]>([
    ['and next', (blog, seen) => (req, res) => blog(req, res, (error) => seen.push(error))],
    ['and no next', (blog) => blog],
  ])('within a body cuts the response off, with a head that left %s', (_, listener) => {
    const seen: unknown[] = [];
    return withProxy(
      {},
      ({ blog }) =>
        listening(http.createServer(listener(blog, seen)), async (server) => {
          const res = await fetchHead(server, { path: '/post.php' });
          const failed = expect(within('the body', text(res))).rejects;
          await failed.toMatchObject({ code: 'ECONNRESET' });
          if (listener.length > 1) {
            expect(seen).toMatchObject([{ code: 'ERR_FCGI_CONNECTION_CLOSED', status: 502 }]);
          }
        }),
      (peer) => void peer.send(record(STDOUT, 1, 'X: 1\n\npart')).socket.end(),
    );
  });

  test('is a body that was parsed before the proxy', () =>
    withProxy({}, async ({ blog, asked }) => {
      const parsing = express().use(express.json(), blog).use(handler) as RequestListener;
      const headers = { 'Content-Type': 'application/json' };
      const answered = await get(parsing, '/post.php', { method: 'POST', headers }, '{"a":1}');
      expect(answered).toMatchObject({ status: 500, body: 'ERR_FCGI_BODY_CONSUMED true' });
      expect(asked).toEqual([]);
    }));

  test('of the next middleware is not the proxy’s', () =>
    withProxy({}, async ({ blog }) => {
      const failing = express().use(blog, () => {
        throw Object.assign(new Error('its own'), { status: 418, code: 'OWN' });
      });
      const answered = await get(failing.use(handler) as RequestListener, '/none');
      expect(answered).toMatchObject({ status: 418, body: 'OWN true' });
    }));

  test('is not that the client went away', () =>
    withProxy(
      {},
      async ({ blog }) => {
        const calls: unknown[] = [];
        const gone = new Promise<void>((resolve) => {
          const server = http.createServer((req, res) => {
            res.on('close', resolve);
            blog(req, res, (error) => calls.push(error));
          });
          void listening(server, async () => {
            const res = await fetchHead(server, { path: '/post.php' });
            res.destroy();
            await within('the disconnect', gone);
          });
        });
        await within('the disconnect', gone);
        await blog.close();
        expect(calls).toEqual([]);
      },
      (peer) => void peer.send(record(STDOUT, 1, 'X: 1\n\npart')),
    ));
});

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
