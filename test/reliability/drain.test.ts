import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Application } from '../frontends/support/application.ts';
import type { FrontEnd } from '../frontends/support/front-end.ts';
import { NGINX, startNginx } from '../frontends/support/nginx.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import { SPAWN_FCGI } from '../frontends/support/spawn-fcgi.ts';
import { rounds } from './support/extent.ts';
import { Load } from './support/load.ts';
import { record } from './support/page.ts';
import { Supervisor } from './support/supervisor.ts';

const CLIENTS = 12;

/** Answers between one generation's start and the next one's, so that each of them serves. */
const ANSWERS = 30;

const ROUNDS = rounds(10);

describeWith('Under load, behind nginx that keeps its connections', [NGINX], () => {
  let folder: string;
  let path: string;
  let frontEnd: FrontEnd;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fcgi-drain-'));
    path = join(folder, 'app.sock');
    mkdirSync(join(folder, 'nginx'));
    frontEnd = await startNginx({
      folder: join(folder, 'nginx'),
      application: { path, mode: 0o666 },
      keepConnections: true,
    });
  });

  afterAll(async () => {
    await frontEnd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const generation = () =>
    Application.start({
      application: 'plain',
      listen: { path, mode: 0o666, takeOver: true },
    });

  test(
    `${ROUNDS} generations take over one path and their predecessors close(): no request fails`,
    async () => {
      let current = await generation();
      const load = new Load(frontEnd.origin, CLIENTS);
      try {
        for (let round = 0; round < ROUNDS; round++) {
          await load.more(ANSWERS);
          const next = await generation();
          const previous = current;
          current = next;
          previous.tell('close');
          expect(await previous.ended).toBe(0);
        }
      } finally {
        await load.stop();
        await current.stop();
      }
      expect(load.failures).toEqual([]);
      expect(frontEnd.errorLog()).not.toMatch(/\[(error|crit|alert|emerg)\]/);
      record('drain by close() and takeOver', { rounds: ROUNDS, requests: load.answered });
    },
    60_000 + ROUNDS * 5_000,
  );

  describeWith('a supervisor with the socket', [SPAWN_FCGI], () => {
    test(
      `ends ${ROUNDS} generations of serve() with SIGTERM: no request fails`,
      async () => {
        const supervisor = await Supervisor.start(path);
        const load = new Load(frontEnd.origin, CLIENTS);
        try {
          for (let round = 0; round < ROUNDS; round++) {
            await load.more(ANSWERS);
            expect(await supervisor.replace()).toBe(0);
          }
        } finally {
          await load.stop();
          await supervisor.stop();
        }
        expect(load.failures).toEqual([]);
        record('drain by SIGTERM under serve()', { rounds: ROUNDS, requests: load.answered });
      },
      60_000 + ROUNDS * 5_000,
    );
  });
});
