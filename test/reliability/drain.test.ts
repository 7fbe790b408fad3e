import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APACHE } from '../frontends/support/apache.ts';
import { startApache } from '../frontends/support/apache-site.ts';
import { Application } from '../frontends/support/application.ts';
import type { StartFrontEnd } from '../frontends/support/front-end.ts';
import { HAPROXY, startHaproxy } from '../frontends/support/haproxy.ts';
import { NGINX, startNginx } from '../frontends/support/nginx.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import { SPAWN_FCGI } from '../frontends/support/spawn-fcgi.ts';
import { rounds } from './support/extent.ts';
import { Knocks } from './support/knocks.ts';
import { Load } from './support/load.ts';
import { machine, recording, writeSection } from './support/page.ts';
import { Supervisor } from './support/supervisor.ts';

const CLIENTS = 12;

/** Answers between one generation's start and the next one's, so that each of them serves. */
const ANSWERS = 30;

/** What each way has come to: rows of docs/reliability.md. */
const rows: string[] = [];

function found(way: string, webServer: string, count: number, { answered, failures }: Load): void {
  expect(failures).toEqual([]);
  rows.push(`| ${way} | ${webServer} | ${count} | ${answered} | ${failures.length} |`);
}

/** A web server, and whether it keeps its connections, as its file in deploy/ has it. */
const webServers = [
  { name: 'nginx, keepalive.conf', program: NGINX, start: startNginx, keep: true, usual: 8 },
  { name: 'Apache, unix.conf', program: APACHE, start: startApache, keep: false, usual: 3 },
  { name: 'HAProxy, socket.cfg', program: HAPROXY, start: startHaproxy, keep: false, usual: 3 },
] as const;

describe('Under load', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fcgi-drain-'));
    path = join(folder, 'app.sock');
    mkdirSync(join(folder, 'web-server'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const startWith = (start: StartFrontEnd, keepConnections: boolean) =>
    start({
      folder: join(folder, 'web-server'),
      application: { path, mode: 0o666 },
      keepConnections,
    });

  const generation = () =>
    Application.start({ application: 'plain', listen: { path, mode: 0o666, takeOver: true } });

  for (const { name, program, start, keep, usual } of webServers) {
    const count = rounds(usual);
    describeWith(`behind ${name}`, [program], () => {
      test(
        `${count} generations take over one path and their predecessors close(): no request fails`,
        async () => {
          const frontEnd = await startWith(start, keep);
          let current = await generation();
          const load = new Load(frontEnd.origin, CLIENTS);
          const knocks = new Knocks(path);
          try {
            for (let round = 0; round < count; round++) {
              await load.more(ANSWERS);
              const next = await generation();
              const previous = current;
              current = next;
              previous.tell('close');
              expect(await previous.ended).toBe(0);
            }
          } finally {
            await knocks.stop();
            await load.stop();
            await current.stop();
            await frontEnd.stop();
          }
          expect(knocks.failures).toEqual([]);
          expect(knocks.answered).toBeGreaterThan(count);
          expect(frontEnd.errorLog()).not.toMatch(/\[(\w+:)?(error|crit|alert|emerg)\]/);
          found('`takeOver`, `close()`', name, count, load);
        },
        60_000 + count * 5_000,
      );
    });
  }

  describeWith('behind nginx, with a supervisor that holds the socket', [NGINX, SPAWN_FCGI], () => {
    const count = rounds(8);
    test(
      `${count} generations of serve() end on SIGTERM: no request fails`,
      async () => {
        const frontEnd = await startWith(startNginx, true);
        const supervisor = await Supervisor.start(path);
        const load = new Load(frontEnd.origin, CLIENTS);
        try {
          for (let round = 0; round < count; round++) {
            await load.more(ANSWERS);
            expect(await supervisor.replace()).toBe(0);
          }
        } finally {
          await load.stop();
          await supervisor.stop();
          await frontEnd.stop();
        }
        expect(frontEnd.errorLog()).not.toMatch(/\[(error|crit|alert|emerg)\]/);
        found('SIGTERM under `serve()`', 'nginx, keepalive.conf', count, load);
      },
      60_000 + count * 5_000,
    );
  });

  afterAll(() => {
    if (!recording) return;
    expect(rows).toHaveLength(webServers.length + 1);
    const head =
      '| new versions by | behind | rounds | requests | failures |\n|---|---|---|---|---|';
    writeSection('drain', `\n${head}\n${rows.join('\n')}\n\n${machine()}\n\n`);
  });
});
