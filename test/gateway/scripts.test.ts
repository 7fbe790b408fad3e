import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayOptions } from '../../src/gateway/index.ts';
import { Deferred } from '../support/deferred.ts';
import { fetchHead, send } from '../support/http-client.ts';
import { withSite } from './site.ts';

const files = {
  'index.php': '',
  'a.php': '',
  'b c.php': '',
  'caf\u00e9.php': '',
  'page.html': '',
  'blog/index.php': '',
  'dir.php/inner.php': '',
  'empty/readme.txt': '',
  'uploads/evil.jpg': '<?php',
  'uploads/evil.php': '<?php',
};

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

test.each([
  ['/a.php', '/a.php', ''],
  ['/a.php?x=/b.php', '/a.php', ''],
  ['/a.php/', '/a.php', '/'],
  ['/a.php/b/c', '/a.php', '/b/c'],
  ['/a.php/b.php', '/a.php', '/b.php'],
  ['/a.php/b%20c%C3%A9', '/a.php', latin1('/b c\u00e9')],
  ['/a.php/.b/E.T.', '/a.php', '/.b/E.T.'],
  ['//a.php//b', '/a.php', '/b'],
  ['/', '/index.php', ''],
  ['/?a', '/index.php', ''],
  ['/blog/', '/blog/index.php', ''],
  ['/b%20c.php', '/b c.php', ''],
  ['/%61.php', '/a.php', ''],
  ['/caf%C3%A9.php', latin1('/caf\u00e9.php'), ''],
  ['/dir.php/inner.php/x', '/dir.php/inner.php', '/x'],
  ['http://example.test/a.php/b', '/a.php', '/b'],
])('runs for %s the script %j with PATH_INFO %j', (path, scriptName, pathInfo) =>
  withSite({ files }, async ({ get, root, asked }) => {
    const { res } = await get(path);
    expect(res.statusCode).toBe(200);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      SCRIPT_NAME: scriptName,
      SCRIPT_FILENAME: root + scriptName,
      DOCUMENT_ROOT: root,
      DOCUMENT_URI: scriptName,
      PATH_INFO: pathInfo,
      REQUEST_URI: path,
    });
    expect(asked[0]?.PATH_TRANSLATED).toBe(pathInfo === '' ? undefined : root + pathInfo);
  }),
);

test.each([
  '/missing.php',
  '/missing.php/a.php',
  '/missing/',
  '/a.phpx',
  '/A.PHP',
  '/empty/',
  '/empty',
  '/page.html',
  '/empty/readme.txt',
  // The attack on cgi.fix_pathinfo: PHP itself would go back to evil.jpg.
  '/uploads/evil.jpg/x.php',
  '/uploads/evil.jpg/.php',
  '/uploads/evil.jpg%20.php',
  '/page.html/a.php',
  '/dir.php',
])('answers 404 to %s without asking the application', (path) =>
  withSite({ files }, async ({ get, asked }) => {
    expect((await get(path)).res.statusCode).toBe(404);
    expect(asked).toEqual([]);
  }),
);

test.each([
  '/a.php%00.jpg',
  '/uploads/evil.jpg%00.php',
  '/a.php/%0a',
  '/a.php/%7f',
  '/empty%2f..%2fa.php',
  '/empty/../a.php',
  '/a.php/../b',
  '/%2e%2e/a.php',
  '/.%2e/a.php',
  '/./a.php',
  '/a.php/..',
  '/empty%5c..%5ca.php',
  '/empty\\a.php',
  '/a.php%',
  '/a.php%zz',
  '/%2fa.php',
  '*',
])('answers 400 to %s without asking the application', (path) =>
  withSite({ files }, async ({ get, asked }) => {
    expect((await get(path)).res.statusCode).toBe(400);
    expect(asked).toEqual([]);
  }),
);

test.each(['/.hidden.php', '/.git/a.php', '/a.php.', '/a.php%20', '/a.php::$DATA', '/b./a.php'])(
  'does not look for %s on the disk',
  (path) =>
    withSite(
      {
        files: { '.hidden.php': '', '.git/a.php': '', 'a.php.': '', 'a.php ': '', 'b./a.php': '' },
        scripts: /./,
      },
      async ({ get, asked }) => {
        expect((await get(path)).res.statusCode).toBe(404);
        expect(asked).toEqual([]);
      },
    ),
);

test.each([
  ['GET', '/blog', 301, '/blog/'],
  ['HEAD', '/blog', 301, '/blog/'],
  ['POST', '/blog', 308, '/blog/'],
  ['GET', '/blog?a=b', 301, '/blog/?a=b'],
  ['GET', '//blog', 301, '/blog/'],
  ['GET', '/%62log', 301, '/%62log/'],
  ['GET', 'http://evil.test//blog', 301, '/blog/'],
])('redirects %s %s with %d to %s', (method, path, status, location) =>
  withSite({ files }, async ({ get, asked }) => {
    const { res } = await get(path, { method });
    expect([res.statusCode, res.headers.location]).toEqual([status, location]);
    expect(asked).toEqual([]);
  }),
);

test('answers 500 without a reason when the disk fails', () =>
  withSite({ root: '/no\0folder' }, async ({ get, gateway, asked }) => {
    const errors: Error[] = [];
    gateway.on('gatewayError', (error) => errors.push(error));
    const { res, body } = await get('/a.php');
    expect([res.statusCode, body]).toEqual([500, '500 Internal Server Error\n']);
    expect([errors.length, asked.length]).toEqual([1, 0]);
  }));

