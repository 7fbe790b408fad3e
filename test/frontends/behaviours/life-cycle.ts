import { ask, send } from '../support/http-client.ts';
import { type Rule, requestName } from '../support/site.ts';

/** What clients notice of the application's end, and of the next start. */
export function lifeCycleRules(rule: Rule): void {
  rule(
    'answers 502 when the application was killed, and serves again after its restart',
    async (site) => {
      const id = requestName();
      const held = send(`${site.origin}/hold?id=${id}`);
      await site.application.noted('arrived', id);
      await site.application.stop('SIGKILL');
      expect((await held.answer()).status).toBe(502);
      expect((await ask(`${site.origin}/json`)).status).toBe(502);
      await site.restart();
      expect((await ask(`${site.origin}/json`)).status).toBe(200);
    },
  );

  rule(
    'finishes the requests under way when the server closes, and takes no more',
    async (site) => {
      const id = requestName();
      const { application } = site;
      const held = send(`${site.origin}/hold?id=${id}&begun=yes`);
      await application.noted('arrived', id);
      // A connection without a request, which must not keep the process.
      expect((await ask(`${site.origin}/json`)).status).toBe(200);
      await application.ask('close', 'server', 'closing');
      expect((await ask(`${site.origin}/json`)).status).toBe(502);
      application.tell('release', id);
      const { status, text } = await held.answer();
      expect([status, text]).toEqual([200, 'The beginning, and the end.']);
      await application.noted('closed');
      expect(await application.ended).toBe(0);
      await site.restart();
      expect((await ask(`${site.origin}/json`)).status).toBe(200);
    },
  );
}
