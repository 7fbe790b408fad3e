import { NGINX, startNginx } from '../frontends/support/nginx.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import { KEPT_OVER_UNIX, type Site, useSite } from '../frontends/support/site.ts';
import { Load } from '../reliability/support/load.ts';
import type { Vitals } from '../reliability/support/vitals.ts';
import { WebServer } from '../support/web-server.ts';
import { begin, PARAMS, record } from '../support/wire.ts';

/** A length of four bytes, of which the highest bit only tells that there are four. */
const length = (value: number) =>
  Uint8Array.of(0x80 | (value >>> 24), (value >>> 16) & 255, (value >>> 8) & 255, value & 255);

const MAX = 0x7fff_ffff;

/** Whoever reaches the socket can send what no web server does. */
const lengths: readonly (readonly [string, number, number])[] = [
  ['a name and a value whose lengths together pass 32 bits (CVE-2025-23016)', MAX, MAX],
  ['a name of 2 GiB', MAX, 0],
  ['a value of 2 GiB', 4, MAX],
  ['lengths that are 0 when they are added in 31 bits', 0x4000_0000, 0x4000_0000],
  ['a value that is one byte longer than its record', 4, 5],
];

const connect = (site: Site): Promise<WebServer> => {
  const { listen } = site.application;
  if (!('path' in listen)) throw new Error('The application listens on no path');
  return WebServer.connectTo({ path: listen.path });
};

describeWith('Beside nginx under load', [NGINX], () => {
  const rule = useSite(startNginx, 'plain', KEPT_OVER_UNIX);

  for (const [name, nameLength, valueLength] of lengths) {
    rule(`${name} end the attacker's connection alone`, async (site) => {
      const { application } = site;
      const seen = application.all('clientError').length;
      const load = new Load(site.origin, 4);
      const { rss: before } = await application.ask<Vitals>('vitals');
      const attacker = await connect(site);
      const pairs = Buffer.concat([
        length(nameLength),
        length(valueLength),
        Buffer.from('NAMEvalu'),
      ]);
      attacker.send(begin(), record(PARAMS, 1, pairs), record(PARAMS, 1));
      await attacker.closed();
      await load.more(100);
      await load.stop();
      expect(application.all('clientError').slice(seen)).toEqual(['ERR_FCGI_NAME_VALUE_PAIR']);
      expect(attacker.records).toEqual([]);
      expect(load.failures).toEqual([]);
      // Far less than the lengths that were claimed.
      const { rss } = await application.ask<Vitals>('vitals');
      expect(rss - before).toBeLessThan(256 * 1024 * 1024);
    });
  }
});
