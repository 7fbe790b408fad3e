import { statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { withFreshGuestbook } from './guestbook-process.ts';
import { Visitor } from './visitor.ts';

/** `fetch` sets the Origin and Host of a request itself, so this one goes by hand. */
function postFrom(origin: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const type = 'application/x-www-form-urlencoded';
    const post = request(`${origin}/sign`, {
      method: 'POST',
      headers: { 'Content-Type': type, ...headers },
      timeout: 30_000,
    });
    post.on('response', (response) =>
      response.resume().on('end', () => resolve(response.statusCode)),
    );
    post.on('error', reject);
    post.end('name=Mallory&message=Hello');
  });
}

describe('the page', () => {
  test('invites the first visitor while the book is empty', () =>
    withFreshGuestbook(async ({ origin }) => {
      const response = await new Visitor(origin).request('/');
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.has('set-cookie')).toBe(false);
      expect(await response.text()).toContain('The first page is still blank');
    }));

  test('lists the newest entry first, ten a page, with a link to the older ones', () =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      for (let number = 1; number <= 12; number++) await visitor.add(`Guest ${number}.`);

      const first = await visitor.page();
      expect(first.indexOf('Guest 12.')).toBeGreaterThan(0);
      expect(first.indexOf('Guest 12.')).toBeLessThan(first.indexOf('Guest 11.'));
      expect(first).not.toContain('Guest 2.');

      const older = /id="older"[^>]* href="([^"#]+)/.exec(first)?.[1] as string;
      const second = await visitor.page(older);
      expect(second).toContain('Guest 2.');
      expect(second).toContain('Guest 1.');
      expect(second).not.toContain('Guest 3.');
      expect(second).not.toContain('id="older"');
      expect(second).toContain('Back to the newest');
    }));

  test('shows what is written as text and never as markup', () =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      await visitor.sign('<b id="x">Bo</b>', '"><script>alert(1)</script>');
      const page = await visitor.page();
      expect(page).toContain('&lt;b id=&#34;x&#34;&gt;Bo&lt;/b&gt;');
      expect(page).not.toContain('<script>alert');
      expect(page).not.toContain('<b id="x">');
    }));

  test('says which client address and protocol the app sees', () =>
    withFreshGuestbook(async ({ origin }) => {
      const page = await new Visitor(origin).page();
      expect(page).toContain('<span id="client-address">127.0.0.1</span>');
      expect(page).toContain('<span id="client-protocol">http</span>');
    }));

  test('allows no inline script or style and nothing from elsewhere', () =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      const response = await visitor.request('/');
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(response.headers.get('content-security-policy')).not.toContain('unsafe');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.has('x-powered-by')).toBe(false);
      const page = await response.text();
      expect(page).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script>|https?:\/\//);
    }));

  test('serves style and script with their types and lets browsers keep them for an hour', () =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      const css = await visitor.request('/static/guestbook.css');
      expect(css.headers.get('content-type')).toBe('text/css; charset=utf-8');
      expect(css.headers.get('cache-control')).toBe('public, max-age=3600');
      const script = await visitor.request('/static/guestbook.js');
      expect(script.headers.get('content-type')).toMatch(/^text\/javascript/);
      const etag = css.headers.get('etag') as string;
      const again = await visitor.request('/static/guestbook.css', {
        headers: { 'If-None-Match': etag, 'Cache-Control': 'max-age=0' },
      });
      expect(again.status).toBe(304);
    }));
});

