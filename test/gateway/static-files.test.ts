import { mkdirSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { type Site, type SiteSetup, withSite } from './site.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';
const files = {
  'letters.txt': ALPHABET,
  'index.html': '<h1>',
  'style.css': 'a {}',
  'script.JS': 'a()',
  unknown: '?',
  'empty.txt': '',
  'folder/index.html': 'in the folder',
  'index.php': 'secret',
  '.env': 'secret',
  '.git/config': 'secret',
};

/** The files' last change: whole seconds and a little more. */
const CHANGED = new Date('2024-02-03T04:05:06.789Z');
const LAST_MODIFIED = 'Sat, 03 Feb 2024 04:05:06 GMT';
const EARLIER = 'Sat, 03 Feb 2024 04:05:05 GMT';
const LATER = 'Sat, 03 Feb 2024 04:05:07 GMT';

function serving<Result>(use: (site: Site) => Promise<Result>, setup: SiteSetup = {}) {
  const all = { ...files, ...setup.files };
  return withSite({ static: true, ...setup, files: all }, (site) => {
    utimesSync(join(site.root, 'letters.txt'), CHANGED, CHANGED);
    return use(site);
  });
}

const seen = ({ statusCode, headers }: IncomingMessage, body: string) => ({
  status: statusCode,
  body,
  length: headers['content-length'],
  range: headers['content-range'],
});

test('sends a file with its type, length and validators', () =>
  serving(async ({ get, asked }) => {
    const { res, body } = await get('/letters.txt?v=1');
    expect([res.statusCode, body]).toEqual([200, ALPHABET]);
    expect(res.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '26',
      'last-modified': LAST_MODIFIED,
      'accept-ranges': 'bytes',
      etag: expect.stringMatching(/^"[^"]+"$/),
    });
    expect(asked).toEqual([]);
  }));

test('sends to HEAD the head alone', () =>
  serving(async ({ get }) => {
    const { res, body } = await get('/letters.txt', { method: 'HEAD' });
    expect([res.statusCode, res.headers['content-length'], body]).toEqual([200, '26', '']);
  }));

test('answers 405 to other methods, and tells which are allowed', () =>
  serving(async ({ get }) => {
    const { res } = await get('/letters.txt', { method: 'POST' }, 'body');
    expect([res.statusCode, res.headers.allow]).toEqual([405, 'GET, HEAD']);
  }));

test.each([
  ['/style.css', 'text/css; charset=utf-8'],
  ['/script.JS', 'text/javascript; charset=utf-8'],
  ['/unknown', 'application/octet-stream'],
  ['/', 'text/html; charset=utf-8'],
  ['/folder/', 'text/html; charset=utf-8'],
])('sends %s as %s', (path, type) =>
  serving(
    async ({ get }) => {
      const { res } = await get(path);
      expect([res.statusCode, res.headers['content-type']]).toEqual([200, type]);
    },
    { index: ['index.html', 'index.php'] },
  ),
);

test('sends an empty file', () =>
  serving(async ({ get }) => {
    const { res, body } = await get('/empty.txt');
    expect([res.statusCode, res.headers['content-length'], body]).toEqual([200, '0', '']);
  }));

test('sends nothing from a root without static', () =>
  serving(
    async ({ get }) => {
      expect((await get('/letters.txt')).res.statusCode).toBe(404);
    },
    { static: false },
  ));

