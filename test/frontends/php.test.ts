import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http, { type OutgoingHttpHeaders, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import express from 'express';
import { createGateway, type Gateway, proxy } from '../../src/index.ts';
import { within } from '../support/deadline.ts';
import { fetchHead, listening } from '../support/http-client.ts';
import { NGINX } from './support/nginx.ts';
import { startNginxWithPhp } from './support/nginx-php.ts';
import { PHP_FPM, type PhpFpm, startPhpFpm } from './support/php-fpm.ts';
import { describeWith } from './support/requirement.ts';
import type { RunningWebServer } from './support/start-web-server.ts';

const SERVER = '<?php header("Content-Type: application/json"); echo json_encode($_SERVER);';

const scripts = {
  'index.php': SERVER,
  'sub/index.php': SERVER,
  'form.php':
    '<?php echo json_encode(["post" => $_POST, "files" => array_map(fn ($f) => [$f["name"], $f["size"]], $_FILES), "body" => strlen(file_get_contents("php://input"))]);',
  'status.php':
    '<?php http_response_code(418); header("X-A: 1"); setcookie("a", "1"); setcookie("b", "2");',
  'redirect.php': '<?php header("Location: /blog/");',
  'log.php': '<?php file_put_contents("php://stderr", "from php"); error_log("logged"); echo "ok";',
  'large.php': '<?php for ($i = 0; $i < 64; $i++) { echo str_repeat("b", 65536); flush(); }',
  'fatal.php': '<?php ini_set("display_errors", "0"); undefined_function();',
  'evil.jpg': '<?php echo "run";',
  'style.css': 'a {}',
};

let folder: string;
let root: string;
let php: PhpFpm;

async function start(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-php-'));
  root = join(folder, 'www');
  for (const [name, content] of Object.entries(scripts)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  php = await startPhpFpm(folder);
}

async function stop(): Promise<void> {
  await php?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
}

/** The rows of a table below a heading of docs/gateway.md: its first column, without backquotes. */
function documentedDifferences(): string[] {
  const page = readFileSync(join(__dirname, '../../docs/gateway.md'), 'utf8');
  const [, section = ''] = page.split('### What differs from nginx');
  const [table = ''] = section.split('\n#');
  const rows = [...table.matchAll(/^\| (`.*?`) \|/gm)].map(([, cell]) => cell as string);
  return rows.flatMap((cell) =>
    [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name as string),
  );
}

describeWith('nginx and the gateway in front of php-fpm', [PHP_FPM, NGINX], () => {
  let nginx: RunningWebServer;
  let gateway: Gateway;

  beforeAll(async () => {
    await start();
    nginx = await startNginxWithPhp(folder, { root, socket: php.socket });
    gateway = createGateway(php.socket, { root });
    await new Promise<void>((resolve) => void gateway.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    if (gateway?.listening) await new Promise((resolve) => gateway.close(resolve));
    await nginx?.stop();
    await stop();
  });

  interface Asked {
    readonly method?: string;
    readonly headers?: OutgoingHttpHeaders;
    readonly body?: string;
  }

  async function ask(port: number, path: string, { body, headers, ...options }: Asked) {
    const all = { host: 'example.test:81', ...headers };
    const res = await new Promise<http.IncomingMessage>((resolve, reject) => {
      http
        .request({ host: '127.0.0.1', port, path, agent: false, ...options, headers: all }, resolve)
        .on('error', reject)
        .end(body);
    });
    return { status: res.statusCode, location: res.headers.location, body: await text(res) };
  }

  async function both(path: string, asked: Asked = {}) {
    const { port } = gateway.address() as { port: number };
    const answers = [nginx.ports[0] as number, port].map((one) => ask(one, path, asked));
    return within('the answers', Promise.all(answers));
  }

  /** Variables that tell of the one request alone, and differ between two of the same web server. */
  const ITS_OWN = ['REMOTE_PORT', 'SERVER_PORT', 'REQUEST_TIME', 'REQUEST_TIME_FLOAT'];

  const requests: [string, string, Asked][] = [
    ['a folder', '/', {}],
    ['a script', '/index.php?a=b%20c&d', {}],
    ['a path behind a script', '/index.php/a/b%20c%C3%A9?d=e%20f', {}],
    ['a slash behind a script', '/sub/index.php/', {}],
    ['slashes that follow each other', '//sub//index.php//x', {}],
    ['an encoded script', '/%69ndex.php', {}],
    ['headers', '/', { headers: { 'X-A': '1', Cookie: 'a=1', TE: 'trailers', X_Y: '1' } }],
    ['a proxy in the environment', '/', { headers: { Proxy: 'http://evil.test' } }],
    ['a password', '/', { headers: { Authorization: 'Basic YTpi' } }],
    ['a body', '/index.php', { method: 'POST', headers: { 'Content-Type': 'text/x' }, body: 'a' }],
    [
      'a chunked body',
      '/index.php',
      { method: 'PUT', headers: { 'Transfer-Encoding': 'chunked' }, body: 'abc' },
    ],
  ];

  /** The variables whose values differ. */
  async function differences(path: string, asked?: Asked): Promise<string[]> {
    const [nginxs, ours] = await both(path, asked);
    expect([nginxs?.status, ours?.status]).toEqual([200, 200]);
    const one = JSON.parse(nginxs?.body ?? '');
    const other = JSON.parse(ours?.body ?? '');
    const names = new Set([...Object.keys(one), ...Object.keys(other)]);
    expect(names.size).toBeGreaterThan(25);
    const isSame = (name: string) => JSON.stringify(one[name]) === JSON.stringify(other[name]);
    return [...names].filter((name) => !ITS_OWN.includes(name) && !isSame(name));
  }

  test.each(requests)(
    'set the same variables for %s, but for what the docs list',
    async (_, path, asked) => {
      const undocumented = (await differences(path, asked)).filter(
        (name) => !documentedDifferences().includes(name),
      );
      expect(undocumented).toEqual([]);
    },
  );

  test('differ in all that the docs list', async () => {
    const seen = new Set<string>();
    for (const [, path, asked] of requests) {
      for (const name of await differences(path, asked)) seen.add(name);
    }
    expect([...seen].sort()).toEqual(documentedDifferences().sort());
  });

  test.each([
    '/none.php',
    '/none.php/index.php',
    '/evil.jpg/x.php',
    '/evil.jpg/index.php',
    '/a%00.php',
    '/../index.php',
    '/%zz.php',
  ])('both refuse %s, for the same reason', async (path) => {
    const [nginxs, ours] = await both(path);
    expect(ours?.status).toBe(nginxs?.status);
    expect([400, 404]).toContain(ours?.status);
    expect(ours?.body).not.toBe('run');
  });

  test('both lead to the slash behind a folder', async () => {
    const [nginxs, ours] = await both('/sub?a');
    expect([nginxs?.status, ours?.status]).toEqual([301, 301]);
    expect(nginxs?.location).toMatch(/\/sub\/\?a$/);
    expect(ours?.location).toBe('/sub/?a');
  });
});

describeWith('php-fpm behind the gateway', [PHP_FPM], () => {
  beforeAll(start);
  afterAll(stop);

  const stderr = new PassThrough();
  const served = async (path: string, options: http.RequestOptions = {}, body?: string) =>
    listening(createGateway(php.socket, { root, static: true, stderr }), async (gateway) => {
      const res = await fetchHead(gateway, { path, ...options }, body);
      return { res, body: await within('the body', text(res)) };
    });

  test('gets a form', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const { body } = await served('/form.php', { method: 'POST', headers }, 'a=1&b=2');
    expect(JSON.parse(body)).toEqual({ post: { a: '1', b: '2' }, files: [], body: 7 });
  });

  test('gets an uploaded file, chunked', async () => {
    const form = new FormData();
    form.set('picture', new Blob(['x'.repeat(500_000)]), 'a.jpg');
    const request = new Request('http://example.test', { method: 'POST', body: form });
    const headers = {
      'Content-Type': request.headers.get('content-type') as string,
      'Transfer-Encoding': 'chunked',
    };
    const { body } = await served('/form.php', { method: 'POST', headers }, await request.text());
    expect(JSON.parse(body)).toMatchObject({ files: { picture: ['a.jpg', 500_000] } });
  });

  test('answers with status, headers and cookies', async () => {
    const { res } = await served('/status.php');
    expect(res.statusCode).toBe(418);
    expect(res.headers).toMatchObject({ 'x-a': '1', 'set-cookie': ['a=1', 'b=2'] });
  });

  test('redirects the client', async () => {
    const { res } = await served('/redirect.php');
    expect([res.statusCode, res.headers.location]).toEqual([302, '/blog/']);
  });

  test('sends a large body', async () => {
    expect((await served('/large.php')).body.length).toBe(64 * 65_536);
  });

  test('logs to options.stderr', async () => {
    expect((await served('/log.php')).body).toBe('ok');
    expect(String(stderr.read())).toContain('logged');
  });

  test('answers a script that fails with its 500', async () => {
    expect((await served('/fatal.php')).res.statusCode).toBe(500);
  });

  test('is not asked for files', async () => {
    expect((await served('/style.css')).body).toBe('a {}');
    expect((await served('/evil.jpg')).res.headers['content-type']).toBe('image/jpeg');
    expect((await served('/evil.jpg/x.php')).res.statusCode).toBe(404);
  });
});

describeWith('php-fpm under /blog of an Express application', [PHP_FPM], () => {
  beforeAll(start);
  afterAll(stop);

  async function visit(path: string): Promise<{ status: number | undefined; body: string }> {
    await using blog = proxy(php.socket, { root, static: true, fallback: '/index.php' });
    const app = express().use('/blog', blog);
    app.get('/shop', (_req, res) => void res.send('the shop'));
    return listening(http.createServer(app as RequestListener), async (server) => {
      const res = await fetchHead(server, { path });
      return { status: res.statusCode, body: await within('the body', text(res)) };
    });
  }

  test('PHP finds its way', async () => {
    const { body } = await visit('/blog/sub/index.php/post/1?a=b');
    expect(JSON.parse(body)).toMatchObject({
      SCRIPT_NAME: '/blog/sub/index.php',
      SCRIPT_FILENAME: join(root, 'sub/index.php'),
      PHP_SELF: '/blog/sub/index.php/post/1',
      PATH_INFO: '/post/1',
      REQUEST_URI: '/blog/sub/index.php/post/1?a=b',
      QUERY_STRING: 'a=b',
      DOCUMENT_ROOT: root,
    });
  });

  test('its front controller gets what is no file', async () => {
    const { body } = await visit('/blog/2026/hello-world/');
    expect(JSON.parse(body)).toMatchObject({
      SCRIPT_NAME: '/blog/index.php',
      PHP_SELF: '/blog/index.php',
      REQUEST_URI: '/blog/2026/hello-world/',
    });
  });

  test('its files and the rest of the application are served', async () => {
    expect((await visit('/blog/style.css')).body).toBe('a {}');
    expect((await visit('/shop')).body).toBe('the shop');
    expect((await visit('/blog/none.php')).status).toBe(404);
    expect((await visit('/none')).status).toBe(404);
  });
});
