import { once } from 'node:events';
import { within } from '../support/deadline.ts';
import { answer, endRequest, type FakePeer } from '../support/fake-application.ts';
import { withSite } from './site.ts';

const files = { 'a.php': '', 'b.php': '', 'page.html': 'page', 'dir/index.php': '' };

/** Answers the script `/a.php` with this, others with their variables. */
const redirecting = (head: string, body = '') => ({
  files,
  onRequest: (peer: FakePeer) => {
    if (peer.params.SCRIPT_NAME === '/a.php') peer.send(answer(`${head}\n\n${body}`));
    else peer.send(answer(`X-Own: 1\n\n${JSON.stringify(peer.params)}`));
  },
});

test('answers Location: /path without a status with what that path answers', () =>
  withSite(redirecting('Location: /b.php/x?y=1'), async ({ get, asked, root }) => {
    const headers = { 'Content-Type': 'text/plain', Cookie: 'a=1' };
    const { res, body } = await get('/a.php', { method: 'POST', headers }, 'a body');
    expect([res.statusCode, res.headers.location]).toEqual([200, undefined]);
    expect(asked).toHaveLength(2);
    expect(JSON.parse(body)).toMatchObject({
      REQUEST_METHOD: 'GET',
      REQUEST_URI: '/b.php/x?y=1',
      QUERY_STRING: 'y=1',
      SCRIPT_NAME: '/b.php',
      SCRIPT_FILENAME: `${root}/b.php`,
      PATH_INFO: '/x',
      CONTENT_LENGTH: '',
      CONTENT_TYPE: '',
      HTTP_COOKIE: 'a=1',
    });
  }));

test('keeps HEAD a HEAD', () =>
  withSite(redirecting('Location: /b.php'), async ({ get, asked }) => {
    const { res } = await get('/a.php', { method: 'HEAD' });
    expect([res.statusCode, res.headers['x-own']]).toEqual([200, '1']);
    expect(asked.map(({ REQUEST_METHOD }) => REQUEST_METHOD)).toEqual(['HEAD', 'HEAD']);
  }));

test('sends the cookies of both answers, and no other header of the first', () =>
  withSite(
    redirecting('Set-Cookie: a=1\nX-First: 1\nset-cookie: b=2\nLocation: /b.php#part', 'unseen'),
    async ({ get }) => {
      const { res, body } = await get('/a.php');
      expect(res.headers['set-cookie']).toEqual(['a=1', 'b=2']);
      expect(res.headers).toMatchObject({ 'x-own': '1' });
      expect(res.headers).not.toHaveProperty('x-first');
      expect(JSON.parse(body)).toMatchObject({ REQUEST_URI: '/b.php', SCRIPT_NAME: '/b.php' });
    },
  ));

test('answers a redirect to a file with the file, also to a POST', () =>
  withSite(
    { ...redirecting('Set-Cookie: a=1\nLocation: /page.html'), static: true },
    async ({ get }) => {
      const { res, body } = await get('/a.php', { method: 'POST' }, 'a body');
      expect([res.statusCode, body]).toEqual([200, 'page']);
      expect(res.headers['set-cookie']).toEqual(['a=1']);
    },
  ));

test.each(['/missing.php', '/dir', '/..', '/%00', '//host/b.php'])(
  'leaves a redirect to %s to the client',
  (location) =>
    withSite(redirecting(`Location: ${location}`), async ({ get, asked }) => {
      const { res } = await get('/a.php');
      expect([res.statusCode, res.headers.location]).toEqual([302, location]);
      expect(asked).toHaveLength(1);
    }),
);

test.each([
  ['Status: 302 Found\nLocation: /b.php', 302],
  ['Status: 200 OK\nLocation: /b.php', 200],
  ['Status: 201 Created\nLocation: /b.php', 201],
  ['Location: http://example.test/b.php', 302],
])('passes %j on as it is', (head, status) =>
  withSite(redirecting(head), async ({ get, asked }) => {
    const { res } = await get('/a.php');
    expect(res.statusCode).toBe(status);
    expect(res.headers.location).toMatch(/b\.php$/);
    expect(asked).toHaveLength(1);
  }),
);

test('follows redirects of an application without scripts', () => {
  const onRequest = (peer: FakePeer) =>
    void peer.send(
      answer(
        peer.params.PATH_INFO === '/a' ? 'Location: /b\n\n' : `X: 1\n\n${peer.params.PATH_INFO}`,
      ),
    );
  return withSite({ root: undefined, onRequest }, async ({ get }) => {
    expect((await get('/a')).body).toBe('/b');
  });
});

test('follows ten, and answers 502 to more', async () => {
  const counting = (last: number) => (peer: FakePeer) => {
    const count = Number(peer.params.QUERY_STRING);
    peer.send(answer(count === last ? 'X: 1\n\nthere' : `Location: /a.php?${count + 1}\n\n`));
  };
  await withSite({ files, onRequest: counting(10) }, async ({ get, asked }) => {
    expect((await get('/a.php?0')).body).toBe('there');
    expect(asked).toHaveLength(11);
  });
  await withSite({ files, onRequest: counting(11) }, async ({ get, gateway, asked }) => {
    const told = once(gateway, 'gatewayError');
    const { res, body } = await get('/a.php?0');
    expect([res.statusCode, asked.length]).toEqual([502, 11]);
    expect(body).toContain('ERR_FCGI_LOCAL_REDIRECTS');
    const [error] = await within('gatewayError', told);
    expect(error).toMatchObject({ code: 'ERR_FCGI_LOCAL_REDIRECTS', limit: 10 });
  });
});

test('an answer that goes wrong behind its redirect is not waited for', () =>
  withSite(
    {
      files,
      onRequest: (peer) => {
        if (peer.params.SCRIPT_NAME === '/b.php') peer.send(answer('X: 1\n\nthere'));
        else peer.send(answer('Content-Length: 9\nLocation: /b.php\n\nshort'));
      },
    },
    async ({ get }) => {
      expect((await get('/a.php')).body).toBe('there');
    },
  ));

test('an answer that goes on behind its redirect keeps its connection', () => {
  const seen: FakePeer[] = [];
  const whole = answer('Location: /b.php\n\n');
  const head = whole.length - endRequest().length;
  const onRequest = (peer: FakePeer) => {
    seen.push(peer);
    if (seen.length === 1) peer.send(whole.subarray(0, head));
    if (seen.length === 2) {
      seen[0]?.send(whole.subarray(head));
      peer.send(answer('X: 1\n\nthere'));
    }
    // The last two come together, so that they need both connections.
    if (seen.length === 4) for (const last of seen.slice(2)) last.send(answer('X: 1\n\n'));
  };
  return withSite({ files, onRequest }, async ({ get }) => {
    expect((await get('/a.php')).body).toBe('there');
    await Promise.all([get('/b.php'), get('/b.php')]);
    expect(new Set(seen).size).toBe(2);
  });
});
