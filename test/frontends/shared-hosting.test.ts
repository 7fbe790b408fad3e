import { existsSync, renameSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { within } from '../support/deadline.ts';
import { Account, blocks, removeInstalled } from './support/account.ts';
import { APACHE, MOD_FCGID } from './support/apache.ts';
import { gone } from './support/host.ts';
import { ask, Exchange, send, sendBody } from './support/http-client.ts';
import { describeWith } from './support/requirement.ts';
import { startHost } from './support/shared-host.ts';
import type { RunningWebServer } from './support/start-web-server.ts';

/** An application that tells how it was started and asked. */
const TELLING = `
const express = require('express');
const app = express();
app.post('/upload/:name', (req, res) => {
  let bytes = 0;
  req.on('data', (chunk) => { bytes += chunk.length; });
  req.on('end', () => res.json({ bytes, name: req.params.name, id: req.fastcgi.id }));
});
app.get('/leave', () => process.exit(3));
app.use((req, res) => {
  if (req.path === '/log') console.log('A line of the application');
  const { url, originalUrl, baseUrl } = req;
  const { authorization } = req.headers;
  const { pid } = process;
  res.json({ url, originalUrl, baseUrl, authorization, pid, folder: process.cwd(),
    production: process.env.NODE_ENV });
});
module.exports = app;
`;

/** An application that says when it has begun its answer, and ends it when it is told. */
const IN_PIECES = `
const { existsSync, writeFileSync } = require('node:fs');
module.exports = (req, res) => {
  res.write('The beginning, ', () => writeFileSync('begun', 'yes'));
  const goOn = () => (existsSync('go-on') ? res.end('and the end.') : setTimeout(goOn, 20));
  goOn();
};
`;

describeWith('a shared host, set up as docs/shared-hosting.md says', [APACHE, MOD_FCGID], () => {
  let account: Account;
  let server: RunningWebServer;

  beforeAll(async () => {
    account = await Account.make();
    account.follow('Setting it up');
    const [app = ''] = blocks('js', 'Setting it up');
    account.write(app, 'app/app.js');
    server = await startHost(account);
  });

  afterAll(async () => {
    await server?.stop();
    account?.remove();
  });

  const get = async (path: string, headers: Record<string, string> = {}) =>
    ask(`${server.origin}${path}`, { path, headers });

  const told = async (path: string, headers?: Record<string, string>) => {
    const { status, text } = await get(path, headers);
    if (status !== 200) throw new Error(`${path} got ${status}: ${text}\n${server.errorLog()}`);
    return JSON.parse(text);
  };

  /** Asks until an answer is right. */
  async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const look = async () => {
      while (!(await holds())) await pause(50, undefined, { ref: false });
    };
    await within(what, look());
  }

  test('the page’s application answers', async () => {
    const { status, text, headers } = await get('/');
    expect([status, text]).toEqual([200, 'Hello 127.0.0.1 over http\n']);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
  });

  test('another app.js is served after the page’s commands for a restart, and no request is lost', async () => {
    account.write(TELLING, 'app/app.js');
    expect((await get('/')).text).toMatch(/^Hello/);
    account.follow('Restarting', 'app');
    const statuses = new Set<number>();
    await until('the new application', async () => {
      const { status, text } = await get('/');
      statuses.add(status);
      return text.startsWith('{');
    });
    expect([...statuses]).toEqual([200]);
    expect(account.read('app/logs/app.log')).toContain('tmp/restart.txt was touched');
  });

  test('no request is lost in several restarts', async () => {
    const pids = new Set<number>();
    let touches = 0;
    let last = 0;
    await until('three restarts', async () => {
      const { pid } = await told('/');
      pids.add(pid);
      if (pid !== last) {
        last = pid;
        touches += 1;
        account.write(String(touches), 'app/tmp/restart.txt');
      }
      return pids.size > 3;
    });
    // The last touch is still to be noticed.
    await until('the last restart', async () => (await told('/')).pid !== last);
  });

  test('it runs in its folder, as in production, and its lines are in the log', async () => {
    const { folder, production } = await told('/log');
    expect([folder, production]).toEqual([account.path('app'), 'production']);
    await until('the line', async () =>
      account.read('app/logs/app.log').includes('A line of the application'),
    );
  });

  test('it has the URL as the client wrote it', async () => {
    const encoded = ['/a%20b%2Bc?d=%2F', '/caf%C3%A9/', '/what%3F?x=%3F', '/100%25', '/%2541'];
    for (const path of ['/', ...encoded, '/app', '/app/x', '/x/app.fcgi']) {
      expect(await told(path)).toMatchObject({ url: path, originalUrl: path });
    }
  });

  test('it has the header Authorization', async () => {
    const basic = `Basic ${Buffer.from('bob:secret').toString('base64')}`;
    expect(await told('/', { Authorization: basic })).toMatchObject({ authorization: basic });
    expect(await told('/')).not.toHaveProperty('authorization');
  });

  test('files are Apache’s, names with a dot nobody’s', async () => {
    account.write('body {}', 'public_html/style.css');
    account.write('SECRET=1', 'public_html/.env');
    const { status, text, headers } = await get('/style.css');
    expect([status, text, headers['x-powered-by']]).toEqual([200, 'body {}', undefined]);
    for (const path of ['/.env', '/.htaccess', '/.git/config', '/a/.hidden']) {
      expect([path, (await get(path)).status]).toEqual([path, 403]);
    }
    expect(await told('/.well-known/acme-challenge/x')).toMatchObject({
      folder: account.path('app'),
    });
  });

  test('in a sub-folder, by the page’s commands, the application is mounted there', async () => {
    account.follow('In a sub-folder', 'app');
    expect(await told('/shop/cart?x=1')).toMatchObject({
      url: '/cart?x=1',
      baseUrl: '/shop',
      originalUrl: '/shop/cart?x=1',
    });
    expect(await told('/shop/')).toMatchObject({ url: '/', baseUrl: '/shop' });
    const { status, headers } = await get('/shop');
    expect([status, headers.location]).toEqual([301, `${server.origin}/shop/`]);
  });

  test('large uploads pass by the page’s commands and rules', async () => {
    account.follow('Large uploads', 'app');
    const [rules = ''] = blocks('apache', 'Large uploads');
    account.edit(
      (text) => text.replace('RewriteEngine On\n', `RewriteEngine On\n${rules}`),
      'public_html/.htaccess',
    );
    const upload = new Exchange(`${server.origin}/upload/a%20b%3F%25`, { method: 'POST' });
    const [answer] = await Promise.all([upload.answer(), sendBody(upload.request, 1_000_000)]);
    // CGI has no request id.
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      200,
      { bytes: 1_000_000, name: 'a b?%', id: 0 },
    ]);
    expect(await told('/other')).toMatchObject({ url: '/other' });
  });

  test('touching app.fcgi restarts nothing, another file in its place does', async () => {
    account.addSite('replaced');
    const { pid } = await told('/replaced/');
    account.write(account.read('public_html/replaced/app.fcgi'), 'public_html/replaced/app.fcgi');
    expect((await told('/replaced/')).pid).toBe(pid);
    account.addSite('another');
    renameSync(
      account.path('public_html/another/app.fcgi'),
      account.path('public_html/replaced/app.fcgi'),
    );
    expect((await told('/replaced/')).pid).not.toBe(pid);
  });

  test('a response in pieces arrives in one', async () => {
    account.addSite('pieces');
    account.write(IN_PIECES, 'app-pieces/app.js');
    const exchange = send(`${server.origin}/pieces/`);
    let begun = false;
    exchange.request.on('response', () => {
      begun = true;
    });
    await until('the first piece', async () => account.read('app-pieces/begun') !== '');
    for (let i = 0; i < 25; i++) expect((await get('/')).status).toBe(200);
    expect(begun).toBe(false);
    account.write('', 'app-pieces/go-on');
    expect((await exchange.answer()).text).toBe('The beginning, and the end.');
  });

  test('a log that has grown large is begun anew at the next start', async () => {
    for (const [site, size] of [
      ['small', 10_000_000],
      ['large', 10_000_001],
    ] as const) {
      account.addSite(site);
      const log = account.path(`app-${site}`, 'logs/app.log');
      account.write('x'.repeat(size), log.slice(account.home.length));
      await told(`/${site}/`);
      expect([site, existsSync(`${log}.old`)]).toEqual([site, site === 'large']);
      const before = site === 'large' ? 0 : size;
      await until('a line in the log', async () => statSync(log).size > before);
    }
  });

  test('a copy that ends by itself is followed by another', async () => {
    account.addSite('leaving');
    const { pid } = await told('/leaving/');
    expect((await get('/leaving/leave')).status).toBe(500);
    expect((await told('/leaving/')).pid).not.toBe(pid);
  });

  test('an application inside of public_html is not to be seen', async () => {
    account.addSite('inside');
    renameSync(account.path('app-inside'), account.path('public_html/inside/app'));
    const [rules = ''] = blocks('apache', 'Setting it up');
    account.write(rules, 'public_html/inside/app/.htaccess');
    account.edit(
      (text) => text.replace('=../../app-inside', '=app'),
      'public_html/inside/app.fcgi',
    );
    const folder = account.path('public_html/inside/app');
    expect(await told('/inside/')).toMatchObject({ folder });
    for (const file of [
      'app.js',
      'package.json',
      'logs/app.log',
      'node_modules/fcgi/package.json',
    ]) {
      expect([file, (await get(`/inside/app/${file}`)).status]).toEqual([file, 403]);
    }
  });
});

