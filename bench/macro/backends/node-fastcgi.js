import { nodeProgram, packageVersion } from './node-program.js';

/** @type {import('../backend.js').Backend} */
export const nodeFastcgi = {
  name: 'node-fastcgi',
  says: 'npm `node-fastcgi` behind `fastcgi_pass`',
  protocol: 'fastcgi',
  missing: () => undefined,
  version: () => packageVersion('node-fastcgi'),
  prepare: (setup) => nodeProgram('node-fastcgi.js', setup),
};
