import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { installPackage } from '../program/serve-programs.ts';
import { within } from '../support/deadline.ts';
import { Program } from '../support/program.ts';
import { WebServer } from '../support/web-server.ts';
import { request } from '../support/wire.ts';
import { PHP_FPM, type PhpFpm, startPhpFpm } from './support/php-fpm.ts';
import { describeWith } from './support/requirement.ts';

const repository = join(__dirname, '../..');

/** The examples of a page. */
function examples(page: string): string[] {
  const text = readFileSync(join(repository, page), 'utf8');
  return [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code as string);
}

const files = {
  'index.php': '<?php echo "index of $_SERVER[REQUEST_URI]";',
  'post.php':
    '<?php echo $_SERVER["SCRIPT_NAME"] . " for " . ($_SERVER["REMOTE_USER"] ?? "nobody");',
  'index.html': '<h1>a page</h1>',
  'style.css': 'a {}',
  'uploads/evil.php': '<?php echo "run";',
  'wp-content/uploads/evil.php': '<?php echo "run";',
};

describeWith('The examples of docs/gateway.md, docs/proxy.md and README.md', [PHP_FPM], () => {
  let folder: string;
  let php: PhpFpm;
  const programs: Program[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fcgi-php-docs-'));
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, 'www', name)), { recursive: true });
      writeFileSync(join(folder, 'www', name), content);
    }
    installPackage(folder);
    symlinkSync(join(repository, 'node_modules/express'), join(folder, 'node_modules/express'));
    php = await startPhpFpm(folder);
  });
  afterEach(async () => {
    for (const program of programs.splice(0)) await program.stop();
  });
  afterAll(async () => {
    await php?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** Runs an example as it stands, but for where it listens, and where PHP and its files are. */
  function start(code = ''): Program {
    const placed = code
      .replaceAll('/run/php/php-fpm.sock', php.socket)
      .replaceAll(/\/srv\/(?:www|blog)/g, join(folder, 'www'))
      .replaceAll(/\/run\/(?:php\/)?/g, `${folder}/`)
      .replace(
        '.listen(8080)',
        ".listen(0, '127.0.0.1', function () { console.log('Port', this.address().port, '.'); })",
      );
    writeFileSync(join(folder, 'app.mjs'), placed);
    const program = new Program("await import(process.cwd() + '/app.mjs');", { cwd: folder });
    programs.push(program);
    return program;
  }

  /** Runs an example, and visits it. */
  async function visiting(code: string | undefined) {
    const program = start(code);
    await program.printed(' .\n');
    const port = /Port (\d+)/.exec(program.stdout)?.[1];
    const visit = async (path: string, headers = {}) => {
      const options = { headers, redirect: 'manual' as const };
      const asked = fetch(`http://127.0.0.1:${port}${path}`, options);
      const response = await within('an answer', asked);
      return `${response.status} ${await response.text()}`;
    };
    return { program, visit };
  }

  const gateway = examples('docs/gateway.md');
  const proxy = examples('docs/proxy.md');
  const readme = examples('README.md').filter((code) => code.includes('php-fpm.sock'));

  test('are all run here', () => {
    expect([gateway.length, proxy.length, readme.length]).toEqual([4, 6, 1]);
  });

  test('gateway: an application', async () => {
    const { visit } = await visiting(gateway[0]);
    expect(await visit('/')).toMatch(/^200 Hello .*127\.0\.0\.1\n$/);
  });

  test('gateway: a PHP site', async () => {
    const { visit, program } = await visiting(gateway[1]);
    expect(await visit('/')).toBe('200 index of /');
    expect(await visit('/post.php')).toBe('200 /post.php for nobody');
    expect(await visit('/style.css')).toBe('200 a {}');
    expect(await visit('/none')).toMatch(/^404/);
    await program.printed('"GET /style.css HTTP/1.1" 200 4');
  });

  test('gateway: a front controller', async () => {
    const { visit } = await visiting(gateway[2]);
    expect(await visit('/a/b')).toBe('200 index of /a/b');
    expect(await visit('/post.php')).toBe('200 /post.php for nobody');
    expect(await visit('/uploads/evil.php')).toMatch(/^404/);
  });

  test('gateway: static files in front of an application', async () => {
    const { visit } = await visiting(gateway[3]);
    expect(await visit('/')).toBe('200 <h1>a page</h1>');
    expect(await visit('/api')).toBe('200 {"hello":"world"}');
    expect(await visit('/post.php')).toMatch(/^404/);
  });

  test.each([
    ['proxy: an Express application', proxy[0]],
    ['README: an Express application in front of php-fpm', readme[0]],
  ])('%s', async (_, code) => {
    const { visit } = await visiting(code);
    expect(await visit('/')).toMatch(/^200 .*Express/);
    expect(await visit('/blog/')).toBe('200 index of /blog/');
    expect(await visit('/blog/post.php')).toBe('200 /blog/post.php for nobody');
    expect(await visit('/blog/style.css')).toBe('200 a {}');
    expect(await visit('/blog/none')).toMatch(/^404 .*Cannot GET/s);
    expect(await visit('/blog')).toMatch(/^301/);
  });

  test('proxy: a front controller', async () => {
    const { visit } = await visiting(proxy[1]);
    expect(await visit('/blog/feed')).toBe('200 <rss version="2.0"/>');
    expect(await visit('/blog/2026/hello')).toBe('200 index of /blog/2026/hello');
    expect(await visit('/blog/wp-content/uploads/evil.php')).toMatch(/^404/);
  });

  test('proxy: params', async () => {
    const { visit } = await visiting(proxy[2]);
    expect(await visit('/post.php', { 'X-Token': 'secret' })).toBe('200 /post.php for anna');
    expect(await visit('/post.php')).toBe('200 /post.php for nobody');
  });

  test('proxy: failures', async () => {
    const { visit, program } = await visiting(proxy[3]);
    expect(await visit('/blog/')).toBe('502 The blog is closed just now.\n');
    expect(program.stderr).toContain('Cannot connect');
  });

  test('proxy: without Express', async () => {
    const { visit, program } = await visiting(proxy[4]);
    expect(await visit('/')).toBe('200 index of /');
    expect(await visit('/none')).toBe('404 404 Not Found\n');
    program.process.kill('SIGTERM');
    expect(await program.exit()).toBe(0);
  });

  test('proxy: behind a web server', async () => {
    start(proxy[5]);
    const peer = await within('the application', connecting(join(folder, 'app.sock')));
    const variables = { REQUEST_URI: '/blog/post.php', REMOTE_USER: 'anna' };
    const { body } = await peer.exchange(request({ variables }));
    peer.close();
    expect(body.toString()).toBe('/blog/post.php for anna');
  });
});

/** Connects as soon as somebody listens. */
async function connecting(path: string): Promise<WebServer> {
  for (;;) {
    const peer = await WebServer.connectTo({ path }).catch(() => undefined);
    if (peer) return peer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
