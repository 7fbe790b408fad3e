import { ask } from '../../frontends/support/http-client.ts';
import type { Rule } from '../../frontends/support/site.ts';
import type { Seen } from '../support/witness.ts';

const seen = async (url: string, headers: readonly string[] = []): Promise<Seen> => {
  const { status, text } = await ask(url, { headers: ['Host', 'example.test', ...headers] });
  expect(status).toBe(200);
  return JSON.parse(text);
};

const NAMES = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString'];

/** Names that mean something to somebody on the way. */
export function nameAttacks(rule: Rule): void {
  rule('a Proxy header sets no HTTP_PROXY in the environment (httpoxy)', async (site) => {
    const { proxyVariable } = await seen(`${site.origin}/`, ['Proxy', 'http://evil.test/']);
    expect(proxyVariable).toBeNull();
  });

  rule('X_Real_IP does not pass for X-Real-IP', async (site) => {
    for (const forged of ['X_Real_IP', 'X_Real-IP', 'X-Real_IP']) {
      const { headers } = await seen(`${site.origin}/`, [
        forged,
        '6.6.6.6',
        'X-Real-IP',
        '1.1.1.1',
      ]);
      const named = headers.filter(([name]) => /real/i.test(name));
      expect(named).toEqual([['x-real-ip', '1.1.1.1']]);
    }
  });

  rule('no header passes for a variable of the web server', async (site) => {
    const forged = ['Remote-Addr', 'HTTPS', 'Remote-User', 'Script-Name', 'Auth-Type'];
    const { params, remoteAddress } = await seen(
      `${site.origin}/`,
      forged.flatMap((name) => [name, '6.6.6.6']),
    );
    expect(remoteAddress).toBe('127.0.0.1');
    const reached = params.filter(([, value]) => value === '6.6.6.6').map(([name]) => name);
    expect(reached.filter((name) => !name.startsWith('HTTP_'))).toEqual([]);
  });

  for (const name of NAMES) {
    rule(
      `${name} is data as the name of a header, of a parameter, and as a value`,
      async (site) => {
        const answer = await seen(`${site.origin}/?${name}=polluted&x=${name}`, [
          ...[name, '{"polluted":true}'],
          ...['X-Value', name],
        ]);
        expect(answer).toMatchObject({ polluted: false, ordinary: true });
        expect(answer.query).toEqual([
          [name, 'polluted'],
          ['x', name],
        ]);
        expect(answer.headers).toContainEqual(['x-value', name]);
        // Web servers leave out names with underscores; none is taken for anything else.
        const own = answer.headers.filter(([header]) => header === name.toLowerCase());
        expect(own).toEqual(name.includes('_') ? [] : [[name.toLowerCase(), '{"polluted":true}']]);
      },
    );
  }
}
