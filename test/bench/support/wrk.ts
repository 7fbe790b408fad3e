import type { Program } from '../../frontends/support/requirement.ts';

export const WRK: Program = { path: '/usr/bin/wrk', package: 'wrk' };
