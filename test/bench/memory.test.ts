import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runBench, useFolder } from './support/run.ts';

const folder = useFolder();

const line = process.versions.node.split('.')[0];

test('measures idle connections, slow requests and a slow reader, and writes the table', async () => {
  const sizes = ['--connections', '20', '--requests', '10', '--mebibytes', '2', '--rounds', '1'];
  const { status, stderr } = await runBench('memory.js', ...sizes, '--output', folder());
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
  const results = JSON.parse(readFileSync(join(folder(), `memory-${line}.json`), 'utf8'));
  const both = (unit: string) => ({
    unit,
    backends: [
      { name: 'fcgi', rounds: [expect.any(Number)] },
      { name: 'http', rounds: [expect.any(Number)] },
    ],
  });
  expect(results).toMatchObject({
    node: process.versions.node,
    scenarios: [
      { name: 'idle', says: '20 idle connections, each', ...both('KiB') },
      { name: 'slow', says: '10 concurrent slow requests, each', ...both('KiB') },
      { name: 'stream', says: '2 MiB streamed to a slow reader, at most', ...both('MiB') },
    ],
  });
  const page = readFileSync(join(folder(), 'performance.md'), 'utf8');
  expect(page).toMatch(/\| Node \d+ \| 20 idle connections, each \| \*\*-?[\d.]+\*\* .*KiB \|/);
});

test('says how many descriptors more connections need than the process may have', async () => {
  const { status, stderr } = await runBench('memory.js', '--connections', '2000000000');
  expect(status).toBe(1);
  expect(stderr).toMatch(/2000000000 connections need 2000000100 descriptors.*hard limit is \d+/);
});

test.each([
  ['a scenario that is not there', ['--scenarios', 'storm'], '--scenarios: there is no storm'],
  ['no connections', ['--connections', '0'], '--connections takes a number above 0, not 0'],
])('refuses %s, and tells how it is used', async (_name, args, message) => {
  const { status, stderr } = await runBench('memory.js', ...args);
  expect([status, stderr.includes(message), stderr.includes('Usage:')]).toEqual([2, true, true]);
});
