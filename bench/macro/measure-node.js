import { loadavg } from 'node:os';
import { chooseCores } from '../support/cores.js';
import { findProgram } from '../support/find-program.js';
import { describeMachine, toldVersion } from '../support/machine.js';
import { makeTemporary, removeTemporary } from '../support/temporary.js';
import { packageVersion } from './backends/node-program.js';
import { nodeBinary } from './nodes.js';
import { measureSeries } from './series.js';

/**
 * @typedef {object} Options
 * @property {readonly import('./backend.js').Backend[]} backends
 * @property {readonly import('./cases.js').Case[]} cases
 * @property {{ starts: number, rounds: number, seconds: number, warmUp: number }} settings
 * @property {string} command
 * @property {(line: string) => void} tell
 */

/**
 * Measures on one line of Node.
 *
 * @param {string} line as "22"
 * @param {Options} options
 * @returns {Promise<import('./results.js').Results>}
 */
export async function measureNode(line, { backends, cases, settings, command, tell }) {
  const node = nodeBinary(line);
  const version = toldVersion(node, ['--version']);
  const [busyBefore = 0] = loadavg();
  tell(`Node ${version}`);
  const able = backends.filter((backend) => !backend.missing());
  const folder = makeTemporary('fcgi-bench-');
  try {
    const cores = chooseCores();
    const measured = await measureSeries({
      ...settings,
      folder,
      node,
      cases,
      backends: able,
      cores,
      tell,
    });
    return {
      node: version,
      date: new Date().toISOString().slice(0, 10),
      command,
      loadAverage: busyBefore,
      machine: { ...describeMachine(), pinned: cores.backend === undefined ? 'no' : 'yes' },
      versions: await versions(able),
      settings,
      backends: able.map(({ name, says }) => ({ name, says })),
      leftOut: backends.flatMap(({ name, missing }) => {
        const install = missing();
        return install ? [{ name, install }] : [];
      }),
      cases: measured.map((one, i) => ({ ...one, says: cases[i]?.says ?? '' })),
    };
  } finally {
    removeTemporary(folder);
  }
}

/** @param {readonly import('./backend.js').Backend[]} backends */
async function versions(backends) {
  const told = backends.map(async ({ name, version }) => [name, await version()]);
  return {
    nginx: toldVersion(findProgram('nginx') ?? '', ['-v']),
    wrk: toldVersion('wrk', ['-v']),
    express: packageVersion('express'),
    koa: packageVersion('koa'),
    ...Object.fromEntries((await Promise.all(told)).filter(([, version]) => version)),
  };
}

/** @throws if a program is missing without which nothing can be measured; named as Debian's packages are */
export function requirePrograms() {
  const needed = { nginx: 'nginx-light', wrk: 'wrk' };
  const missing = Object.entries(needed)
    .filter(([program]) => !findProgram(program))
    .map(([, name]) => name);
  if (missing.length > 0) throw new Error(`Not installed: ${missing.join(' and ')}`);
}
