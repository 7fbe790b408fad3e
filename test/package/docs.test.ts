import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { NGINX } from '../frontends/support/nginx.ts';
import { describeWith } from '../frontends/support/requirement.ts';

const root = join(__dirname, '../..');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].map((page) => ({ page, text: readFileSync(join(root, page), 'utf8') }));

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-docs-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The code blocks of a language, each with the page and the line where it stands. */
function blocks(language: string) {
  return pages.flatMap(({ page, text }) =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
      (match) => ({
        where: `${page}:${text.slice(0, match.index).split('\n').length}`,
        code: match[1] as string,
      }),
    ),
  );
}

test.each(blocks('js'))('the example at $where is a module of JavaScript', ({ code }) => {
  const file = join(folder, 'example.mjs');
  writeFileSync(file, code);
  expect(() => execFileSync(process.execPath, ['--check', file], { stdio: 'pipe' })).not.toThrow();
});

test.each(
  blocks('sh').flatMap(({ where, code }) =>
    code
      .trim()
      .split('\n')
      .map((line) => ({ where, line })),
  ),
)('the command at $where, $line, names what is there', ({ line }) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const known = { ...scripts, install: '', test: scripts.test, start: scripts.start };
  // Those of the command itself are checked by cli-docs.test.ts.
  if (/^(npx )?fcgi /.test(line)) return;
  for (const command of line.replace(/#.*/, '').split('&&')) {
    const [, script] = /^\s*npm (?:run )?(\S+)/.exec(command) ?? [];
    expect(Object.keys(known)).toContain(script);
  }
});

describeWith('The configurations for nginx', [NGINX], () => {
  test.each(blocks('nginx'))('nginx accepts the one at $where', ({ code }) => {
    const file = join(folder, 'nginx.conf');
    const site = /^\s*(server|upstream)\b/m.test(code.replace(/\n {4}.*/g, ''))
      ? code
      : `server { ${code} }`;
    const paths = site.replaceAll('include fastcgi_params', 'include /etc/nginx/fastcgi_params');
    writeFileSync(file, `pid ${folder}/pid; events {} http { access_log off; ${paths} }`);
    const { status, stderr } = spawnSync(NGINX.path, [
      '-t',
      '-e',
      join(folder, 'error.log'),
      '-c',
      file,
    ]);
    expect([status, status === 0 ? '' : stderr.toString()]).toEqual([0, '']);
  });
});

const links = pages.flatMap(({ page, text }) =>
  [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link]) => ({
    page,
    link: link as string,
  })),
);

test.each(links)('$page links to $link, which is there', ({ page, link }) => {
  const [path, anchor] = link.split('#') as [string, string | undefined];
  const target = path === '' ? page : relative(root, join(root, dirname(page), path));
  expect(existsSync(join(root, target))).toBe(true);
  if (anchor === undefined) return;
  const headings = [...readFileSync(join(root, target), 'utf8').matchAll(/^#+ (.*)$/gm)];
  const anchors = headings.map(([, title]) =>
    (title as string)
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  expect(anchors).toContain(anchor);
});

test.each(pages)('$page holds nothing of an unfinished merge', ({ text }) => {
  expect(text).not.toMatch(/^(<{7}|={7}|>{7})( |$)/m);
});

test('every error code is in docs/errors.md, and no other', () => {
  const codes = (text: string) => new Set(text.match(/ERR_FCGI_[A-Z_]+/g));
  const declared = codes(readFileSync(join(root, 'src/errors.ts'), 'utf8'));
  expect(codes(readFileSync(join(root, 'docs/errors.md'), 'utf8'))).toEqual(declared);
});
