import { NGINX, startNginx } from '../frontends/support/nginx.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import { KEPT_OVER_UNIX, type Site, useSite } from '../frontends/support/site.ts';
import type { WebServer } from '../support/web-server.ts';
import { begin, GET, PARAMS, pairs, params, record, STDIN } from '../support/wire.ts';
import { type Crowd, connectionsOf, visitors } from './support/crowds.ts';
import { Load } from './support/load.ts';
import { machine, recording, writeSection } from './support/page.ts';
import { show, type Vitals } from './support/vitals.ts';

/* What those can make a server hold who never come to an end, with the limits as they are by default. */

const KIB = 1024;
const MIB = 1024 * KIB;

interface Siege {
  readonly who: string;
  /** Bytes that they may make the process hold: what docs/limits.md says. */
  readonly most: number;
  readonly begin: (site: Site) => Promise<Crowd>;
}

const half = (id: number, block: Buffer) => [begin(id), record(PARAMS, id, block)];

/** PARAMS of the largest size that is allowed, but for their end: they come in two records. */
const LARGE = Buffer.alloc(128 * KIB, pairs({ ...GET, HTTP_X: 'x'.repeat(100) }));

const POST = { ...GET, REQUEST_METHOD: 'POST', REQUEST_URI: '/never' };

const sieges: readonly Siege[] = [
  {
    who: '1,500 half-open requests with 128 KiB of PARAMS, on 15 connections',
    most: 1000 * 128 * KIB + 16 * MIB,
    begin: (site) =>
      connectionsOf(site, 15, (peer) =>
        sendEach(peer, 100, (id) => [
          ...half(id, LARGE.subarray(0, 65_535)),
          record(PARAMS, id, LARGE.subarray(65_535, 131_070)),
        ]),
      ),
  },
  {
    who: '100,000 half-open requests with a byte of PARAMS, on 100 connections',
    most: 1000 * 8 * KIB,
    begin: (site) =>
      connectionsOf(site, 100, (peer) =>
        sendEach(peer, 1000, (id) => half(id, Buffer.from('\x0f'))),
      ),
  },
  {
    who: '200 connections that stop in the midst of a record',
    most: 200 * 80 * KIB,
    begin: (site) =>
      connectionsOf(
        site,
        200,
        (peer) => {
          const large = record(9, 0, pairs({ FCGI_MAX_CONNS: 'x'.repeat(60_000) }));
          peer.send(large.subarray(0, 50_000));
        },
        'midst',
      ),
  },
  {
    who: '100 bodies of 1 MiB that nobody reads, on one connection',
    most: 16 * MIB + 100 * 128 * KIB,
    begin: (site) =>
      connectionsOf(site, 1, async (peer) => {
        await sendEach(peer, 100, (id) => [begin(id), params(id, POST)]);
        for (let sent = 0; sent < MIB; sent += 32 * KIB) {
          await sendEach(peer, 100, (id) => [record(STDIN, id, Buffer.alloc(32 * KIB))]);
        }
      }),
  },
  {
    who: '400 clients of nginx that stop in the midst of an upload',
    most: 400 * 64 * KIB,
    begin: (site) =>
      visitors(
        site,
        400,
        `${site.frontEnd.streamingOrigin}/never`,
        'POST',
        `Content-Length: 1000000\r\n\r\n${'x'.repeat(8000)}`,
      ),
  },
  {
    who: '100 clients of nginx that stop reading a download without end',
    most: 100 * 128 * KIB,
    begin: (site) => visitors(site, 100, `${site.origin}/endless`, 'GET', '\r\n'),
  },
];

const rows: string[] = [];

describeWith('With the limits of a server as they are by default', [NGINX], () => {
  const rule = useSite(startNginx, 'faulty', KEPT_OVER_UNIX);

  for (const { who, most, begin: besiege } of sieges) {
    rule(`${who} hold no more than ${show('heap', most)}, and others are served`, async (site) => {
      // Nothing is left of those before.
      await site.application.stop();
      await site.restart();
      const { application } = site;
      const load = new Load(site.origin, 4);
      let crowd: Crowd | undefined;
      try {
        await load.more(100);
        const before = await application.ask<Vitals>('vitals');
        crowd = await besiege(site);
        const held: Vitals[] = [];
        for (let i = 0; i < 5; i++) {
          await load.more(20);
          held.push(await application.ask<Vitals>('vitals'));
        }
        // What is held is there each time that somebody looks; what more there is waits to be collected.
        const growth = (name: 'heap' | 'rss') =>
          Math.min(...held.map((vitals) => vitals[name])) - before[name];
        expect(growth('heap')).toBeLessThan(most);
        await load.more(50);
        expect(load.failures).toEqual([]);
        const [heap, rss] = [growth('heap'), Math.max(growth('rss'), 0)];
        rows.push(
          `| ${who} | ${show('heap', heap)} | ${show('rss', rss)} | ${show('heap', most)} |`,
        );
      } finally {
        crowd?.leave();
        await load.stop();
      }
    });
  }

  afterAll(() => {
    if (!recording) return;
    expect(rows).toHaveLength(sieges.length);
    const head =
      '| who comes to no end | heap | resident memory | the heap may grow by |\n|---|---|---|---|';
    writeSection('memory', `\n${head}\n${rows.join('\n')}\n\n${machine()}\n\n`);
  });
});

/** Sends something for each of so many request ids. */
async function sendEach(
  peer: WebServer,
  count: number,
  bytes: (id: number) => readonly Buffer[],
): Promise<void> {
  for (let id = 1; id <= count; id++) {
    peer.send(...bytes(id));
    // What is not sent yet must not fill the memory of this process.
    if (peer.socket.writableNeedDrain)
      await new Promise((resolve) => peer.socket.once('drain', resolve));
  }
}
