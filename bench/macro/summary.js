import { figures } from '../page/figures.js';
import { columns } from '../support/columns.js';

/**
 * What was measured, for the terminal.
 *
 * @param {import('./results.js').Results} results
 */
export function summary(results) {
  const rows = results.cases.flatMap(({ name, backends }) =>
    backends.map(({ name: backend }) => [
      `${name} ${backend}`,
      ...cells(figures(results, name, backend)),
    ]),
  );
  const head = [`Node ${results.node}`, 'µs CPU', 'min–max', 'to http', 'min–max', 'requests/s'];
  return columns([head, ...rows]);
}

/** @param {import('../page/figures.js').Figures | undefined} found */
function cells(found) {
  if (!found) return ['failed', '', '', '', ''];
  const { cpu, ratio, perSecond } = found;
  return [
    cpu.median.toFixed(1),
    range(cpu, 1),
    ratio?.median.toFixed(2) ?? '',
    ratio ? range(ratio, 2) : '',
    perSecond.median.toFixed(0),
  ];
}

/** @param {import('../support/statistics.js').Spread} value @param {number} digits */
function range({ min, max }, digits) {
  return `${min.toFixed(digits)}–${max.toFixed(digits)}`;
}