describe('options', () => {
  async function scriptOf(path: string, options: GatewayOptions) {
    return withSite({ files, ...options }, async ({ get, asked }) => {
      const { res } = await get(path);
      return res.statusCode === 200 ? asked[0]?.SCRIPT_NAME : res.statusCode;
    });
  }

  test('scripts keeps uploaded files from being run', async () => {
    const scripts = /^\/(?!uploads\/).*\.php$/;
    expect(await scriptOf('/uploads/evil.php', { scripts: /\.php$/ })).toBe('/uploads/evil.php');
    expect(await scriptOf('/uploads/evil.php', { scripts })).toBe(404);
    expect(await scriptOf('/uploads/evil.php/a.php', { scripts })).toBe(404);
    expect(await scriptOf('//uploads/evil.php', { scripts })).toBe(404);
    expect(await scriptOf('/uploads/%65vil.php', { scripts })).toBe(404);
    expect(await scriptOf('/uploads/evil.php', { scripts, static: true })).toBe(404);
    expect(await scriptOf('/uploads/evil.php', { scripts, fallback: '/index.php' })).toBe(404);
    expect(await scriptOf('/a.php', { scripts })).toBe('/a.php');
  });

  test('scripts is the same for each request, whatever its flags', async () => {
    await withSite({ files, scripts: /\.php$/g }, async ({ get }) => {
      for (let i = 0; i < 3; i++) expect((await get('/a.php')).res.statusCode).toBe(200);
    });
  });

  test('index names what answers for a folder, the first that is there', async () => {
    expect(await scriptOf('/uploads/', { index: ['none.php', 'evil.php'] })).toBe(
      '/uploads/evil.php',
    );
    expect(await scriptOf('/uploads/', { index: 'evil.jpg' })).toBe(404);
    expect(await scriptOf('/', { index: [] })).toBe(404);
  });

  test('fallback runs for what is neither script nor file nor folder', async () => {
    const options = { fallback: '/index.php' };
    for (const path of ['/post/1', '/empty/', '/.env', '/E.T.', '/blog/post']) {
      expect([path, await scriptOf(path, options)]).toEqual([path, '/index.php']);
    }
    expect(await scriptOf('/blog/', options)).toBe('/blog/index.php');
    expect(await scriptOf('/a.php/x', options)).toBe('/a.php');
    expect(await scriptOf('/missing.php', options)).toBe(404);
    expect(await scriptOf('/page.html', options)).toBe(404);
    expect(await scriptOf('/x', { fallback: '/gone.php' })).toBe(404);
    expect(await scriptOf('/a%2fb', options)).toBe(400);
  });

  test('documentRoot is the root as the application sees it', () =>
    withSite({ files, documentRoot: '/var/www' }, async ({ get, asked }) => {
      await get('/a.php/x');
      expect(asked[0]).toMatchObject({
        DOCUMENT_ROOT: '/var/www',
        SCRIPT_FILENAME: '/var/www/a.php',
        PATH_TRANSLATED: '/var/www/x',
      });
    }));

  test('followSymlinks lets links lead out of the root', async () => {
    const linked = async (followSymlinks: boolean) =>
      withSite({ files: { 'real.php': '' }, followSymlinks }, async ({ get, root, asked }) => {
        symlinkSync(join(root, 'real.php'), join(root, 'inside.php'));
        symlinkSync(__dirname, join(root, 'outside'));
        const { res } = await get('/inside.php');
        const outside = await get('/outside/none.php');
        symlinkSync(__filename, join(root, 'out.php'));
        const file = await get('/out.php');
        expect([res.statusCode, outside.res.statusCode]).toEqual([200, 404]);
        expect(asked[0]?.SCRIPT_FILENAME).toBe(join(root, 'inside.php'));
        return file.res.statusCode;
      });
    expect(await linked(false)).toBe(404);
    expect(await linked(true)).toBe(200);
  });

  test('scripts: false hands what is no file to the application as a whole', () =>
    withSite({ files, scripts: false, static: true }, async ({ get, root, asked }) => {
      expect((await get('/page.html')).res.headers['content-type']).toContain('text/html');
      expect((await get('/api/a%2Fb/../c')).res.statusCode).toBe(200);
      expect((await get('/a.php')).res.statusCode).toBe(200);
      expect(asked).toMatchObject([
        { SCRIPT_NAME: '', PATH_INFO: '/api/a/b/../c', DOCUMENT_ROOT: root },
        { SCRIPT_NAME: '', PATH_INFO: '/a.php' },
      ]);
      expect(asked[0]).not.toHaveProperty('SCRIPT_FILENAME');
    }));

  test('params replace what the gateway found', () =>
    withSite(
      { files, params: ({ url }) => ({ SCRIPT_NAME: `/x${url}`, DOCUMENT_URI: undefined }) },
      async ({ get, asked }) => {
        await get('/a.php');
        expect(asked[0]?.SCRIPT_NAME).toBe('/x/a.php');
        expect(asked[0]).not.toHaveProperty('DOCUMENT_URI');
      },
    ));
});

test('a client that goes away while the script is looked for never reaches the application', () =>
  withSite({ files }, async ({ gateway, asked }) => {
    const closed = new Deferred<unknown>();
    gateway.prependListener('request', (req, res) => {
      if (req.url !== '/a.php') return;
      res.on('close', closed.resolve);
      req.socket.destroy();
    });
    send(gateway, { path: '/a.php' }).end();
    await closed.wait('the disconnect');
    expect((await fetchHead(gateway, { path: '/b%20c.php' })).statusCode).toBe(200);
    expect(asked.map(({ SCRIPT_NAME }) => SCRIPT_NAME)).toEqual(['/b c.php']);
  }));
