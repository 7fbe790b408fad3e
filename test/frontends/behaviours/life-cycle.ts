import { within } from '../../support/deadline.ts';
import { ask, send } from '../support/http-client.ts';
import { Load } from '../support/load.ts';
import { type Rule, requestName, type Site, UNREACHABLE } from '../support/site.ts';

/** Asks until the application answers: web servers may leave one alone for a while that they did not reach. */
async function servesAgain(site: Site): Promise<void> {
  const look = async () => {
    for (;;) {
      const { status } = await ask(`${site.origin}/json`);
      if (status === 200) return;
      expect(UNREACHABLE).toContain(status);
    }
  };
  await within('an answer of the application', look());
}

/** Asks until the application does not answer: on connections that are kept it does, until they are let go. */
async function servesNoMore(site: Site): Promise<void> {
  const look = async () => {
    for (;;) {
      const { status } = await ask(`${site.origin}/json`);
      if (site.unserved.includes(status)) return;
      expect(status).toBe(200);
    }
  };
  await within('an answer that is not of the application', look());
}

/** What clients notice of the application's end, and of the next start. */
export function lifeCycleRules(rule: Rule): void {
  rule(
    'answers 500, 502 or 503 when the application was killed, and serves again after its restart',
    async (site) => {
      const id = requestName();
      const held = send(`${site.origin}/hold?id=${id}`);
      await site.application.noted('arrived', id);
      await site.application.stop('SIGKILL');
      expect(UNREACHABLE).toContain((await held.answer()).status);
      // What comes while the process is still being taken down is lost too.
      const allowed = [...UNREACHABLE, ...site.unserved];
      expect(allowed).toContain((await ask(`${site.origin}/json`)).status);
      await site.restart();
      await servesAgain(site);
    },
  );

  rule(
    'finishes the requests under way when the application is told to end, and gives it no more',
    async (site) => {
      const id = requestName();
      const { application } = site;
      const held = send(`${site.origin}/hold?id=${id}&begun=yes`);
      await application.noted('arrived', id);
      // A connection without a request, which must not keep the process.
      expect((await ask(`${site.origin}/json`)).status).toBe(200);
      await application.beginToEnd();
      await servesNoMore(site);
      application.tell('release', id);
      const { status, text } = await held.answer();
      expect([status, text]).toEqual([200, 'The beginning, and the end.']);
      expect(await application.ended).toBe(0);
      await site.restart();
      await servesAgain(site);
    },
  );

  rule('gives no wrong answer while the application is started again under load', async (site) => {
    const load = new Load(site);
    await load.moreAnswers();
    await site.application.stop('SIGTERM');
    await load.moreAnswers();
    await site.restart();
    await servesAgain(site);
    await load.moreAnswers();
    const answers = await load.end();
    for (const { status, right } of answers) {
      if (!UNREACHABLE.includes(Number(status))) {
        expect({ status, right }).toEqual({ status: 200, right: true });
      }
    }
  });

  rule('answers every request while the web server reloads its configuration', async (site) => {
    const load = new Load(site);
    await load.moreAnswers();
    await site.frontEnd.reload();
    await load.moreAnswers();
    for (const answer of await load.end()) expect(answer).toEqual({ status: 200, right: true });
  });
}
