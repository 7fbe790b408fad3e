import * as echarts from 'echarts';
import { casesOf, figures, lineOf } from './figures.js';

/** @typedef {import('../macro/results.js').Results} Results */
/** @typedef {{ name: string, data: (number | undefined)[] }} Series */

/**
 * CPU time of this package to that of `http`: a group of bars for each case, a bar for each line of Node.
 *
 * @param {readonly Results[]} all
 */
export function ratiosChart(all) {
  const cases = casesOf(all);
  const series = all.map((results) => ({
    name: lineOf(results.node),
    data: cases.map(({ name }) => figures(results, name, 'fcgi')?.ratio?.median),
  }));
  return draw({
    title: 'CPU time of a request, http = 1',
    categories: cases.map(({ name }) => name),
    series,
    line: 1,
  });
}

/**
 * CPU time of a request to a plain listener: a group of bars for each backend.
 *
 * @param {readonly Results[]} all
 */
export function backendsChart(all) {
  const backends = [...new Set(all.flatMap((one) => one.backends.map(({ name }) => name)))];
  const series = all.map((results) => ({
    name: lineOf(results.node),
    data: backends.map((name) => figures(results, 'plain', name)?.cpu.median),
  }));
  return draw({
    title: 'Microseconds of CPU time for a request, plain listener',
    categories: backends,
    series,
  });
}

/** @param {{ title: string, categories: string[], series: readonly Series[], line?: number }} options */
function draw({ title, categories, series, line }) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 900, height: 360 });
  chart.setOption({
    animation: false,
    // Readable where pages are dark, too.
    backgroundColor: '#fff',
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    legend: { bottom: 0 },
    grid: { top: 40, left: 50, right: 20, bottom: 90 },
    xAxis: { type: 'category', data: categories, axisLabel: { interval: 0, rotate: 25 } },
    yAxis: { type: 'value', min: 0 },
    series: series.map(({ name, data }, i) => ({
      type: 'bar',
      name,
      data: data.map((value) => (value === undefined ? '-' : Number(value.toFixed(3)))),
      label: { show: true, position: 'top', fontSize: 9, formatter: short },
      ...(line !== undefined && i === 0 ? { markLine: markLine(line) } : {}),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return still(svg, title);
}

/**
 * Without what only matters under a pointer, and with a title for those who do not see it.
 *
 * @param {string} svg
 * @param {string} title
 */
function still(svg, title) {
  const bare = svg.replace(/<style.*?<\/style>\n?/s, '').replaceAll(/ class="[^"]*"/g, '');
  return `${bare.replace('>', `>\n<title>${title}</title>`)}\n`;
}

/** @param {{ value: unknown }} point */
function short({ value }) {
  if (typeof value !== 'number') return '';
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}

/** @param {number} at */
function markLine(at) {
  return {
    silent: true,
    symbol: 'none',
    label: { show: false },
    lineStyle: { color: '#c00', type: /** @type {const} */ ('solid') },
    data: [{ yAxis: at }],
  };
}
