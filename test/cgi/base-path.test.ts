import { stripBase } from '../../src/cgi/base-path.ts';

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
  ['/a%20b', '/a%20b/c', '/c'],
])('under %j, %j is %j', (base, url, stripped) => {
  expect(stripBase(url, base)).toBe(stripped);
});
