import { APACHE } from '../frontends/support/apache.ts';
import { startApache } from '../frontends/support/apache-site.ts';
import { NGINX, startNginx } from '../frontends/support/nginx.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import { ANEW_OVER_UNIX, KEPT_OVER_UNIX, useSite } from '../frontends/support/site.ts';
import { Load } from '../reliability/support/load.ts';
import { connectTo } from '../reliability/support/resets.ts';
import type { Vitals } from '../reliability/support/vitals.ts';
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

for (const { name, program, start, mode } of [
  { name: 'nginx', program: NGINX, start: startNginx, mode: KEPT_OVER_UNIX },
  { name: 'Apache', program: APACHE, start: startApache, mode: ANEW_OVER_UNIX },
]) {
  describeWith(`Beside ${name} under load`, [program], () => {
    const rule = useSite(start, 'plain', mode);

    for (const [what, nameLength, valueLength] of lengths) {
      rule(`${what} end the attacker's connection alone`, async (site) => {
        const { application } = site;
        const seen = application.all('clientError').length;
        const load = new Load(site.origin, 4);
        const { rss: before } = await application.ask<Vitals>('vitals');
        const attacker = await connectTo(application.listen);
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
}
