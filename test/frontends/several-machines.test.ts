import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Application } from './support/application.ts';
import { Backends } from './support/backends.ts';
import { deployFile, type Replacement } from './support/deploy.ts';
import { HAPROXY, startHaproxyWith } from './support/haproxy.ts';
import { ask, send } from './support/http-client.ts';
import { Load } from './support/load.ts';
import { NGINX, nginxSite, startNginxWith } from './support/nginx.ts';
import { describeWith, type Program } from './support/requirement.ts';
import { requestName } from './support/site.ts';
import type { RunningWebServer } from './support/start-web-server.ts';

type Start = (folder: string, port: number) => Promise<RunningWebServer>;

const addresses = (port: number): Replacement[] =>
  ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((host) => [`${host}:9000`, `${host}:${port}`]);

const startNginx: Start = (folder, port) =>
  startNginxWith(folder, 2, ([plain] = []) => [
    nginxSite('nginx/balanced.conf', addresses(port), { plain }),
  ]);

const startHaproxy: Start = (folder, port) =>
  startHaproxyWith(folder, undefined, (own) =>
    deployFile('haproxy/haproxy.cfg', [
      ...own,
      ...addresses(port),
      [/^ *chroot .*$/, ''],
      ['httpchk GET /', 'httpchk GET /json'],
    ]),
  );

const servers: [string, Program, Start][] = [
  ['nginx, deploy/nginx/balanced.conf', NGINX, startNginx],
  ['HAProxy, deploy/haproxy/haproxy.cfg', HAPROXY, startHaproxy],
];

for (const [name, program, start] of servers) {
  describeWith(`Three machines behind ${name}`, [program], () => {
    let folder: string;
    let backends: Backends;
    let server: RunningWebServer;
    let origin: string;

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'fcgi-machines-'));
      backends = await Backends.start();
      server = await start(folder, backends.port);
      origin = server.origin;
    });
    afterEach(async () => {
      await server?.stop();
      await backends?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    /** A request that waits at one of the machines. */
    async function hold(
      method: string,
    ): Promise<{ held: ReturnType<typeof send>; id: string; at: Application }> {
      const id = requestName();
      const body = method === 'POST' ? { body: 'x' } : {};
      const held = send(`${origin}/hold?id=${id}`, { method, ...body });
      return { held, id, at: await backends.with(id) };
    }

    test('each of them gets requests', async () => {
      const all = await Promise.all(Array.from({ length: 12 }, () => hold('GET')));
      expect(new Set(all.map(({ at }) => at)).size).toBe(3);
      for (const { held, id, at } of all) {
        at.tell('release', id);
        expect((await held.answer()).status).toBe(200);
      }
    });

    test('a GET at one that is killed goes to another', async () => {
      const { held, id, at } = await hold('GET');
      const others = backends.applications.filter((one) => one !== at);
      const second = Promise.any(
        others.map(async (one) => {
          await one.noted('arrived', id);
          return one;
        }),
      );
      await at.stop('SIGKILL');
      (await second).tell('release', id);
      const { status, text } = await held.answer();
      expect([status, text]).toEqual([200, 'and the end.']);
    });

    test('a POST at one that is killed is not repeated, and its client is told', async () => {
      const { held, id, at } = await hold('POST');
      await at.stop('SIGKILL');
      expect((await held.answer()).status).toBe(502);
      for (const one of backends.applications.filter((other) => other !== at)) {
        expect((await ask(`${origin}/json`)).status).toBe(200);
        expect(one.hasNoted('arrived', id)).toBe(false);
      }
    });

    test('no GET is lost under load while one is killed', async () => {
      const load = new Load({ origin });
      await load.moreAnswers();
      await backends.applications[1]?.stop('SIGKILL');
      await load.moreAnswers();
      await load.moreAnswers();
      for (const answer of await load.end()) expect(answer).toEqual({ status: 200, right: true });
    });

    test('one that is drained loses no request, neither GET nor POST', async () => {
      const held = [await hold('POST'), await hold('POST'), await hold('POST')];
      const load = new Load({ origin });
      await load.moreAnswers();
      const drained = backends.applications[0] as Application;
      drained.drain();
      await load.moreAnswers();
      await load.moreAnswers();
      for (const { id, at } of held) at.tell('release', id);
      for (const { held: exchange } of held) {
        const { status, text } = await exchange.answer();
        expect([status, text]).toEqual([200, 'and the end.']);
      }
      expect(await drained.ended).toBe(0);
      for (const answer of await load.end()) expect(answer).toEqual({ status: 200, right: true });
    });
  });
}