describe('signing', () => {
  test('answers a valid form with 303 to the new entry and thanks once', () =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      const response = await visitor.sign('Ada', 'Hello, all.');
      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toBe('/#entry-1');
      const page = await visitor.page();
      expect(page).toContain('Hello, all.');
      expect(page).toContain('Thank you, Ada.');
      expect(await visitor.page()).not.toContain('Thank you');
    }));

  test('takes an urlencoded form as well', () =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      const body = new URLSearchParams({ name: 'Zoë', message: 'a & b = c' });
      const response = await visitor.request('/sign', { method: 'POST', body });
      expect(response.status).toBe(303);
      expect(await visitor.page()).toContain('a &amp; b = c');
    }));

  test('shows what is wrong next to the field, puts the cursor there and keeps the entered text', () =>
    withFreshGuestbook(async ({ origin }) => {
      const response = await new Visitor(origin).sign('  ', 'Kept & unharmed');
      expect(response.status).toBe(422);
      const page = await response.text();
      expect(page).toMatch(
        /<input id="name"[^>]* aria-describedby="name-error" aria-invalid="true" autofocus>/,
      );
      expect(page).toContain('<p class="error" id="name-error">Please write your name.</p>');
      expect(page).toContain('Kept &amp; unharmed</textarea>');
      expect(page).not.toContain('id="message-error"');
      expect(await new Visitor(origin).names()).toEqual([]);
    }));

  test.each([
    ['name', 'n'.repeat(80), 'Hello'],
    ['message', 'Ada', 'm'.repeat(2000)],
  ])('takes the longest %s and refuses one character more', (field, name, message) =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      expect((await visitor.sign(name, message)).status).toBe(303);
      const longer =
        field === 'name' ? { name: `${name}n`, message } : { name, message: `${message}m` };
      const refused = await visitor.sign(longer.name, longer.message);
      expect(refused.status).toBe(422);
      expect(await refused.text()).toContain(`Please keep your ${field} to`);
    }),
  );

  test('strips control characters and text-reversing marks but keeps line breaks', () =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      await visitor.sign('A\u0000d\u001b[31ma\r\nB', 'one\r\ntwo\u0007\u202ethree');
      const entry = await visitor.json('/api/entries/1');
      expect(entry).toMatchObject({ name: 'Ad[31ma B', message: 'one\ntwothree' });
    }));

  test('answers 415 to a body that is no form, and 400 to a damaged one', () =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      const send = (type: string, body: string) =>
        visitor.request('/sign', { method: 'POST', headers: { 'Content-Type': type }, body });
      expect((await send('text/plain', 'hello')).status).toBe(415);
      expect((await send('multipart/form-data', 'hello')).status).toBe(400);
      expect((await send('multipart/form-data; boundary=x', '--x\r\nhalf')).status).toBe(400);
    }));

  test('sends who reloads the address of a refused form back to the book', () =>
    withFreshGuestbook(async ({ origin }) => {
      const response = await new Visitor(origin).request('/sign');
      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toBe('/');
    }));
});

describe('a visitor', () => {
  test('is remembered by a signed cookie that scripts cannot read and other sites cannot send', () =>
    withFreshGuestbook(async ({ origin }, dataFolder) => {
      const visitor = new Visitor(origin);
      const cookies = (await visitor.sign('Ada', 'Hello')).headers.getSetCookie();
      expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual(['guestbook', 'guestbook.sig']);
      for (const cookie of cookies) {
        expect(cookie).toMatch(/; path=\/;/);
        expect(cookie).toMatch(/; samesite=lax; httponly$/);
      }
      expect(statSync(join(dataFolder, 'session.key')).mode & 0o777).toBe(0o600);
      expect(await visitor.page()).toMatch(/<input id="name" name="name" value="Ada"/);
    }));

  test('is told which entries are their own, and nobody else is', () =>
    withFreshGuestbook(async ({ origin }) => {
      const [ada, bob] = [new Visitor(origin), new Visitor(origin)];
      await ada.sign('Ada', 'Hello');
      expect((await ada.page()).split('<template')[0]).toContain('You wrote this');
      expect((await bob.page()).split('<template')[0]).not.toContain('You wrote this');
    }));

  test('may remove their own entry and no other', () =>
    withFreshGuestbook(async ({ origin }) => {
      const [ada, bob] = [new Visitor(origin), new Visitor(origin)];
      await ada.sign('Ada', 'Hello');
      await bob.sign('Bob', 'Hello');
      const remove = { method: 'POST' };
      expect((await bob.request('/entries/1/remove', remove)).status).toBe(403);
      expect(await bob.names()).toEqual(['Bob', 'Ada']);

      const removed = await ada.request('/entries/1/remove', remove);
      expect(removed.status).toBe(303);
      expect(removed.headers.get('location')).toBe('/#notice');
      expect(await ada.page()).toContain('Your entry has been removed.');
      expect(await ada.names()).toEqual(['Bob']);
      expect((await ada.request('/entries/1/remove', remove)).status).toBe(404);
    }));

  test('who forges the cookie is a stranger', () =>
    withFreshGuestbook(async ({ origin }) => {
      const ada = new Visitor(origin);
      const [session] = (await ada.sign('Ada', 'Hello')).headers.getSetCookie();
      const cookie = `${session?.split(';')[0]}; guestbook.sig=AAAAAAAAAAAAAAAAAAAAAAAAAAA`;
      const mallory = new Visitor(origin);
      const init = { method: 'DELETE', headers: { Cookie: cookie } };
      expect((await mallory.request('/api/entries/1', init)).status).toBe(403);
    }));
});

