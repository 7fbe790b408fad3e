import { ask } from '../support/http-client.ts';
import { type Mode, type Rule, requestName } from '../support/site.ts';

/** How requests share connections to the application. */
export function connectionRules(rule: Rule, { keepConnections }: Mode): void {
  const requests = [
    ['a GET', '/json', 'GET'],
    ['a POST', '/upload', 'PUT'],
    ['an error page', '/broken', 'GET'],
    ['a redirect', '/moved', 'GET'],
  ] as const;
  for (const [what, path, method] of requests) {
    const does = keepConnections ? 'reuses the connection' : 'makes a new connection';
    rule(`${does} for the request after ${what}`, async (site) => {
      const options = method === 'PUT' ? { method, body: 'x'.repeat(100_000) } : { method };
      await ask(`${site.origin}${path}`, options);
      const before = await site.application.connections();
      for (let i = 0; i < 10; i++) await ask(`${site.origin}${path}`, options);
      expect((await site.application.connections()) - before).toBe(keepConnections ? 0 : 10);
    });
  }

  rule('answers 200 requests at once, each with its own answer', async (site) => {
    const party = requestName();
    const guests = 200;
    const answers = await Promise.all(
      Array.from({ length: guests }, (_, id) =>
        ask(`${site.origin}/rendezvous?party=${party}&guests=${guests}&id=${id}`),
      ),
    );
    expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual(
      Array.from({ length: guests }, (_, id) => `200 Guest ${id} of ${guests}`),
    );
    expect((await ask(`${site.origin}/json`)).status).toBe(200);
  });
}
