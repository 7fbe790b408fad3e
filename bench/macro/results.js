import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/**
 * What was measured on one line of Node: the file `node-22.json`.
 *
 * @typedef {object} Results
 * @property {string} node its version
 * @property {string} date
 * @property {string} command
 * @property {Readonly<Record<string, string | number>>} machine
 * @property {Readonly<Record<string, string>>} versions of what took part
 * @property {Readonly<Record<string, number>>} settings
 * @property {readonly { name: string, says: string }[]} backends in the order of the tables
 * @property {readonly { name: string, install: string }[]} leftOut backends that are not installed
 * @property {readonly (import('./series.js').CaseResult & { says: string })[]} cases
 */

/**
 * Writes what was measured. Cases of an earlier run on the same machine and version stay if they were not measured again:
 * what is compared is always of one run.
 *
 * @param {string} folder
 * @param {Results} results
 * @param {readonly { name: string }[]} all cases, in the order of the tables
 */
export function saveResults(folder, results, all) {
  const order = all.map(({ name }) => name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `node-${results.node.split('.')[0]}.json`);
  const earlier = loadResults(folder).find(
    ({ node, machine }) => node === results.node && isDeepStrictEqual(machine, results.machine),
  );
  const fresh = new Set(results.cases.map(({ name }) => name));
  const kept = earlier?.cases.filter(({ name }) => !fresh.has(name)) ?? [];
  const cases = [...kept, ...results.cases].sort(
    (a, b) => order.indexOf(a.name) - order.indexOf(b.name),
  );
  writeFileSync(file, `${JSON.stringify({ ...results, cases }, null, 1)}\n`);
}

/**
 * @param {string} folder
 * @returns {Results[]} by the lines of Node
 */
export function loadResults(folder) {
  return readdirSync(folder)
    .filter((name) => /^node-\d+\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
    .sort((a, b) => Number.parseInt(a.node, 10) - Number.parseInt(b.node, 10));
}
