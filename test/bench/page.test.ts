import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { repository, runBench, useFolder } from './support/run.ts';

const folder = useFolder();

const RESULTS = join(repository, 'bench/results');

const read = (...path: string[]) => readFileSync(join(...path), 'utf8');

/** Writes the page from the results in a folder. */
async function writePage(output: string): Promise<string> {
  const { status, stderr } = await runBench('page.js', '--output', output);
  expect([status, stderr]).toEqual([0, '']);
  return read(output, 'performance.md');
}

const round = (cpu: number) => ({ cpu, perSecond: 12_345.6, busy: 0.5, p50: 1, p99: 2 });

/** Three rounds each; in the second the machine was twice as slow. */
const RESULT = {
  node: '22.1.0',
  date: '2026-01-02',
  command: 'npm run bench --',
  loadAverage: 0.04,
  machine: { cpu: 'A processor', cores: 4, memory: '8 GiB', system: 'Debian', pinned: 'yes' },
  versions: { nginx: '1.2.3', wrk: '4.5.6' },
  settings: { starts: 1, rounds: 3, seconds: 4, warmUp: 2 },
  backends: [
    { name: 'http', says: "Node's `http`" },
    { name: 'fcgi', says: 'this package' },
    { name: 'go', says: 'Go' },
  ],
  leftOut: [{ name: 'libfcgi', install: 'libfcgi-dev' }],
  cases: [
    {
      name: 'plain',
      says: 'Plain listener',
      backends: [
        { name: 'http', rounds: [20, 40, 25].map(round) },
        { name: 'fcgi', rounds: [10, 20, 15].map(round) },
        { name: 'go', rounds: [], failure: 'It did not start\nand this is why' },
      ],
    },
  ],
};

describe('The page of known results', () => {
  let page: string;

  beforeAll(async () => {
    const output = mkdtempSync(join(folder(), 'known-'));
    writeFileSync(join(output, 'node-22.json'), JSON.stringify(RESULT));
    writeFileSync(join(output, 'node-20.json'), JSON.stringify({ ...RESULT, node: '20.9.0' }));
    page = await writePage(output);
  });

  test('has the median of the ratios of each round, with the least and the most', () => {
    expect(page).toContain('| case | Node 20 | Node 22 |');
    expect(page).toContain('| Plain listener | **0.50** (0.50–0.60) | **0.50** (0.50–0.60) |');
  });

  test('has the median of microseconds, requests per second and the use of the core', () => {
    expect(page).toContain(
      '|  | fcgi | **15.0** (10.0–20.0) | **0.50** (0.50–0.60) | 12,346 | 50 % |',
    );
  });

  test('names what failed, and what was left out', () => {
    expect(page).toContain('|  | go | failed |');
    expect(page).toContain('- go, plain: It did not start');
    expect(page).toContain('libfcgi was left out: libfcgi-dev was not installed.');
  });

  test('names machine, versions and command', () => {
    expect(page).toContain('- A processor, 4 cores, 8 GiB; Debian; a core each');
    expect(page).toContain('- nginx 1.2.3, wrk 4.5.6');
    expect(page).toContain(
      '| 22.1.0 | 2026-01-02 | 0.0 | 1 × 3 × 4 s, after 2 s | `npm run bench --` |',
    );
  });
});

test('docs/performance.md and its charts are made of bench/results; `npm run bench:page` does it', async () => {
  const output = mkdtempSync(join(folder(), 'own-'));
  for (const name of readdirSync(RESULTS)) copyFileSync(join(RESULTS, name), join(output, name));
  expect(await writePage(output)).toBe(read(repository, 'docs/performance.md'));
  for (const chart of ['performance-ratios.svg', 'performance-backends.svg']) {
    expect(read(output, chart)).toBe(read(repository, 'docs/images', chart));
  }
});

const scripts = JSON.parse(read(repository, 'package.json')).scripts as Record<string, string>;

const commands = [...read(repository, 'docs/performance.md').matchAll(/^npm run (bench\S*)(.*)$/gm)]
  .map(([line, script = '', rest = '']) => ({ line, script, args: rest.replace(/#.*/, '') }))
  .map(({ line, script, args }) => ({ line: line.trim(), script, args: args.trim() }));

test.each(commands)('the command of the page is understood: $line', async ({ script, args }) => {
  const [, file = ''] = /^node bench\/(\S+)$/.exec(scripts[script] ?? '') ?? [];
  expect(existsSync(join(repository, 'bench', file))).toBe(true);
  const options = args.split(/\s+/).filter((word) => word !== '' && word !== '--');
  const { status, stdout } = await runBench(file, ...options, '--help');
  expect([status, stdout.startsWith(`Usage: npm run ${script} `)]).toEqual([0, true]);
});
