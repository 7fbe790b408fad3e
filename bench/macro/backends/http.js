import { nodeProgram } from './node-program.js';

/** @type {import('../backend.js').Backend} */
export const http = {
  name: 'http',
  says: "Node's `http` behind `proxy_pass`",
  protocol: 'http',
  missing: () => undefined,
  version: () => '',
  prepare: (setup) => nodeProgram('http.js', setup),
};
