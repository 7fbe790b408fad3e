import { show, VITALS, type Vital, type Vitals } from './vitals.ts';

const WIDTH = 720;
const HEIGHT = 110;
const GAP = 44;
const LEFT = 12;

const titles: Readonly<Record<Vital, string>> = {
  rss: 'resident memory',
  heap: 'heap after garbage collection',
  handles: 'handles',
  descriptors: 'open descriptors',
};

/** Draws what was held over the time, each vital from 0 up to its most. */
export function plot(samples: readonly Vitals[], minutes: number): string {
  const height = VITALS.length * (HEIGHT + GAP) + 24;
  const charts = VITALS.map((name, row) => chart(samples, name, row * (HEIGHT + GAP)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH + 2 * LEFT} ${height}" font-family="sans-serif" font-size="13">`,
    `<title>Memory, handles and descriptors in ${minutes} minutes</title>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...charts,
    `<text x="${LEFT}" y="${height - 8}">0</text>`,
    `<text x="${WIDTH + LEFT}" y="${height - 8}" text-anchor="end">${minutes} min</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function chart(samples: readonly Vitals[], name: Vital, top: number): string {
  const values = samples.map((sample) => sample[name]);
  const most = Math.max(...values, 1);
  const base = top + 24 + HEIGHT;
  const points = values.map((value, i) => {
    const x = LEFT + (i * WIDTH) / Math.max(values.length - 1, 1);
    return `${x.toFixed(1)},${(base - (value / most) * HEIGHT).toFixed(1)}`;
  });
  return [
    `<text x="${LEFT}" y="${top + 18}">${titles[name]}, at most ${show(name, most)}</text>`,
    `<path d="M${LEFT} ${base - HEIGHT}V${base}H${LEFT + WIDTH}" fill="none" stroke="#999"/>`,
    `<polyline fill="none" stroke="#0a6" stroke-width="1.5" points="${points.join(' ')}"/>`,
  ].join('\n');
}
