import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Server } from '../../src/index.ts';
import { type Served, serving } from '../support/serve.ts';
import { fcgi } from './support/command.ts';
import { CommandProcess, runHere } from './support/host.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-get-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the application saw of a request, as JSON. */
const mirror: RequestListener = async (req, res) => {
  const { method, url, headers } = req;
  res.setHeader('Content-Type', 'application/json');
  res.end(
    JSON.stringify({ method, url, headers, body: await text(req), params: req.fastcgi?.params }),
  );
};

function targetOf(server: Server): string {
  const address = server.address();
  return typeof address === 'string' ? address : `127.0.0.1:${address?.port}`;
}

/** Runs `fcgi get` in this process and returns what the application saw. */
async function seen(args: readonly string[], command?: CommandProcess) {
  return serving(mirror, async ({ server }) => {
    const [path = '/', ...rest] = args;
    const { code, stdout, stderr } = await runHere(
      ['get', targetOf(server), path, ...rest],
      command,
    );
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  });
}

describe('the built command', () => {
  test.each(['tcp', 'unix'] as const)('prints the body of an answer over %s', async (transport) => {
    const listener: RequestListener = (_req, res) => void res.end('Grüße\n');
    await serving(
      listener,
      async ({ server }) => {
        const { code, stdout, stderr } = await fcgi(['get', targetOf(server), '/']);
        expect([code, Buffer.from(stdout, 'latin1').toString(), stderr]).toEqual([
          0,
          'Grüße\n',
          '',
        ]);
      },
      { transport },
    );
  });

  test('prints bytes as they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const listener: RequestListener = (_req, res) => void res.end(bytes);
    await serving(listener, async ({ server }) => {
      const { stdout } = await fcgi(['get', targetOf(server), '/']);
      expect(stdout).toBe(bytes.toString('latin1'));
    });
  });

  test('sends its standard input, and FCGI_STDERR goes to its standard error', async () => {
    const listener: RequestListener = (req, res) => {
      req.fastcgi?.stderr.write('a note\n');
      req.pipe(res);
    };
    await serving(listener, async ({ server }) => {
      const args = ['get', targetOf(server), '/', '-d', '@-'];
      expect(await fcgi(args, { input: 'typed\n' })).toEqual({
        code: 0,
        stdout: 'typed\n',
        stderr: 'a note\n',
      });
    });
  });
});

describe('the request', () => {
  test('is a GET with the variables of a web server on this machine', async () => {
    const { method, url, headers, params } = await seen(['/a%20b?q=1']);
    expect([method, url]).toEqual(['GET', '/a%20b?q=1']);
    expect(headers).toEqual({ host: 'localhost', 'user-agent': 'fcgi', accept: '*/*' });
    expect(params).toMatchObject({
      REQUEST_URI: '/a%20b?q=1',
      PATH_INFO: '/a b',
      QUERY_STRING: 'q=1',
      SERVER_PROTOCOL: 'HTTP/1.1',
      REMOTE_ADDR: '127.0.0.1',
      SERVER_NAME: 'localhost',
      SERVER_PORT: '80',
      REQUEST_SCHEME: 'http',
    });
  });

  test.each([
    ['http://shop.example.org/cart?id=1#top', '/cart?id=1', 'shop.example.org', '80'],
    ['https://shop.example.org', '/', 'shop.example.org', '443'],
    ['https://shop.example.org:8443?q', '/?q', 'shop.example.org:8443', '8443'],
  ])('of the URL %s tells the host and https', async (path, url, host, port) => {
    const { params, ...request } = await seen([path]);
    expect([request.url, request.headers.host, params.SERVER_PORT]).toEqual([url, host, port]);
    expect(params.HTTPS).toBe(path.startsWith('https') ? 'on' : undefined);
  });

  test('of text beyond ASCII has its bytes in percent encoding, as of a browser', async () => {
    expect((await seen(['/Grüße ☕'])).url).toBe('/Gr%C3%BC%C3%9Fe%20%E2%98%95');
  });

  test('of * is for the server', async () => {
    expect(await seen(['*', '-X', 'OPTIONS'])).toMatchObject({ method: 'OPTIONS', url: '*' });
  });

  test('has the headers of -H, those of one name joined, and not those taken away', async () => {
    const lines = [
      'A: 1',
      'A: 2',
      'Cookie: a=1',
      'Cookie: b=2',
      'Accept:',
      'X-Name: Zoë',
      'Host: a.example',
    ];
    const { headers } = await seen(['/', ...lines.flatMap((line) => ['-H', line])]);
    expect(headers).toEqual({
      host: 'a.example',
      'user-agent': 'fcgi',
      a: '1, 2',
      cookie: 'a=1; b=2',
      'x-name': Buffer.from('Zoë').toString('latin1'),
    });
  });

  test('has the variables of -p, and not those taken away', async () => {
    const { params } = await seen([
      '/',
      '-p',
      'REMOTE_USER=ada',
      '-p',
      'SERVER_NAME',
      '-p',
      'EMPTY=',
      '-p',
      'EQ=a=b',
    ]);
    expect(params).toMatchObject({ REMOTE_USER: 'ada', EMPTY: '', EQ: 'a=b' });
    expect(params).not.toHaveProperty('SERVER_NAME');
  });

  test('with -d is the POST of a form; several are its fields', async () => {
    expect(await seen(['/', '-d', 'a=1', '-d', 'b=ü'])).toMatchObject({
      method: 'POST',
      body: 'a=1&b=ü',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '8' },
    });
  });

  test('takes another method and type', async () => {
    const args = ['/', '-d', '{}', '-X', 'PUT', '-H', 'Content-Type: application/json'];
    const { method, headers } = await seen(args);
    expect([method, headers['content-type']]).toEqual(['PUT', 'application/json']);
  });

  test('sends a file as it is, found from the current folder', async () => {
    const content = 'line\n'.repeat(100_000);
    writeFileSync(join(folder, 'data.txt'), content);
    const command = new CommandProcess();
    command.folder = folder;
    const { body, headers } = await seen(['/', '-d', '@data.txt'], command);
    expect([body === content, headers['content-length']]).toEqual([true, String(content.length)]);
  });

  test('sends the standard input, with its length', async () => {
    const command = new CommandProcess();
    command.stdin.end('typed');
    const { body, headers } = await seen(['/', '-d', '@-'], command);
    expect([body, headers['content-length']]).toEqual(['typed', '5']);
  });

  test('names a script below --root, and what follows it', async () => {
    const root = async (path: string) => {
      const { params } = await seen([path, '--root', '/srv/www']);
      const { DOCUMENT_ROOT, SCRIPT_FILENAME, SCRIPT_NAME, PATH_INFO } = params;
      expect(DOCUMENT_ROOT).toBe('/srv/www');
      return [SCRIPT_FILENAME, SCRIPT_NAME, PATH_INFO];
    };
    expect(await root('/a.php?q')).toEqual(['/srv/www/a.php', '/a.php', '']);
    expect(await root('/b/')).toEqual(['/srv/www/b/index.php', '/b/index.php', '']);
    expect(await root('/a.php/more/b.php')).toEqual(['/srv/www/a.php', '/a.php', '/more/b.php']);
    expect(await root('/../../etc/x.php')).toEqual(['/srv/www/etc/x.php', '/etc/x.php', '']);
    expect(await root('/plain')).toEqual(['/srv/www/plain', '/plain', '']);
  });

  test('is one of the role that is asked for', async () => {
    const authorizer: RequestListener = (_req, res) => void res.writeHead(403).end('no entry');
    const get = ({ server }: Served) =>
      runHere(['get', targetOf(server), '/', '--role', 'authorizer']);
    const { stdout } = await serving(mirror, get, { authorizer });
    expect(stdout).toBe('no entry');
  });
});

