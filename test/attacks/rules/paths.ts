import type { Rule } from '../../frontends/support/site.ts';
import { bodyOf, sendRaw, statuses } from '../support/raw-client.ts';
import { reached, type Seen } from '../support/witness.ts';

const get = (target: string) =>
  `GET ${target} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`;

const targets = [
  '/a%0d%0aInjected:%20yes',
  '/a%0aREMOTE_USER=admin',
  '/a%00.txt',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/a?b%00c%0ad',
  '/%ff%fe',
];

/** The path of a target, as one who decodes it sees it. */
const decoded = (target: string) =>
  target.replace(/%(..)/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));

/** Web servers decode PATH_INFO where they are set up to send it. */
export function pathInfoAttacks(rule: Rule): void {
  for (const target of targets.filter((one) => !one.includes('?'))) {
    rule(`the PATH_INFO of ${target} is one value, whatever is in it`, async (site) => {
      let received = '';
      const requests = await reached(site, async () => {
        received = await sendRaw(site.origin, get(target));
      });
      const [status, ...others] = statuses(received);
      expect(others).toEqual([]);
      if (status !== 200) {
        expect(requests).toEqual([]);
        return;
      }
      const json = Buffer.from(bodyOf(received), 'latin1').toString();
      const { url, headers, params } = JSON.parse(json) as Seen;
      const variables = new Map(params);
      expect([url, variables.get('PATH_INFO')]).toEqual([target, decoded(target)]);
      expect(variables.get('REMOTE_USER') ?? '').toBe('');
      expect(headers.map(([name]) => name)).not.toContain('injected');
    });
  }
}

/** Paths that become something else when they are decoded, or cut off. */
export function pathAttacks(rule: Rule): void {
  for (const target of targets) {
    rule(`${target} reaches the application as it was sent, or not at all`, async (site) => {
      let received = '';
      const requests = await reached(site, async () => {
        received = await sendRaw(site.origin, get(target));
      });
      expect(statuses(received)).toHaveLength(1);
      expect(received).not.toMatch(/^injected:/im);
      const [status] = statuses(received);
      if (status !== 200) {
        expect(requests).toEqual([]);
        return;
      }
      expect(requests).toEqual([{ method: 'GET', url: target, body: '' }]);
      const { headers, params } = JSON.parse(bodyOf(received)) as Seen;
      expect(headers.map(([name]) => name)).not.toContain('injected');
      expect(new Map(params).get('REMOTE_USER') ?? '').toBe('');
    });
  }

  rule('a raw NUL or CR in the request line or a header is refused', async (site) => {
    for (const bytes of [
      get('/a\0b'),
      get('/a\rb'),
      'GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\nConnection: close\r\n\r\n',
    ]) {
      let received = '';
      const requests = await reached(site, async () => {
        received = await sendRaw(site.origin, bytes);
      });
      expect(statuses(received)).toEqual([400]);
      expect(requests).toEqual([]);
    }
  });

  rule('lengths that no number holds are refused', async (site) => {
    for (const length of ['99999999999999999999', '18446744073709551617', '-1', '0x10']) {
      const requests = await reached(site, async () => {
        const received = await sendRaw(
          site.origin,
          `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\nabc`,
        );
        expect(statuses(received)[0]).toBeGreaterThanOrEqual(400);
      });
      expect(requests).toEqual([]);
    }
  });
}