describe('a post from another site', () => {
  test.each([
    ['a cross-site fetch', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a sister site', { 'Sec-Fetch-Site': 'same-site' }],
    ['a foreign origin', { Origin: 'https://evil.example' }],
    ['an opaque origin', { Origin: 'null' }],
    ['another port', { Origin: 'http://127.0.0.1:1' }],
  ])('is refused with 403: %s', (_title, headers) =>
    withFreshGuestbook(async ({ origin }) => {
      expect(await postFrom(origin, headers)).toBe(403);
      expect(await new Visitor(origin).names()).toEqual([]);
    }),
  );

  test('is told from one of our own page, and from one of a program', () =>
    withFreshGuestbook(async ({ origin }) => {
      expect(await postFrom(origin, { 'Sec-Fetch-Site': 'same-origin' })).toBe(303);
      expect(await postFrom(origin, { Origin: origin })).toBe(303);
      const onPort80 = { Origin: 'http://book.example', Host: 'book.example:80' };
      expect(await postFrom(origin, onPort80)).toBe(303);
      expect(await postFrom(origin, {})).toBe(303);
    }));
});

describe('what goes wrong', () => {
  test('is a page for an address that does not exist', () =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      for (const path of ['/nowhere', '/static/nothing.css', '/pictures/..%2fsession.key']) {
        const response = await visitor.request(path);
        expect([path, response.status]).toEqual([path, 404]);
        expect(response.headers.get('content-type')).toMatch(/^text\/html/);
      }
      expect(await visitor.page('/nowhere')).toContain('This page is missing');
      expect((await visitor.request('/?before=soon')).status).toBe(400);
    }));
});

describe('mounted under a path', () => {
  test('keeps every link, redirect and cookie under that path', () =>
    withFreshGuestbook(
      async ({ origin }) => {
        const visitor = new Visitor(`${origin}/guestbook`);
        const signed = await visitor.sign('Ada', 'Hello');
        expect(signed.headers.get('location')).toBe('/guestbook/#entry-1');
        expect(signed.headers.getSetCookie()[0]).toMatch(/; path=\/guestbook;/);
        for (let number = 2; number <= 12; number++) await visitor.add(`Guest ${number}`);

        const page = await visitor.page('');
        const links = [...page.matchAll(/(?:href|src|action|data-events)="(\/[^"]*)"/g)];
        expect(links.length).toBeGreaterThan(10);
        for (const [, link] of links) expect(link).toMatch(/^\/guestbook\//);
        expect((await visitor.request('/static/guestbook.css')).status).toBe(200);

        const created = await visitor.postJson({ name: 'Bo', message: 'Hi' });
        expect(created.headers.get('location')).toBe('/guestbook/api/entries/13');
        const { next } = await visitor.json<{ next: string }>('/api/entries?limit=5');
        expect(next).toBe('/guestbook/api/entries?before=9&limit=5');
      },
      { mount: '/guestbook' },
    ));
});