describeWith('a host with the limits of mod_fcgid, only shorter', [APACHE, MOD_FCGID], () => {
  test.each([
    ['no request comes', 'FcgidIdleTimeout 1'],
    ['its time is over', 'FcgidProcessLifeTime 1'],
  ])('a copy is ended when %s, and the next request starts another', async (_, limit) => {
    const account = await Account.make();
    account.follow('Setting it up');
    account.write(TELLING, 'app/app.js');
    const scans = ['Idle', 'Error', 'Zombie'].map((of) => `Fcgid${of}ScanInterval 1`);
    const settings = [limit, 'FcgidMinProcessesPerClass 0', ...scans].join('\n');
    const server = await startHost(account, { settings });
    try {
      const pid = async () => JSON.parse((await ask(`${server.origin}/`)).text).pid;
      const first = await pid();
      await gone(first);
      expect(account.read('app/logs/app.log')).toContain('fcgi: SIGTERM: finishing what runs');
      expect(await pid()).not.toBe(first);
    } finally {
      await server.stop();
      account.remove();
    }
  });
});

afterAll(removeInstalled);

describeWith('a shared host without FastCGI', [APACHE], () => {
  test('serves the same files by CGI', async () => {
    const account = await Account.make();
    account.follow('Setting it up');
    account.write(TELLING, 'app/app.js');
    const server = await startHost(account, { programs: ['cgid'] });
    try {
      const basic = `Basic ${Buffer.from('bob:secret').toString('base64')}`;
      const asked = async (path: string) => {
        const { text } = await ask(`${server.origin}${path}`, {
          headers: { Authorization: basic },
        });
        return JSON.parse(text);
      };
      const first = await asked('/a%20b?c');
      expect(first).toMatchObject({
        url: '/a%20b?c',
        authorization: basic,
        folder: account.path('app'),
        production: 'production',
      });
      expect((await asked('/')).pid).not.toBe(first.pid);
    } finally {
      await server.stop();
      account.remove();
    }
  });
});
