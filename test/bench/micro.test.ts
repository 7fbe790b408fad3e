import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeWith, type Program } from '../frontends/support/requirement.ts';
import { evaluate, repository, runBench, runBenchWithPath, useFolder } from './support/run.ts';

const folder = useFolder();

const QUICK = ['--rounds', '1', '--milliseconds', '1'];

interface Measured {
  readonly nanoseconds: readonly number[];
  readonly bytes: readonly (number | null)[];
}

interface Result {
  readonly name: string;
  readonly unit: string;
  readonly fcgi: Measured;
  readonly node?: Measured;
  readonly against?: Measured;
}

async function measure(...args: string[]): Promise<{ results: readonly Result[]; stdout: string }> {
  const output = join(folder(), 'micro.json');
  const { status, stdout, stderr } = await runBench('micro.js', ...args, '--output', output);
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
  return { stdout, ...JSON.parse(readFileSync(output, 'utf8')) };
}

test('measures every scenario that it lists', async () => {
  const { stdout } = await runBench('micro.js', '--list');
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0]);
  const { results } = await measure(...QUICK, '--no-node');
  expect(results.map(({ name }) => name)).toEqual(names);
  for (const { fcgi } of results) {
    expect(fcgi.nanoseconds).toEqual([expect.any(Number)]);
    expect(fcgi.nanoseconds[0]).toBeGreaterThan(0);
  }
});

test("measures Node's own http where it does the same", async () => {
  const { results, stdout } = await measure(...QUICK, 'get', 'connection', 'request-head');
  expect(results.map(({ name, node }) => [name, node?.nanoseconds.length])).toEqual([
    ['get', 1],
    ['connection', 1],
    ['request-head', 1],
  ]);
  expect(stdout).toMatch(/^scenario +unit +per s +ns .* ns node +ratio/m);
  expect(stdout).toMatch(/^get +request +/m);
});

test('counts what an operation allocates', async () => {
  const { results } = await measure(...QUICK, 'params-encoded', '--no-node');
  const [bytes] = results[0]?.fcgi.bytes ?? [];
  // A param of nginx has a dozen bytes and more.
  expect(bytes).toBeGreaterThan(10);
  expect(bytes).toBeLessThan(10_000);
});

test('measures another build in turns', async () => {
  const { results, stdout } = await measure(...QUICK, 'records-read', '--against', 'dist');
  expect(results[0]?.against?.nanoseconds).toHaveLength(1);
  expect(stdout).toContain('ns against');
});

const VALGRIND: Program = { path: '/usr/bin/valgrind', package: 'valgrind' };

/** Milliseconds for two processes that valgrind makes thirty times as slow. */
const BY_VALGRIND = 200_000;

describeWith('Instructions', [VALGRIND], () => {
  test(
    'are counted',
    async () => {
      const output = join(folder(), 'micro.json');
      const args = ['--instructions', '--milliseconds', '4', '--output', output];
      const { status, stdout, stderr } = await runBench('micro.js', 'params-encoded', ...args);
      expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
      const [{ name, fcgi }] = JSON.parse(readFileSync(output, 'utf8')).results;
      expect(name).toBe('params-encoded');
      // A param has a dozen bytes, and is two strings that are made bytes.
      expect(fcgi.instructions).toBeGreaterThan(50);
      expect(fcgi.instructions).toBeLessThan(50_000);
      expect(stdout).toMatch(/^scenario +unit +instructions$/m);
      expect(stdout).toMatch(/^params-encoded +param +\d+$/m);
    },
    BY_VALGRIND,
  );
});

test('instructions are compared with those of others', async () => {
  const table = await evaluate(`
    import { instructionTable } from './bench/micro/table.js';
    const scenario = (name) => ({ name, unit: 'request' });
    const rows = [
      { scenario: scenario('get'), measured: new Map(Object.entries({
        fcgi: { instructions: 30_000.4 }, against: { instructions: 40_000 }, node: { instructions: 60_000 },
      })) },
      { scenario: scenario('records'), measured: new Map(Object.entries({
        fcgi: { instructions: 90 }, against: { instructions: 60 },
      })) },
    ];
    console.log(JSON.stringify(instructionTable(rows, ['against', 'node'])));`);
  const rows = String(table).split('\n');
  expect(rows.map((row) => row.trim().split(/ {2,}/))).toEqual([
    [
      'scenario',
      'unit',
      'instructions',
      'instructions against',
      'ratio',
      'instructions node',
      'ratio',
    ],
    ['get', 'request', '30000', '40000', '0.750', '60000', '0.500'],
    ['records', 'request', '90', '60', '1.500'],
  ]);
});

test('without valgrind no instructions are counted', async () => {
  const args = ['request-head', '--instructions', '--milliseconds', '1', '--no-node'];
  const { status, stderr } = await runBenchWithPath(folder(), 'micro.js', ...args);
  expect(status).toBe(1);
  expect(stderr).toContain('by valgrind, which is not installed (Debian: valgrind)');
});

test('refuses to measure a build that answers wrongly', async () => {
  const real = pathToFileURL(join(repository, 'dist/index.js')).href;
  const broken = `import { createServer as create } from ${JSON.stringify(real)};
    export const createServer = () => create((_req, res) => res.end('Goodbye'));`;
  writeFileSync(join(folder(), 'index.js'), broken);
  const protocol = pathToFileURL(join(repository, 'dist/protocol/index.js')).href;
  mkdirSync(join(folder(), 'protocol'), { recursive: true });
  writeFileSync(join(folder(), 'protocol/index.js'), `export * from ${JSON.stringify(protocol)};`);
  const args = [...QUICK, 'get', '--no-node', '--dist', folder()];
  const { status, stderr } = await runBench('micro.js', ...args);
  expect(status).toBe(1);
  expect(stderr).toContain('Goodbye');
});

test.each([
  ['a scenario that is not there', ['storm'], 'There is no scenario storm'],
  ['a folder without a build', ['--against', 'test'], 'test has no index.js'],
  ['no number of rounds', ['--rounds', 'many'], '--rounds takes a whole number, not many'],
  ['no round', ['--rounds', '0'], '--rounds takes a number above 0, not 0'],
  ['rounds of instructions', ['--instructions', '--rounds', '2'], '--instructions counts once'],
  ['no time', ['--milliseconds', '0'], '--milliseconds takes a number above 0, not 0'],
  ['an unknown option', ['--fast'], "Unknown option '--fast'"],
])('refuses %s, and tells how it is used', async (_name, args, message) => {
  const { status, stderr } = await runBench('micro.js', ...args);
  expect([status, stderr.includes(message), stderr.includes('Usage:')]).toEqual([2, true, true]);
});
