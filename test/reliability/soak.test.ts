import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { NGINX, startNginx } from '../frontends/support/nginx.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import { KEPT_OVER_UNIX, type Site, useSite } from '../frontends/support/site.ts';
import { within } from '../support/deadline.ts';
import { KINDS, type Kind, Load } from './support/load.ts';
import { record, recording } from './support/page.ts';
import { plot } from './support/plot.ts';
import { rudeClients, rudePeers, Vandals } from './support/vandals.ts';
import { growing, show, thirds, VITALS, type Vitals } from './support/vitals.ts';

const MINUTES = Number(process.env.FCGI_MINUTES ?? 0.2);
const SAMPLES = 120;
const INTERVAL = Math.max((MINUTES * 60_000) / SAMPLES, 100);
const CLIENTS = 8;

const PLOT = join(__dirname, '../../docs/images/soak.svg');

/** All kinds of answers that an application gives. */
const ALL_KINDS: readonly Kind[] = [
  ...KINDS,
  { name: 'a file', method: 'GET', path: '/file', answer: 'abc' },
  { name: 'an error', method: 'GET', path: '/broken', status: 500, answer: 'Broken' },
  { name: 'a page that is not there', method: 'GET', path: '/none', status: 404, answer: 'Not' },
  { name: 'a redirect', method: 'GET', path: '/moved', status: 302, answer: '' },
  { name: 'no content', method: 'GET', path: '/no-content', status: 204, answer: '' },
  { name: 'HEAD', method: 'HEAD', path: '/json', answer: '' },
  { name: 'a complaint', method: 'GET', path: '/complain', answer: 'Complained.' },
  { name: '1 MiB', method: 'GET', path: '/pieces-of', answer: 'x'.repeat(1024 * 1024) },
];

describeWith('Soak, behind nginx', [NGINX], () => {
  const rule = useSite(startNginx, 'busy', KEPT_OVER_UNIX);

  rule(
    `for ${MINUTES} minutes of requests, aborts and errors no answer is wrong, and nothing grows`,
    async (site) => {
      const before = await site.application.ask<Vitals>('vitals');
      const load = new Load(site.origin, CLIENTS, ALL_KINDS);
      const vandals = new Vandals([
        ...rudeClients(site.origin, site.frontEnd.streamingOrigin),
        ...rudePeers(pathOf(site)),
      ]);
      let samples: Vitals[] = [];
      try {
        samples = await sample(site);
      } finally {
        await Promise.all([vandals.stop(), load.stop()]);
      }
      expect(load.failures).toEqual([]);
      if (process.env.DBG) console.log(JSON.stringify(samples.map((v) => v.heap)));
      const grown = growing(samples).map((name) => [name, ...thirds(samples, name)]);
      expect(grown).toEqual([]);
      await expectNothingLeft(site, before);
      write(samples, { requests: load.answered, 'aborts and errors': vandals.done });
    },
    MINUTES * 60_000 + 90_000,
  );
});

function pathOf({ application: { listen } }: Site): string {
  if (!('path' in listen)) throw new Error('The application listens on no path');
  return listen.path;
}

async function sample(site: Site): Promise<Vitals[]> {
  const samples: Vitals[] = [];
  const end = Date.now() + MINUTES * 60_000;
  while (Date.now() < end) {
    samples.push(await site.application.ask<Vitals>('vitals'));
    await wait(INTERVAL);
  }
  return samples;
}

/** nginx keeps up to 16 connections: beside them the process holds what it held before. */
async function expectNothingLeft(site: Site, before: Vitals): Promise<void> {
  const settled = async () => {
    for (;;) {
      const { handles, descriptors } = await site.application.ask<Vitals>('vitals');
      if (handles <= before.handles + 16 && descriptors <= before.descriptors + 16) return;
      await wait(100);
    }
  };
  await within('the handles and descriptors of before', settled());
}

function write(samples: readonly Vitals[], figures: Readonly<Record<string, number>>): void {
  if (!recording) return;
  writeFileSync(PLOT, plot(samples, MINUTES));
  const vitals = VITALS.map((name) => [
    `${name}: first, second, last third`,
    thirds(samples, name)
      .map((value) => show(name, value))
      .join(', '),
  ]);
  record('soak', { minutes: MINUTES, ...figures, ...Object.fromEntries(vitals) });
}