describe('does not send', () => {
  test.each([
    '/.env',
    '/.git/config',
    '/%2egit/config',
    '/letters.txt/',
    '/folder',
    '/../letters.txt',
    '/letters.txt%00',
    '/letters.txt.',
    '/missing.txt',
  ])('%s', (path) =>
    serving(async ({ get }) => {
      const { res, body } = await get(path);
      expect(res.statusCode).toBeGreaterThanOrEqual(301);
      expect(body).not.toContain('secret');
      expect(body).not.toContain(ALPHABET);
    }),
  );

  test.each([
    'INDEX.PHP',
    'index.php~',
    'index.php.bak',
    'index.php_old',
    'a.php5',
    'a.phtml',
    'lib.inc',
    'notes.txt~',
  ])('the source of a script as %s', (name) =>
    serving(
      async ({ get, asked }) => {
        expect((await get(`/${name}`)).res.statusCode).toBe(404);
        expect(asked).toEqual([]);
      },
      { files: { [name]: 'secret' } },
    ),
  );

  test('a script of another kind under another case', () =>
    serving(
      async ({ get }) => {
        expect((await get('/run.CGI')).res.statusCode).toBe(404);
      },
      { scripts: /\.cgi$/, files: { 'run.CGI': 'secret' } },
    ));

  test('what a symbolic link makes of a script or a hidden file', () =>
    serving(async ({ get, root }) => {
      symlinkSync(join(root, 'index.php'), join(root, 'source.txt'));
      symlinkSync(join(root, '.git'), join(root, 'git'));
      symlinkSync(join(root, 'letters.txt'), join(root, 'link.txt'));
      expect((await get('/source.txt')).res.statusCode).toBe(404);
      expect((await get('/git/config')).res.statusCode).toBe(404);
      expect((await get('/link.txt')).body).toBe(ALPHABET);
    }));

  test('what lies outside of the root, unless followSymlinks says so', async () => {
    const outside = (followSymlinks: boolean) =>
      serving(
        async ({ get, root }) => {
          symlinkSync(__dirname, join(root, 'tests'));
          return (await get('/tests/static-files.test.ts')).res.statusCode;
        },
        { followSymlinks },
      );
    expect([await outside(false), await outside(true)]).toEqual([404, 200]);
  });
});

test('a folder whose name only begins like the root is outside of it', () =>
  serving(async ({ get, root }) => {
    mkdirSync(`${root}-secret`);
    writeFileSync(join(`${root}-secret`, 'a.txt'), 'secret');
    symlinkSync(`${root}-secret`, join(root, 'link'));
    expect((await get('/link/a.txt')).res.statusCode).toBe(404);
  }));

test('follows a root that is a link to where it leads now', () =>
  serving(async ({ root, get }) => {
    const link = join(root, '..', 'current');
    symlinkSync(root, link);
    await withSite({ root: link, static: true }, async (current) => {
      expect((await current.get('/letters.txt')).body).toBe(ALPHABET);
      unlinkSync(link);
      symlinkSync(join(root, 'folder'), link);
      expect((await current.get('/letters.txt')).res.statusCode).toBe(404);
      expect((await current.get('/index.html')).body).toBe('in the folder');
    });
    expect((await get('/letters.txt')).body).toBe(ALPHABET);
  }));

test.each([
  ['bytes=0-2', 'abc', 'bytes 0-2/26'],
  ['bytes=23-', 'xyz', 'bytes 23-25/26'],
  ['bytes=-3', 'xyz', 'bytes 23-25/26'],
  ['bytes=25-99', 'z', 'bytes 25-25/26'],
  ['bytes=-99', ALPHABET, 'bytes 0-25/26'],
])('sends of %s the part %s', (range, part, contentRange) =>
  serving(async ({ get }) => {
    const { res, body } = await get('/letters.txt', { headers: { Range: range } });
    expect(seen(res, body)).toEqual({
      status: 206,
      body: part,
      length: String(part.length),
      range: contentRange,
    });
  }),
);

test.each(['bytes=26-', 'bytes=-0', 'bytes=99-100'])('answers 416 to %s', (range) =>
  serving(async ({ get }) => {
    const { res, body } = await get('/letters.txt', { headers: { Range: range } });
    expect(seen(res, body)).toMatchObject({ status: 416, body: '', range: 'bytes */26' });
  }),
);

