import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APACHE } from './support/apache.ts';
import { Application } from './support/application.ts';
import { type AskOptions, ask } from './support/http-client.ts';
import { LIGHTTPD } from './support/lighttpd.ts';
import { NGINX } from './support/nginx.ts';
import {
  CADDY,
  MOD_XSENDFILE,
  type StartOffloading,
  startApache,
  startCaddy,
  startLighttpd,
  startNginx,
} from './support/offloading.ts';
import { describeWith, type Program } from './support/requirement.ts';
import { requestName } from './support/site.ts';
import type { RunningWebServer } from './support/start-web-server.ts';

const TEXT = 'The quick brown fox jumps over the lazy dog.\n'.repeat(100);

/** Names that mean something in a URL, in a header, or to a file system. */
const NAMES = [
  'two words.txt',
  '100%.txt',
  '%41.txt',
  'Grüße.txt',
  'a?b#c.txt',
  'a+b&c.txt',
  "it's;.txt",
];

interface Case {
  readonly name: string;
  readonly programs: readonly Program[];
  readonly start: StartOffloading;
  readonly header?: string;
  readonly version?: 4;
}

const cases: Case[] = [
  { name: 'nginx', programs: [NGINX], start: startNginx },
  { name: 'nginx, Express 4', programs: [NGINX], start: startNginx, version: 4 },
  { name: 'lighttpd', programs: [LIGHTTPD], start: startLighttpd },
  {
    name: 'Apache mod_xsendfile',
    programs: [APACHE, MOD_XSENDFILE],
    start: startApache,
    header: 'X-Sendfile',
  },
  { name: 'Caddy', programs: [CADDY], start: startCaddy, header: 'X-Accel-Redirect' },
];

