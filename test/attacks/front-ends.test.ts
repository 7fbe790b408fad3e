import { APACHE } from '../frontends/support/apache.ts';
import { startApache } from '../frontends/support/apache-site.ts';
import { NGINX, startNginx } from '../frontends/support/nginx.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import { ANEW_OVER_UNIX, KEPT_OVER_UNIX, useSite } from '../frontends/support/site.ts';
import { nameAttacks } from './rules/names.ts';
import { pathAttacks } from './rules/paths.ts';
import { smugglingAttacks } from './rules/smuggling.ts';
import { splittingAttacks } from './rules/splitting.ts';

for (const { name, program, start, mode } of [
  { name: 'nginx', program: NGINX, start: startNginx, mode: KEPT_OVER_UNIX },
  { name: 'Apache', program: APACHE, start: startApache, mode: ANEW_OVER_UNIX },
]) {
  describeWith(`Through ${name}, ${mode.mode}`, [program], () => {
    const rule = useSite(start, 'witness', mode);
    smugglingAttacks(rule);
    nameAttacks(rule);
    pathAttacks(rule);
    splittingAttacks(rule);
  });
}