test.each(['bytes=0-1,3-4', 'bytes=2-1', 'bytes=-', 'letters=0-1', 'bytes=a-b', ''])(
  'sends the whole file for the range %j',
  (range) =>
    serving(async ({ get }) => {
      const { res, body } = await get('/letters.txt', { headers: { Range: range } });
      expect([res.statusCode, body]).toEqual([200, ALPHABET]);
    }),
);

describe('conditions', () => {
  const ask = (headers: (etag: string) => Record<string, string>) =>
    serving(async ({ get }) => {
      const { etag } = (await get('/letters.txt')).res.headers;
      const { res, body } = await get('/letters.txt', { headers: headers(etag ?? '') });
      expect(res.headers.etag).toBe(etag);
      return [res.statusCode, body];
    });

  test.each<[string, (etag: string) => Record<string, string>]>([
    ['If-None-Match with the tag', (etag) => ({ 'If-None-Match': etag })],
    ['If-None-Match with it among others', (etag) => ({ 'If-None-Match': `"a", ${etag}` })],
    ['If-None-Match with it as a weak one', (etag) => ({ 'If-None-Match': `W/${etag}` })],
    ['If-None-Match: *', () => ({ 'If-None-Match': '*' })],
    ['If-Modified-Since then', () => ({ 'If-Modified-Since': LAST_MODIFIED })],
    ['If-Modified-Since later', () => ({ 'If-Modified-Since': LATER })],
  ])('answer 304 to %s', async (_, headers) => {
    expect(await ask(headers)).toEqual([304, '']);
  });

  test.each<[string, Record<string, string>]>([
    ['If-Match with another tag', { 'If-Match': '"other"' }],
    ['If-Unmodified-Since earlier', { 'If-Unmodified-Since': EARLIER }],
  ])('answer 412 to %s', async (_, headers) => {
    expect(await ask(() => headers)).toEqual([412, '']);
  });

  test.each<[string, (etag: string) => Record<string, string>]>([
    ['If-None-Match with another tag', () => ({ 'If-None-Match': '"other"' })],
    [
      'If-None-Match with another tag, whatever the date',
      () => ({ 'If-None-Match': '"other"', 'If-Modified-Since': LATER }),
    ],
    ['If-Modified-Since earlier', () => ({ 'If-Modified-Since': EARLIER })],
    ['If-Modified-Since that is no date', () => ({ 'If-Modified-Since': 'yesterday' })],
    ['If-Match with the tag', (etag) => ({ 'If-Match': `"other", ${etag}` })],
    ['If-Match: *', () => ({ 'If-Match': '*' })],
    [
      'If-Match with the tag, whatever the date',
      (etag) => ({ 'If-Match': etag, 'If-Unmodified-Since': EARLIER }),
    ],
    ['If-Unmodified-Since then', () => ({ 'If-Unmodified-Since': LAST_MODIFIED })],
    ['If-Range with another tag', () => ({ 'If-Range': '"other"', Range: 'bytes=0-1' })],
    ['If-Range with a weak tag', (etag) => ({ 'If-Range': `W/${etag}`, Range: 'bytes=0-1' })],
    ['If-Range of another date', () => ({ 'If-Range': EARLIER, Range: 'bytes=0-1' })],
  ])('answer 200 to %s', async (_, headers) => {
    expect(await ask(headers)).toEqual([200, ALPHABET]);
  });

  test.each<[string, (etag: string) => string]>([
    ['the tag', (etag) => etag],
    ['the date', () => LAST_MODIFIED],
  ])('answer 206 to If-Range with %s', async (_, value) => {
    const headers = (etag: string) => ({ 'If-Range': value(etag), Range: 'bytes=0-1' });
    expect(await ask(headers)).toEqual([206, 'ab']);
  });
});

test('a file that has changed has another tag', () =>
  serving(async ({ get, root }) => {
    const before = (await get('/letters.txt')).res.headers.etag;
    const later = new Date(CHANGED.getTime() + 5);
    utimesSync(join(root, 'letters.txt'), later, later);
    expect((await get('/letters.txt')).res.headers.etag).not.toBe(before);
  }));