for (const { name, programs, start, ...options } of cases) {
  describeWith(`files that ${name} sends, as docs/offloading.md says`, programs, () => {
    let folder: string;
    let application: Application;
    let server: RunningWebServer;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'fcgi-files-'));
      mkdirSync(join(folder, 'files'));
      for (const file of ['page.txt', ...NAMES]) writeFileSync(join(folder, 'files', file), TEXT);
      writeFileSync(join(folder, 'files', 'empty.txt'), '');
      writeFileSync(join(folder, 'secret.txt'), 'A secret');
      symlinkSync(join(folder, 'secret.txt'), join(folder, 'files', 'link.txt'));
      application = await Application.start({
        application: 'files',
        listen: { path: join(folder, 'app.sock'), mode: 0o666 },
        options: { folder, ...options },
      });
      server = await start(folder);
    });

    afterAll(async () => {
      await server?.stop();
      await application?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Asks for a file, and tells whether it was the web server that sent it. */
    async function get(path: string, query: Record<string, string> = {}, more: AskOptions = {}) {
      const id = requestName();
      const search = new URLSearchParams({ id, ...query });
      const answer = await ask(`${server.origin}${path}?${search}`, more);
      const { offloaded } = await application.noted<{ offloaded: boolean }>('sent', id);
      return { ...answer, id, offloaded };
    }

    const page = (more: AskOptions = {}) => get('/send', { name: 'page.txt' }, more);

    test('the bytes, and the headers that the application gave them', async () => {
      const { status, headers, text, offloaded, id } = await page();
      expect([status, text, offloaded]).toEqual([200, TEXT, true]);
      expect(headers).toMatchObject({
        'content-type': expect.stringMatching(/^text\/plain; charset=utf-8$/i),
        'content-length': String(TEXT.length),
        'cache-control': 'public, max-age=60',
        'set-cookie': [`seen=${id}; Path=/`],
        'x-content-type-options': 'nosniff',
        'accept-ranges': 'bytes',
      });
      expect(Object.keys(headers)).toEqual(expect.arrayContaining(['etag', 'last-modified']));
      const telling = Object.keys(headers).filter((header) =>
        /x-accel|x-sendfile|^status$/.test(header),
      );
      expect(telling).toEqual([]);
      expect(await application.noted('called back', id)).toBeNull();
    });

    test('res.download() has its name', async () => {
      const { status, headers, text, offloaded } = await get('/download', { name: 'page.txt' });
      expect([status, text, offloaded]).toEqual([200, TEXT, true]);
      expect(headers['content-disposition']).toMatch(/^attachment; filename="?report\.txt"?$/);
    });

    test.each(NAMES)('the file %j', async (name) => {
      const { status, text, offloaded } = await get('/send', { name });
      expect([status, text, offloaded]).toEqual([200, TEXT, true]);
    });

    test('an empty file', async () => {
      const { status, headers, text, offloaded } = await get('/send', { name: 'empty.txt' });
      expect([status, headers['content-length'], text, offloaded]).toEqual([200, '0', '', true]);
    });

    test('HEAD has the head of GET', async () => {
      const whole = await page();
      const head = await page({ method: 'HEAD' });
      expect([head.status, head.text, head.offloaded]).toEqual([200, '', true]);
      for (const header of ['content-length', 'content-type', 'etag', 'last-modified']) {
        expect([header, head.headers[header]]).toEqual([header, whole.headers[header]]);
      }
    });

    test('the answer to POST has the bytes', async () => {
      const { status, text, offloaded } = await get('/send', {}, { method: 'POST', body: 'a=b' });
      expect([status, text, offloaded]).toEqual([200, TEXT, true]);
    });

    test('a range', async () => {
      const { status, headers, text, offloaded } = await page({ headers: { Range: 'bytes=4-8' } });
      expect([status, text, offloaded]).toEqual([206, 'quick', true]);
      expect(headers['content-range']).toBe(`bytes 4-8/${TEXT.length}`);
    });

    test('a range of a file that has not changed, and the whole of one that has', async () => {
      const { headers } = await page();
      const range = { Range: 'bytes=4-8' };
      const same = await page({ headers: { ...range, 'If-Range': headers.etag as string } });
      expect([same.status, same.text]).toEqual([206, 'quick']);
      const changed = await page({ headers: { ...range, 'If-Range': '"another"' } });
      expect([changed.status, changed.text]).toEqual([200, TEXT]);
    });

    test('a range that there is not', async () => {
      const { status } = await page({ headers: { Range: 'bytes=999999-' } });
      expect(status).toBe(416);
    });

    test.each([
      ['If-None-Match', 'etag'],
      ['If-Modified-Since', 'last-modified'],
    ])('304 by %s for who has the file', async (condition, validator) => {
      const { headers } = await page();
      const answer = await page({ headers: { [condition]: headers[validator] as string } });
      expect([answer.status, answer.text, answer.offloaded]).toEqual([304, '', true]);
    });

    test.each([
      ['If-None-Match', '"another"'],
      ['If-Modified-Since', 'Thu, 01 Jan 1998 00:00:00 GMT'],
    ])('the whole file by %s for who has another', async (condition, validator) => {
      const { status, text } = await page({ headers: { [condition]: validator } });
      expect([status, text]).toEqual([200, TEXT]);
    });

    test('the file by If-Match for who has it, and not for who has another', async () => {
      const { headers } = await page();
      const same = await page({ headers: { 'If-Match': headers.etag as string } });
      expect([same.status, same.text]).toEqual([200, TEXT]);
      const other = await page({ headers: { 'If-Match': '"another"' } });
      // lighttpd knows no If-Match.
      expect(other.status).toBe(name === 'lighttpd' ? 200 : 412);
    });

    test('a file of another folder is the application’s to send', async () => {
      const { status, text, offloaded } = await get('/elsewhere');
      expect([status, text, offloaded]).toEqual([200, 'A secret', false]);
    });

    test('a link that leads out of the folder is the application’s to send', async () => {
      const { text, offloaded } = await get('/send', { name: 'link.txt' });
      expect([text, offloaded]).toEqual(['A secret', false]);
    });

    test('a file that there is not has the application’s 404', async () => {
      const { status, offloaded, id } = await get('/send', { name: 'none.txt' });
      expect([status, offloaded]).toEqual([404, false]);
      expect(await application.noted('called back', id)).toBe('ENOENT');
    });

    test('what lies above the folder has the application’s 403', async () => {
      const { status, offloaded } = await get('/send', { name: '../secret.txt' });
      expect([status, offloaded]).toEqual([403, false]);
    });

    test('a page with another status keeps it', async () => {
      const { status, text, offloaded } = await get('/missing');
      expect([status, text, offloaded]).toEqual([404, TEXT, false]);
    });

    test('the location is not open to clients', async () => {
      const { status } = await ask(`${server.origin}/protected/page.txt`);
      expect(status).toBe(404);
    });
  });
}
