import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ListenTarget } from '../frontends/support/application.ts';
import type { FrontEnd } from '../frontends/support/front-end.ts';
import { ask, send } from '../frontends/support/http-client.ts';
import { NGINX, startNginx } from '../frontends/support/nginx.ts';
import { RunningProcess } from '../frontends/support/process.ts';
import { describeWith, type Program } from '../frontends/support/requirement.ts';
import { ANEW_OVER_TCP, KEPT_OVER_UNIX, requestName, useSite } from '../frontends/support/site.ts';
import { SPAWN_FCGI } from '../frontends/support/spawn-fcgi.ts';
import { connectTo as awaitListener } from '../frontends/support/wire-client.ts';
import { within } from '../support/deadline.ts';
import { closedAtOnce, meet, othersOf, underLoad, watchLogs } from './support/faults.ts';
import { Load } from './support/load.ts';
import { connectTo, ownResets, resets } from './support/resets.ts';
import { FaultTable } from './support/table.ts';
import type { Vitals } from './support/vitals.ts';

const PRLIMIT: Program = { path: '/usr/bin/prlimit', package: 'util-linux' };

/** What a listener does wrong, and whether its client waits for ever. */
const listeners = [
  ['a listener throws', '/throws', 'waits'],
  ['a listener rejects', '/rejects', 'waits'],
  ['a listener never answers', '/never', 'waits'],
  ['a listener answers twice', '/twice', 'is answered'],
  ['a listener ends its answer twice', '/ends-twice', 'is answered'],
  ['a listener writes after the end', '/after-end', 'is answered'],
  ['a listener writes more than its Content-Length', '/longer', 'is answered'],
  ['a listener writes less than its Content-Length', '/shorter', 'is answered'],
  ['the disk is full for a log whose errors nobody handles', '/logs', 'is answered'],
] as const;

const GENERATION = join(__dirname, 'support/generation.mjs');