describe('the answer', () => {
  const listener: RequestListener = (req, res) => {
    res.writeHead(req.url === '/missing' ? 404 : 200, {
      'X-Tag': 'a',
      'Set-Cookie': ['a=1', 'b=2'],
    });
    res.end(req.url === '/missing' ? 'not here' : 'here');
  };
  const get = (...args: string[]) =>
    serving(listener, ({ server }) => runHere(['get', targetOf(server), ...args]));

  const head = (status: string) =>
    `HTTP/1.1 ${status}\r\nX-Tag: a\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n`;

  test('has its head before it with -i', async () => {
    const { stdout } = await get('/', '-i');
    expect(stdout.startsWith(head('200 OK'))).toBe(true);
    expect(stdout.endsWith('\r\n\r\nhere')).toBe(true);
  });

  test('is its head alone with -I', async () => {
    const { stdout } = await get('/', '-I');
    expect(stdout.startsWith(head('200 OK'))).toBe(true);
    expect(stdout.endsWith('\r\n\r\n')).toBe(true);
  });

  test('of a status above 400 is an answer, and with --fail exit code 22 without a body', async () => {
    expect(await get('/missing')).toEqual({ code: 0, stdout: 'not here', stderr: '' });
    const { code, stdout, stderr } = await get('/missing', '--fail');
    expect([code, stdout]).toEqual([22, '']);
    expect(stderr).toMatch(/^fcgi: 127\.0\.0\.1:\d+ answered with the status 404 Not Found\n$/);
    expect(await get('/', '--fail')).toEqual({ code: 0, stdout: 'here', stderr: '' });
  });

  test('goes to the file of -o', async () => {
    const file = join(folder, 'answer');
    expect(await get('/', '-o', file)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(file, 'utf8')).toBe('here');
    expect((await get('/', '-o', '-')).stdout).toBe('here');
  });

  test('that cannot be written is exit code 23', async () => {
    const { code, stderr } = await get('/', '-o', join(folder, 'no/folder'));
    expect(code).toBe(23);
    expect(stderr).toMatch(/^fcgi: Cannot write to \S+: ENOENT[^\n]*\n$/);
  });
});

test('a standard input that cannot be read is exit code 26', async () => {
  const command = new CommandProcess();
  command.stdin.destroy(new Error('gone'));
  const outcome = await runHere(['get', ':9', '/', '-d', '@-'], command);
  expect(outcome).toMatchObject({
    code: 26,
    stderr: 'fcgi: Cannot read the standard input: gone\n',
  });
});

test('a pipe is read to its end, so that its length can be told', async () => {
  const file = join(folder, 'fifo');
  execFileSync('mkfifo', [file]);
  const sent = seen(['/', '-d', `@${file}`]);
  await writeFile(file, 'through a pipe');
  expect(await sent).toMatchObject({ body: 'through a pipe', headers: { 'content-length': '14' } });
});

describe('a body that cannot be read is exit code 26:', () => {
  test.each([
    ['a file that is not there', '@no/file', 'ENOENT'],
    ['a folder', '@.', 'EISDIR'],
  ])('%s', async (_, data, code) => {
    const outcome = await fcgi(['get', ':9', '/', '-d', data]);
    expect(await runHere(['get', ':9', '/', '-d', data])).toEqual(outcome);
    expect([outcome.code, outcome.stdout]).toEqual([26, '']);
    expect(outcome.stderr).toMatch(new RegExp(`^fcgi: Cannot read \\S+: ${code}[^\\n]*\\n$`));
  });
});
