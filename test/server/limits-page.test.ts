import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultLimits } from '../../src/server/limit-options.ts';

const page = readFileSync(join(__dirname, '../../docs/limits.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| '));

const units = { GiB: 2 ** 30, MiB: 2 ** 20, KiB: 2 ** 10, s: 1000, '': 1 };

/** How the page writes a default. */
function written(name: string, value: number): string {
  if (name === 'highWaterMark') return "Node's: 16 KiB, or 64 KiB since Node 22";
  if (value === 0 || value === Number.POSITIVE_INFINITY) return 'none';
  const unit = /Timeout$/.test(name)
    ? ['s']
    : /Size|Buffered|Spooled/.test(name)
      ? ['GiB', 'MiB', 'KiB']
      : [''];
  const fits = unit.find(
    (one) => value % units[one as keyof typeof units] === 0,
  ) as keyof typeof units;
  return `${value / units[fits]} ${fits}`.trim();
}

test.each(Object.entries(defaultLimits))(
  'docs/limits.md has a row for %s, with its default',
  (name, value) => {
    const own = rows.filter((row) => row.split('|')[2]?.trim() === `\`${name}\``);
    expect(own).toHaveLength(1);
    const told = own[0]?.split('|')[3]?.trim().split(';')[0];
    expect(told).toBe(written(name, value));
  },
);

test('docs/limits.md has no row for an option that is not there', () => {
  const others = ['server.setTimeout()', 'allowedClients'];
  const names = rows.flatMap(
    (row) => /^`([^`]+)`/.exec(row.split('|')[2]?.trim() ?? '')?.[1] ?? [],
  );
  expect(names.filter((name) => !(name in defaultLimits) && !others.includes(name))).toEqual([]);
});
