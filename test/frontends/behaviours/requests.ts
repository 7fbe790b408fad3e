import { type AskOptions, ask } from '../support/http-client.ts';
import type { Rule, Site } from '../support/site.ts';

/** Loopback has more than one address only on Linux. */
const CLIENT = process.platform === 'linux' ? '127.0.0.3' : '127.0.0.1';

/** A request as the application saw it. */
interface Echo {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly hostname: string;
  readonly ip: string;
  readonly port: number;
  readonly protocol: string;
  readonly secure: boolean;
  /** HTTP_PROXY in the application's environment. */
  readonly proxyVariable: string | null;
}

async function echo(site: Site, options: AskOptions = {}): Promise<Echo> {
  const answer = await ask(site.origin, { path: '/echo/', ...options });
  expect(answer.status).toBe(200);
  return JSON.parse(answer.text);
}

/** What the application sees of a request. */
export function requestRules(rule: Rule): void {
  rule('takes and sends JSON', async (site) => {
    const sent = { text: 'Grüß Gott – 你好', list: [1, null, true] };
    const posted = await ask(`${site.origin}/json`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(sent),
    });
    expect(JSON.parse(posted.text)).toEqual({ received: sent });
    const got = await ask(`${site.origin}/json`);
    expect(got.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(got.text)).toEqual({ greeting: 'Grüß Gott' });
  });

  rule('tells the method', async (site) => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      expect(await echo(site, { method })).toMatchObject({ method, httpVersion: '1.1' });
    }
  });

  rule('leaves the path and the query as the client wrote them', async (site) => {
    const paths = [
      '/echo/a%2Fb%20c/%C3%A9%3F?q=%26&x=a+b',
      '/echo/100%25/%2541',
      '/echo//double//slash',
      '/echo/a/../b/./c',
      "/echo/~!$&'()*+,;=:@",
      '/echo/?',
    ];
    for (const path of paths) expect(await echo(site, { path })).toMatchObject({ url: path });
  });

  rule('reduces a target in absolute form to its path', async (site) => {
    const { url } = await echo(site, { path: `${site.origin}/echo/absolute?x=1` });
    expect(url).toBe('/echo/absolute?x=1');
  });

  rule('passes 7 KiB of request headers on', async (site) => {
    const value = 'x'.repeat(7 * 1024);
    const { headers } = await echo(site, { headers: { 'x-long': value } });
    expect(headers['x-long']).toBe(value);
  });

  rule('tells the client from which the request comes, without "trust proxy"', async (site) => {
    const seen = await echo(site, { localAddress: CLIENT });
    expect(seen).toMatchObject({ ip: CLIENT, secure: false, protocol: 'http' });
    expect(seen.port).toBeGreaterThan(0);
  });

  rule('tells the host that the client asked', async (site) => {
    const { hostname } = await echo(site, { headers: { 'X-Forwarded-Host': 'evil.example.org' } });
    expect(hostname).toBe('127.0.0.1');
  });

  rule('does not believe what a client says of itself', async (site) => {
    const seen = await echo(site, {
      localAddress: CLIENT,
      headers: {
        'X-Forwarded-For': '192.0.2.66',
        'X-Forwarded-Proto': 'https',
        'X-Real-IP': '192.0.2.66',
        Forwarded: 'for=192.0.2.66;proto=https',
        Remote_Addr: '192.0.2.66',
        Https: 'on',
      },
    });
    expect(seen).toMatchObject({ ip: CLIENT, secure: false, protocol: 'http' });
    // It is told what the client says: Caddy alone puts its own words into X-Forwarded-*.
    expect(seen.headers.forwarded).toBe('for=192.0.2.66;proto=https');
  });

  rule('keeps X_Real_IP apart from X-Real-IP', async (site) => {
    const { headers } = await echo(site, {
      headers: { X_Real_IP: '192.0.2.66', 'X-Real-IP': '192.0.2.1' },
    });
    expect(headers['x-real-ip']).toBe('192.0.2.1');
  });

  rule('takes a Proxy header for a header only', async (site) => {
    const { proxyVariable } = await echo(site, { headers: { Proxy: 'http://192.0.2.66:3128/' } });
    expect(proxyVariable).toBeNull();
  });

  rule('passes Authorization on', async (site) => {
    const { headers } = await echo(site, { headers: { Authorization: 'Bearer c2VjcmV0' } });
    expect(headers.authorization).toBe('Bearer c2VjcmV0');
  });

  rule('joins repeated headers as http does', async (site) => {
    const headers = ['Cookie', 'a=1', 'Cookie', 'b=2', 'X-Tag', 'one', 'X-Tag', 'two'];
    const seen = await echo(site, { headers: ['Host', '127.0.0.1', ...headers] });
    expect(seen.headers).toMatchObject({ cookie: 'a=1; b=2', 'x-tag': 'one, two' });
  });
}

/** What the application sees of a request over https. */
export function secureRequestRules(rule: Rule): void {
  rule('tells that the client speaks https', async (site) => {
    const answer = await ask(`${site.frontEnd.secureOrigin}/echo/`, {
      ca: site.certificate?.pem as string,
      localAddress: CLIENT,
    });
    expect(JSON.parse(answer.text)).toMatchObject({
      secure: true,
      protocol: 'https',
      ip: CLIENT,
      hostname: '127.0.0.1',
    });
  });
}
