import { groups } from '../profile/groups.js';
import { lineOf } from './figures.js';
import { table } from './markdown.js';

/** @typedef {import('../profile/results.js').ProfileResults} ProfileResults */
/** @typedef {import('../profile/results.js').BackendProfile} BackendProfile */

/** The columns of each line of Node. */
const BACKENDS = ['http', 'fcgi'];

/**
 * On what each backend spends its time: a table for each case.
 *
 * @param {readonly ProfileResults[]} all
 */
export function profiles(all) {
  if (all.length === 0) return 'Not measured yet.';
  const cases = new Map(all.flatMap((one) => one.cases.map(({ name, says }) => [name, says])));
  return [...cases].map(([name, says]) => `### ${says}\n\n${profile(all, name)}`).join('\n\n');
}

/** @param {readonly ProfileResults[]} all @param {string} caseName */
function profile(all, caseName) {
  const columns = all.flatMap(({ node, cases }) =>
    BACKENDS.map((backend) => ({
      head: `${lineOf(node)}, ${backend}`,
      found: cases
        .find(({ name }) => name === caseName)
        ?.backends.find(({ name }) => name === backend),
    })),
  );
  const rows = groups.map(({ name, says }) => [
    says,
    ...columns.map(({ found }) => microseconds(found?.groups[name])),
  ]);
  const sums = columns.map(({ found }) => `**${microseconds(found && sum(found))}**`);
  const head = ['µs a request', ...columns.map((one) => one.head)];
  return table(head, [...rows, ['**together**', ...sums]]);
}

/** @param {BackendProfile} found */
function sum(found) {
  return Object.values(found.groups).reduce((total, one) => total + one, 0);
}

/** @param {number | undefined} value */
function microseconds(value) {
  return value === undefined ? '–' : value.toFixed(value < 100 ? 1 : 0);
}
