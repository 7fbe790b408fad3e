import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client, getValues } from '../../src/client/index.ts';
import { within } from '../support/deadline.ts';
import { Program } from '../support/program.ts';
import { PHP_FPM, type PhpFpm, startPhpFpm } from './support/php-fpm.ts';
import { describeWith } from './support/requirement.ts';

const SCRIPT = `<?php
switch ($_GET['do'] ?? '') {
  case 'echo': readfile('php://input'); break;
  case 'missing': http_response_code(404); break;
  case 'redirect': header('Location: /elsewhere'); break;
  case 'pid': echo getmypid(); break;
  default: echo json_encode($_SERVER);
}
`;

describeWith('php-fpm', [PHP_FPM], () => {
  let folder: string;
  let php: PhpFpm;
  let client: Client;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fcgi-php-'));
    writeFileSync(join(folder, 'index.php'), SCRIPT);
    php = await startPhpFpm(folder);
    client = new Client(php.socket);
  });

  afterAll(async () => {
    await client?.close();
    await php?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function get(query: string, extra: Record<string, string> = {}, body?: string | Buffer) {
    const params = {
      REQUEST_METHOD: body === undefined ? 'GET' : 'POST',
      SCRIPT_FILENAME: join(folder, 'index.php'),
      SCRIPT_NAME: '/index.php',
      QUERY_STRING: query,
      ...extra,
    };
    return within('the head', client.request({ params, body }));
  }

  test('gets the variables', async () => {
    const utf8 = Buffer.from('h\u00e9').toString('latin1');
    const response = await get('a=b', { HTTP_X_TEST: utf8, EMPTY: '' });
    expect(response).toMatchObject({ statusCode: 200, statusMessage: 'OK' });
    expect(JSON.parse(await text(response.body))).toMatchObject({
      REQUEST_METHOD: 'GET',
      QUERY_STRING: 'a=b',
      HTTP_X_TEST: 'h\u00e9',
      EMPTY: '',
    });
    expect(await response.completed).toEqual({ appStatus: 0, protocolStatus: 0 });
  });

  test('gets a body of many records and sends it back', async () => {
    const body = Buffer.alloc(3_000_000, 'b');
    const type = { CONTENT_TYPE: 'application/octet-stream' };
    const response = await get('do=echo', type, body);
    expect((await text(response.body)).length).toBe(body.length);
  });

  test('tells a status, a redirect and a script that is missing', async () => {
    expect(await get('do=missing')).toMatchObject({
      statusCode: 404,
      statusMessage: 'Not Found',
    });
    expect(await get('do=redirect')).toMatchObject({ statusCode: 302 });
    const missing = await get('', { SCRIPT_FILENAME: join(folder, 'no.php') });
    await missing.completed;
    expect(missing.statusCode).toBe(404);
    expect(missing.stderr).toContain('Primary script unknown');
  });

  test('serves one request after the other on one connection', async () => {
    const pids = new Set<string>();
    for (let i = 0; i < 5; i++) pids.add(await text((await get('do=pid')).body));
    // Two workers wait for connections; only who keeps one meets the same worker five times.
    expect(pids.size).toBe(1);
  });

  test('gets a request in the words of HTTP', async () => {
    const response = await within(
      'the head',
      client.request({
        method: 'POST',
        url: 'https://example.test/index.php/more%20path?a=b',
        headers: { 'X-Tag': 'a', 'Content-Type': 'application/x-www-form-urlencoded' },
        params: {
          SCRIPT_FILENAME: join(folder, 'index.php'),
          SCRIPT_NAME: '/index.php',
          PATH_INFO: '/more path',
        },
        body: 'c=d',
      }),
    );
    expect(JSON.parse(await text(response.body))).toMatchObject({
      REQUEST_METHOD: 'POST',
      REQUEST_URI: '/index.php/more%20path?a=b',
      QUERY_STRING: 'a=b',
      PATH_INFO: '/more path',
      HTTP_HOST: 'example.test',
      HTTP_X_TAG: 'a',
      HTTPS: 'on',
      CONTENT_LENGTH: '3',
    });
    expect(response.headers['content-type']).toMatch(/^text\/html/);
  });

  test('answers the example of docs/client.md', async () => {
    const page = readFileSync(join(__dirname, '../../docs/client.md'), 'utf8');
    const [, example = ''] = /^### php-fpm\n.*?^```js\n(.*?)^```/ms.exec(page) ?? [];
    writeFileSync(join(folder, 'form.php'), '<?php echo $_POST["name"], $_GET["page"];');
    const code = example
      .replace("import * as fcgi from 'fcgi';\n", '')
      .replace('/run/php/php8.2-fpm.sock', php.socket)
      .replace('/srv/www/index.php', join(folder, 'form.php'));
    const program = new Program(code);
    try {
      await program.printed('Anna1');
      expect(await program.exit()).toBe(0);
      expect(program.stdout).toBe('200 text/html; charset=UTF-8 Anna1\n');
    } finally {
      await program.stop();
    }
  });

  test('says that it does not multiplex, and closes the connection: requests wait', async () => {
    expect(await within('the values', getValues(php.socket))).toMatchObject({
      FCGI_MPXS_CONNS: '0',
    });
    await using one = new Client(php.socket, { multiplex: true, maxConnections: 1 });
    const params = { SCRIPT_FILENAME: join(folder, 'index.php') };
    const url = '/index.php?do=pid';
    const pids = Array.from({ length: 4 }, async () =>
      text((await one.request({ method: 'POST', url, params })).body),
    );
    expect(new Set(await within('the answers', Promise.all(pids))).size).toBe(1);
  });
});
