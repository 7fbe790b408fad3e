import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { nodeBinary } from '../macro/nodes.js';
import { measureSeries } from '../macro/series.js';
import { chooseCores } from '../support/cores.js';
import { toldVersion } from '../support/machine.js';
import { makeTemporary, removeTemporary } from '../support/temporary.js';
import { timeByGroup } from './groups.js';

/** @typedef {import('../macro/backend.js').Backend} Backend */
/** @typedef {import('../macro/cases.js').Case} Case */

const PRELOAD = new URL('sample-on-signal.js', import.meta.url).href;

/** Milliseconds after which the profiler runs. */
const BEGINNING = 500;

/**
 * @typedef {object} Options
 * @property {readonly Backend[]} backends programs of Node
 * @property {readonly Case[]} cases
 * @property {{ seconds: number, warmUp: number }} settings
 * @property {string} command
 * @property {(line: string) => void} tell
 */

/**
 * Profiles on one line of Node.
 *
 * @param {string} line as "22"
 * @param {Options} options
 * @returns {Promise<import('./results.js').ProfileResults>}
 */
export async function profileNode(line, { cases, command, ...options }) {
  const node = nodeBinary(line);
  const version = toldVersion(node, ['--version']);
  options.tell(`Node ${version}`);
  const profiled = [];
  for (const testCase of cases) {
    const backends = await profileCase(testCase, node, options);
    profiled.push({ name: testCase.name, says: testCase.says, backends });
  }
  return { node: version, date: new Date().toISOString().slice(0, 10), command, cases: profiled };
}

/**
 * @param {Case} testCase
 * @param {string} node
 * @param {Pick<Options, 'backends' | 'settings' | 'tell'>} options
 */
async function profileCase(testCase, node, { backends, settings, tell }) {
  const folder = makeTemporary('fcgi-profile-');
  const fileOf = (/** @type {string} */ name) => join(folder, `${name}.cpuprofile`);
  try {
    const [measured] = await measureSeries({
      ...settings,
      starts: 1,
      rounds: 1,
      folder,
      node,
      cases: [testCase],
      backends: backends.map((backend) => profiled(backend, fileOf(backend.name))),
      cores: chooseCores(),
      tell,
      beforeRound: async (program) => {
        program.signal('SIGUSR2');
        await wait(BEGINNING);
      },
    });
    return (measured?.backends ?? []).map(({ name, rounds, failure }) => {
      const requests = rounds[0]?.requests;
      if (!requests) throw new Error(`${testCase.name}, ${name}: ${failure}`);
      const profile = JSON.parse(readFileSync(fileOf(name), 'utf8'));
      return { name, groups: perRequest(timeByGroup(profile), requests) };
    });
  } finally {
    removeTemporary(folder);
  }
}

/** @param {Record<string, number>} times @param {number} requests */
function perRequest(times, requests) {
  return Object.fromEntries(Object.entries(times).map(([name, time]) => [name, time / requests]));
}

/** @param {Backend} backend @param {string} file @returns {Backend} */
function profiled(backend, file) {
  return {
    ...backend,
    prepare: async (setup) => {
      const { command, args, env } = await backend.prepare(setup);
      return {
        command,
        args: ['--import', PRELOAD, ...args],
        env: { ...env, FCGI_BENCH_PROFILE: file },
      };
    },
  };
}
