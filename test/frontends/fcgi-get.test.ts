import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fcgi } from '../cli/support/command.ts';
import { GO } from './support/counterpart.ts';
import { NGINX } from './support/nginx.ts';
import { startGo, startOurs, startPhpFpm } from './support/other-applications.ts';
import { PHP_FPM } from './support/php-fpm.ts';
import type { RunningProcess } from './support/process.ts';
import { describeWith, type Program } from './support/requirement.ts';
import { type RunningWebServer, startWebServer } from './support/start-web-server.ts';

/** An application of somebody's, and the paths of its pages. */
interface Case {
  readonly name: string;
  readonly programs: readonly Program[];
  readonly start: (folder: string, socket: string) => Promise<RunningProcess>;
  readonly page: string;
  readonly missing: string;
}

const applications: readonly Case[] = [
  {
    name: 'php-fpm',
    programs: [PHP_FPM],
    start: startPhpFpm,
    page: '/index.php',
    missing: '/missing.php',
  },
  { name: 'Go', programs: [GO], start: startGo, page: '/page', missing: '/missing' },
  { name: 'this package', programs: [], start: startOurs, page: '/page', missing: '/missing' },
];

/** A program is compiled first. */
const START_LIMIT = 300_000;

/** nginx in front of a socket, with its stock variables and those for scripts. */
function startNginx(folder: string, socket: string): Promise<RunningWebServer> {
  const file = join(folder, 'nginx.conf');
  return startWebServer(1, ({ ports: [port], token }) => {
    const temporary = ['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'];
    writeFileSync(
      file,
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    root ${folder};
    include /etc/nginx/fastcgi_params;
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    location / { fastcgi_pass unix:${socket}; }
    location = /.ready { return 200 ${token}; }
  }
}`,
    );
    return { command: NGINX.path, args: ['-c', file, '-e', join(folder, 'error.log')] };
  });
}

/** Headers that are the web server's own, or say how it frames the body. */
const WEB_SERVERS = new Set([
  'server',
  'date',
  'connection',
  'transfer-encoding',
  'content-length',
]);

const own = (headers: Iterable<readonly [string, string]>) =>
  [...headers]
    .map(([name, value]) => [name.toLowerCase(), value])
    .filter(([name]) => !WEB_SERVERS.has(name as string))
    .sort();

/** Status, headers and body of what `fcgi get -i` prints. */
function parse(stdout: string) {
  const [head = '', body] = stdout.split(/\r\n\r\n(.*)/s);
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => line.split(/: ?(.*)/s) as unknown as [string, string]);
  return { status: Number(statusLine.split(' ')[1]), headers: own(headers), body };
}

describe.each(applications)('$name', ({ name, programs, start, page, missing }) => {
  describeWith(`fcgi get of ${name} behind nginx`, [NGINX, ...programs], () => {
    let folder: string;
    let socket: string;
    let application: RunningProcess | undefined;
    let nginx: RunningWebServer | undefined;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'fcgi-get-'));
      socket = join(folder, 'app.sock');
      application = await start(folder, socket);
      nginx = await startNginx(folder, socket);
    }, START_LIMIT);

    afterAll(async () => {
      await nginx?.stop();
      await application?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    /** What a browser gets from nginx. */
    async function browser(path: string, init: RequestInit = {}) {
      const response = await fetch(`${nginx?.origin}${path}`, init);
      const { status, headers } = response;
      return { status, headers: own(headers.entries()), body: await response.text() };
    }

    const get = async (...args: string[]) => {
      const { code, stdout } = await fcgi(['get', socket, '-i', '--root', folder, ...args]);
      expect(code).toBe(0);
      return parse(Buffer.from(stdout, 'latin1').toString());
    };

    test('prints what the browser gets', async () => {
      const answer = await get(`${page}?a=1&b=%C3%BC`, '-H', 'X-Tag: t');
      expect(answer).toEqual(await browser(`${page}?a=1&b=%C3%BC`, { headers: { 'X-Tag': 't' } }));
      expect(answer.body).toBe(`GET ${page}?a=1&b=%C3%BC `);
    });

    test('prints what the browser gets for a POST', async () => {
      const type = { 'Content-Type': 'text/plain' };
      const answer = await get(page, '-d', 'Grüße', '-H', 'Content-Type: text/plain');
      expect(answer).toEqual(await browser(page, { method: 'POST', body: 'Grüße', headers: type }));
      expect(answer.body).toBe(`POST ${page} Grüße`);
    });

    test('prints what the browser gets for an upload of a file', async () => {
      const content = 'x'.repeat(1_000_000);
      writeFileSync(join(folder, 'upload'), content);
      const { body } = await get(page, '-d', `@${join(folder, 'upload')}`);
      expect(body === `POST ${page} ${content}`).toBe(true);
    });

    test('prints what the browser gets for a page that is missing', async () => {
      const answer = await get(missing);
      expect(answer).toEqual(await browser(missing));
      expect(answer.status).toBe(404);
    });

    test('asks it for its values, and finds it healthy', async () => {
      const { code, stdout } = await fcgi(['values', socket, 'FCGI_MPXS_CONNS']);
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^FCGI_MPXS_CONNS=[01]\n$/)]);
      expect((await fcgi(['ping', socket])).code).toBe(0);
    });

    if (name === 'php-fpm') {
      test('says what is missing without --root', async () => {
        const { stderr } = await fcgi(['get', socket, page]);
        expect(stderr).toContain(`fcgi: ${socket} wants a file: --root says in which folder`);
      });

      test('finds it healthy by its ping.path', async () => {
        const ping = ['-p', 'SCRIPT_FILENAME=/ping', '-p', 'SCRIPT_NAME=/ping'];
        expect((await fcgi(['ping', socket, '/ping', ...ping])).code).toBe(0);
        expect((await fcgi(['ping', socket, '/no', '--root', folder])).code).toBe(22);
      });
    }
  });
});