describeWith('A fault under load, behind nginx', [NGINX, PRLIMIT, SPAWN_FCGI], () => {
  const table = new FaultTable();
  const rule = useSite(startNginx, 'faulty', KEPT_OVER_UNIX);

  for (const [fault, when, url] of [
    ['the application is killed (SIGKILL) before it answers', 'before', '/never'],
    ['the application is killed in the midst of an answer with a length', 'amid', '/long'],
  ] as const) {
    rule(fault, async (site) => {
      const logs = watchLogs(site, url);
      const load = new Load(site.origin, 4);
      await load.more(20);
      const met = meet(`${site.origin}${url}`);
      await site.application.noted('arrived', url);
      if (when === 'amid') await load.more(50);
      await site.application.stop('SIGKILL');
      const client = await met;
      await load.more(20);
      await load.stop();
      const logged = await logs();
      await site.restart();
      const after = new Load(site.origin, 4);
      await after.more(50);
      await after.stop();
      const others = `${othersOf(load)}; after its restart ${othersOf(after)}`;
      table.add(fault, { client, others, logged });
    });
  }

  rule('the web server is killed', async (site) => {
    const { application } = site;
    await withSecondNginx(application.listen, true, async (other, folder) => {
      const nth = application.all('closed', '/never').length + 1;
      const die = async () => {
        const met = meet(`${other.origin}/never`);
        await application.noted('arrived', '/never', nth);
        killNginx(folder);
        await application.noted('closed', '/never', nth);
        return met;
      };
      const outcome = await underLoad(site, die, '/never', other);
      table.add('the web server is killed, and another one asks', outcome);
    });
  });

  resets(rule, table, 'closed');
  describe('over TCP', () => {
    const overTcp = useSite(startNginx, 'faulty', ANEW_OVER_TCP);
    resets(overTcp, table, 'reset');
    ownResets(overTcp, table);
  });

  rule('a client stops reading', async (site) => {
    const outcome = await underLoad(
      site,
      async () => {
        const id = requestName();
        const exchange = send(`${site.origin}/download?id=${id}&bytes=1000000000&buffering=no`);
        (await exchange.response()).pause();
        const written = () => site.application.ask<number>('written', id);
        let before = -1;
        for (let now = await written(); now !== before; now = await written()) {
          before = now;
          await within('more load', new Promise((resolve) => setTimeout(resolve, 200)));
        }
        expect(before).toBeLessThan(100_000_000);
        exchange.abandon();
        return 'nothing more; the application stops writing';
      },
      '/download',
    );
    table.add('a client stops reading', outcome);
  });

  for (const [fault, requestTimeout] of [
    ['a client stops sending', 0],
    ['a client stops sending, `requestTimeout` is set', 300],
  ] as const) {
    rule(fault, async (site) => {
      const { application, frontEnd } = site;
      application.tell('set', 'server', { requestTimeout });
      const id = requestName();
      const url = `/swallow?id=${id}`;
      const outcome = await underLoad(
        site,
        async () => {
          const arrived = application.noted('arrived', id);
          const leave = requestTimeout === 0 ? arrived : undefined;
          return upload(`${frontEnd.streamingOrigin}${url}`, leave);
        },
        url,
      );
      application.tell('set', 'server', { requestTimeout: 0 });
      table.add(fault, outcome);
    });
  }

  for (const [fault, url, then] of listeners) {
    rule(fault, async (site) => {
      const nth = site.application.all('arrived', url).length + 1;
      const outcome = await underLoad(
        site,
        () => {
          const arrived = site.application.noted('arrived', url, nth);
          return meet(`${site.origin}${url}`, { leave: then === 'waits' ? arrived : undefined });
        },
        url,
      );
      table.add(fault, outcome);
    });
  }

  rule('the disk is full for the log of serve()', async (site) => {
    const folder = mkdtempSync(join(tmpdir(), 'fcgi-full-'));
    const path = join(folder, 'app.sock');
    const command = `exec '${process.execPath}' '${GENERATION}' 2>/dev/full`;
    const args = ['-n', '-s', path, '--', '/bin/sh', '-c', command];
    const program = new RunningProcess(SPAWN_FCGI.path, args);
    try {
      (await awaitListener(program, { path })).close();
      await withSecondNginx({ path, mode: 0o666 }, true, async (other) => {
        const run = () => meet(`${other.origin}/none`);
        const outcome = await underLoad(site, run, '/none', other);
        table.add('the disk is full for the log of `serve()`', outcome);
      });
      expect(await program.stop()).toBe(0);
    } finally {
      await program.stop('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  });

  rule('descriptors are exhausted', async (site) => {
    const { application } = site;
    const { listen } = application;
    const { pid } = JSON.parse((await ask(`${site.origin}/process`)).text);
    const limit = (count: number) =>
      execFileSync(PRLIMIT.path, ['--pid', String(pid), `--nofile=${count}:`]);
    await withSecondNginx(listen, false, async (other) => {
      const load = new Load(site.origin, 4);
      try {
        await load.more(20);
        const logs = watchLogs(site, '/json', other);
        const { descriptors } = await application.ask<Vitals>('vitals');
        limit(descriptors + 8);
        // They take all that is left, and then some.
        const peers = await Promise.all(Array.from({ length: 40 }, () => connectTo(listen)));
        for (const peer of peers.slice(-20)) await peer.closed();
        const { status } = await ask(`${other.origin}/json`);
        await load.more(50);
        for (const peer of peers) peer.close();
        // The load may hold a connection more than before.
        while ((await application.ask<Vitals>('vitals')).descriptors > descriptors + 4);
        const later = await ask(`${other.origin}/json`);
        table.add('descriptors are exhausted (EMFILE), and a new connection is needed', {
          client: `${status}; when there are some again ${later.status}`,
          others: othersOf(load),
          logged: closedAtOnce(await logs()),
        });
      } finally {
        limit(1024);
        await load.stop();
      }
    });
  });

  afterAll(() => table.finish());
});

/** Another nginx in front of the same application. */
async function withSecondNginx(
  application: ListenTarget,
  keepConnections: boolean,
  use: (frontEnd: FrontEnd, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-second-'));
  mkdirSync(join(folder, 'nginx'));
  try {
    const nginx = join(folder, 'nginx');
    const frontEnd = await startNginx({ folder: nginx, application, keepConnections });
    try {
      await use(frontEnd, nginx);
    } finally {
      await frontEnd.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Kills the process that would start others, and then the one that serves. */
function killNginx(folder: string): void {
  const pid = readFileSync(join(folder, 'nginx.pid'), 'utf8').trim();
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  for (const each of [pid, ...children]) process.kill(Number(each), 'SIGKILL');
}

/** Sends a part of a body, and no more. */
function upload(url: string, leave: Promise<unknown> | undefined): Promise<string> {
  const seen = new Promise<string>((resolve) => {
    const req = request(url, { method: 'POST', agent: false });
    req.on('error', () => {});
    req.on('response', (res) => {
      resolve(String(res.statusCode));
      req.destroy();
    });
    void leave?.then(() => {
      resolve('nothing, until it goes away');
      req.destroy();
    });
    req.setHeader('Content-Length', 100);
    req.write('half');
  });
  return within('the end of an upload', seen);
}
