import { decodeBase, mountAt, mountAtScript } from '../../src/cgi/base-path.ts';

test.each<[base: string, url: string, stripped: string | undefined]>([
  ['', '/', '/'],
  ['', '/blog?x', '/blog?x'],
  ['', '*', '*'],
  ['', '', ''],
  ['/blog', '/blog', '/'],
  ['/blog', '/blog/', '/'],
  ['/blog', '/blog/x', '/x'],
  ['/blog', '/blog/x/y?z=/blog', '/x/y?z=/blog'],
  ['/blog', '/blog?x', '/?x'],
  ['/blog', '/blog?', '/?'],
  ['/blog', '/blog/?x', '/?x'],
  ['/blog', '/blog//x', '//x'],
  ['/blog', '/blog/blog', '/blog'],
  ['/blog', '/blogs', undefined],
  ['/blog', '/blog-x', undefined],
  ['/blog', '/blog.css', undefined],
  ['/blog', '/blog%2Fx', undefined],
  ['/blog', '/blo', undefined],
  ['/blog', '/', undefined],
  ['/blog', '', undefined],
  ['/blog', '/Blog', undefined],
  ['/blog', '/x/blog', undefined],
  ['/blog', '//blog', undefined],
  ['/blog', '*', undefined],
  ['/a/b', '/a/b/c', '/c'],
  ['/a/b', '/a', undefined],
  ['/a/b', '/a/bc', undefined],
  ['/a b', '/a%20b/c', '/c'],
  ['/a b', '/a%20b', '/'],
  ['/a b', '/%61%20%62/c', '/c'],
  ['/a b', '/a%2/c', undefined],
  ['/a b', '/a%2', undefined],
  ['/a b', '/a%2 /c', undefined],
  ['/a b', '/a+b/c', undefined],
  ['/100%', '/100%25/c', '/c'],
  ['/100%', '/100%/c', '/c'],
  ['/100%25', '/100%25/c', undefined],
  ['/caf\u00c3\u00a9', '/caf%C3%A9/c', '/c'],
  ['/caf\u00c3\u00a9', '/caf%c3%a9/c', '/c'],
  ['/caf\u00c3\u00a9', '/caf\u00c3\u00a9/c', '/c'],
  ['/a/b', '/a%2Fb/c', undefined],
])('under %j, %j is %j', (base, url, stripped) => {
  expect(mountAt(url, base)?.url).toBe(stripped);
});

test.each([
  ['/blog', '/blog/x', '/blog'],
  ['/blog', '/blog', '/blog'],
  ['/a b', '/a%20b?c', '/a%20b'],
  ['', '/x', ''],
])('under %j, the mount path of %j is as the client wrote it', (base, url, baseUrl) => {
  expect(mountAt(url, base)?.baseUrl).toBe(baseUrl);
});

test.each([
  ['the script is in the URL', '/shop/app.fcgi', '/shop/app.fcgi/cart', '/shop/app.fcgi', '/cart'],
  ['the URL was rewritten to it', '/shop/app.fcgi', '/shop/cart?x', '/shop', '/cart?x'],
  ['the folder alone was asked for', '/shop/app.fcgi', '/shop/', '/shop', '/'],
  [
    'it lies in a folder with a space',
    '/my shop/app.fcgi',
    '/my%20shop/a%2Fb',
    '/my%20shop',
    '/a%2Fb',
  ],
  ['it lies at the root', '/app.fcgi', '/shop/cart', '', '/shop/cart'],
  ['it has no name', '', '/shop/cart', '', '/shop/cart'],
  ['its name ends with a slash', '/shop/', '/shop/cart', '/shop', '/cart'],
  ['its name is a slash', '/', '/cart', '', '/cart'],
])('is mounted where the web server says, when %s', (_, scriptName, url, baseUrl, rest) => {
  expect(mountAtScript(url, scriptName)).toEqual({ baseUrl, url: rest });
});

test('is not mounted where the URL has nothing of the script', () => {
  expect(mountAtScript('/blog/x', '/shop/app.fcgi')).toBeUndefined();
});

test.each([
  ['/blog', '/blog'],
  ['/a%20b', '/a b'],
  ['/caf\u00e9', '/caf\u00c3\u00a9'],
  ['/caf%C3%A9', '/caf\u00c3\u00a9'],
  ['/100%', '/100%'],
])('the path %j stands for the bytes %j', (path, bytes) => {
  expect(decodeBase(path)).toBe(bytes);
});
