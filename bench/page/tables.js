import { spread } from '../support/statistics.js';
import { casesOf, figures, lineOf } from './figures.js';
import { table } from './markdown.js';

/** @typedef {import('../macro/results.js').Results} Results */
/** @typedef {import('../support/statistics.js').Spread} Spread */

const NOTHING = 'Not measured yet.';

/**
 * On what it was measured, and how.
 *
 * @param {readonly Results[]} all
 */
export function machine(all) {
  if (all.length === 0) return NOTHING;
  const rows = all.map(({ node, date, loadAverage, settings, command }) => [
    node,
    date,
    loadAverage.toFixed(1),
    `${settings.starts} × ${settings.rounds} × ${settings.seconds} s, after ${settings.warmUp} s`,
    `\`${command}\``,
  ]);
  const machines = distinct(all.map(({ machine: on }) => describe(on)));
  const versions = distinct(all.map((results) => named(results.versions)));
  return [
    ...machines.map((text) => `- ${text}`),
    ...versions.map((text) => `- ${text}`),
    '',
    table(
      ['Node', 'date', 'load before', 'starts × rounds × time, after warm-up', 'command'],
      rows,
    ),
  ].join('\n');
}

/**
 * This package beside `http`, a column for each line of Node.
 *
 * @param {readonly Results[]} all
 */
export function ratios(all) {
  if (all.length === 0) return NOTHING;
  const rows = casesOf(all).map(({ name, says }) => [
    says,
    ...all.map((results) => withRange(figures(results, name, 'fcgi')?.ratio, 2)),
  ]);
  return table(['case', ...all.map(({ node }) => lineOf(node))], rows);
}

/**
 * How this package stands to every other backend with a plain listener.
 *
 * @param {readonly Results[]} all
 */
export function others(all) {
  if (all.length === 0) return NOTHING;
  const names = new Map(
    all.flatMap(({ backends }) => backends.map(({ name, says }) => [name, says])),
  );
  const rows = [...names]
    .filter(([name]) => name !== 'fcgi')
    .map(([name, says]) => [
      says,
      ...all.map((results) => withRange(figures(results, 'plain', 'fcgi', name)?.ratio, 2)),
    ]);
  const missing = leftOut(all);
  const text = table(['to', ...all.map(({ node }) => lineOf(node))], rows);
  return missing ? `${text}\n\n${missing}` : text;
}

/**
 * All that was measured.
 *
 * @param {readonly Results[]} all
 */
export function perNode(all) {
  if (all.length === 0) return NOTHING;
  return all.map((results) => `### ${lineOf(results.node)}\n\n${everything(results)}`).join('\n\n');
}

/** @param {Results} results */
function everything(results) {
  const rows = results.cases.flatMap(({ name, says, backends }) =>
    backends.map(({ name: backend }, i) => {
      const found = figures(results, name, backend);
      return [i === 0 ? says : '', backend, ...(found ? cells(found) : ['failed', '', '', ''])];
    }),
  );
  const head = [
    'case',
    'backend',
    'µs CPU a request',
    'ratio to http',
    'requests/s',
    'core in use',
  ];
  const failures = results.cases.flatMap(({ name, backends }) =>
    backends.flatMap(({ name: backend, failure }) =>
      failure ? [`- ${backend}, ${name}: ${failure.split('\n')[0]}`] : [],
    ),
  );
  return [table(head, rows), ...(failures.length > 0 ? ['', ...failures] : [])].join('\n');
}

/** @param {import('./figures.js').Figures} found */
function cells({ cpu, ratio, perSecond, busy }) {
  return [
    withRange(cpu, cpu.median < 100 ? 1 : 0),
    withRange(ratio, 2),
    Math.round(perSecond.median).toLocaleString('en'),
    `${Math.round(busy.median * 100)} %`,
  ];
}

/**
 * @param {readonly import('../memory/results.js').MemoryResults[]} all
 */
export function memory(all) {
  if (all.length === 0) return NOTHING;
  const rows = all.flatMap(({ node, scenarios }) =>
    scenarios.map(({ says, unit, backends }, i) => [
      i === 0 ? lineOf(node) : '',
      says,
      ...['fcgi', 'http'].map((name) => {
        const rounds = backends.find((one) => one.name === name)?.rounds ?? [];
        return rounds.length === 0 ? '–' : `${withRange(spread(rounds), 1)} ${unit}`;
      }),
    ]),
  );
  return table(['', 'what', 'fcgi', 'http'], rows);
}

/** @param {readonly Results[]} all */
function leftOut(all) {
  const missing = new Map(
    all.flatMap((one) => one.leftOut.map(({ name, install }) => [name, install])),
  );
  return [...missing]
    .map(([name, install]) => `${name} was left out: ${install} was not installed.`)
    .join(' ');
}

/** @param {Readonly<Record<string, string | number>>} on */
function describe({ cpu, cores, memory: size, system, pinned }) {
  const where = pinned === 'yes' ? 'a core each' : 'not pinned to cores';
  return `${cpu}, ${cores} cores, ${size}; ${system}; ${where}`;
}

/** @param {readonly string[]} texts */
function distinct(texts) {
  return [...new Set(texts)];
}

/** @param {Readonly<Record<string, string>>} versions */
function named(versions) {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}

/** @param {Spread | undefined} value @param {number} digits */
function withRange(value, digits) {
  if (!value) return '–';
  const [median, min, max] = [value.median, value.min, value.max].map((one) => one.toFixed(digits));
  return `**${median}** (${min}–${max})`;
}
