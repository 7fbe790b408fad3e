import { columns } from '../support/columns.js';
import { ratio, spread } from '../support/statistics.js';

/** @typedef {import('./turns.js').Measured} Measured */
/** @typedef {import('./instructions.js').Counted} Counted */
/** @typedef {import('./scenario.js').Scenario} Scenario */

/**
 * @typedef {object} Row
 * @property {Scenario} scenario
 * @property {ReadonlyMap<string, Measured>} measured
 */

const nothing = { nanoseconds: [], bytes: [] };

/**
 * One line for each scenario: nanoseconds and bytes of an operation, and ratios to the others that did the same.
 *
 * @param {readonly Row[]} rows
 * @param {readonly string[]} others contenders beside `fcgi`, in the order of the columns
 */
export function table(rows, others) {
  const head = ['scenario', 'unit', 'per s', 'ns', 'min–max', 'bytes'];
  const heads = others.flatMap((name) => [`ns ${name}`, 'ratio', 'min–max', 'bytes', 'ratio']);
  return columns([
    [...head, ...heads],
    ...rows.map(({ scenario, measured }) => {
      const mine = measured.get('fcgi') ?? nothing;
      return [
        scenario.name,
        scenario.unit,
        ...own(mine),
        ...others.flatMap(beside(mine, measured)),
      ];
    }),
  ]);
}

/**
 * One line for each scenario: instructions of an operation, and ratios to the others that did the same.
 *
 * @param {readonly { scenario: Scenario, measured: ReadonlyMap<string, Counted> }[]} rows
 * @param {readonly string[]} others contenders beside `fcgi`, in the order of the columns
 */
export function instructionTable(rows, others) {
  const heads = others.flatMap((name) => [`instructions ${name}`, 'ratio']);
  return columns([
    ['scenario', 'unit', 'instructions', ...heads],
    ...rows.map(({ scenario, measured }) => {
      const mine = measured.get('fcgi')?.instructions ?? Number.NaN;
      const beside = others.flatMap((name) => {
        const theirs = measured.get(name)?.instructions;
        return theirs ? [theirs.toFixed(0), (mine / theirs).toFixed(3)] : ['', ''];
      });
      return [scenario.name, scenario.unit, mine.toFixed(0), ...beside];
    }),
  ]);
}

/** @param {Measured} mine */
function own(mine) {
  const { median, min, max } = spread(mine.nanoseconds);
  return [
    count(1e9 / median),
    time(median),
    `${time(min)}–${time(max)}`,
    count(middle(mine.bytes)),
  ];
}

/** @param {Measured} mine @param {ReadonlyMap<string, Measured>} measured */
function beside(mine, measured) {
  return (/** @type {string} */ name) => {
    const other = measured.get(name);
    if (!other) return ['', '', '', '', ''];
    const { median, min, max } = ratio(mine.nanoseconds, other.nanoseconds);
    return [
      time(spread(other.nanoseconds).median),
      median.toFixed(2),
      `${min.toFixed(2)}–${max.toFixed(2)}`,
      count(middle(other.bytes)),
      (middle(mine.bytes) / middle(other.bytes)).toFixed(2).replace('NaN', '–'),
    ];
  };
}

/** @param {readonly (number | undefined)[]} bytes */
function middle(bytes) {
  const known = bytes.filter((one) => one !== undefined);
  return known.length === 0 ? Number.NaN : spread(known).median;
}

/** @param {number} nanoseconds */
function time(nanoseconds) {
  return nanoseconds < 100 ? nanoseconds.toFixed(1) : nanoseconds.toFixed(0);
}

/** @param {number} value */
function count(value) {
  if (Number.isNaN(value)) return '–';
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  return value >= 1e4 ? `${(value / 1e3).toFixed(1)}k` : value.toFixed(0);
}
