import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GO, LIBFCGI } from '../frontends/support/counterpart.ts';
import { NGINX } from '../frontends/support/nginx.ts';
import { PHP_FPM } from '../frontends/support/php-fpm.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import { evaluate, repository, runBench, runBenchWithPath, useFolder } from './support/run.ts';
import { WRK } from './support/wrk.ts';

const QUICK = ['--starts', '1', '--rounds', '1', '--seconds', '1', '--warm-up', '0'];

const line = process.versions.node.split('.')[0];

// Some of these start a dozen servers one after the other, and build two of them.
jest.setTimeout(180_000);

const folder = useFolder();

interface BackendResult {
  readonly name: string;
  readonly rounds: readonly Readonly<Record<string, number>>[];
  readonly failure?: string;
}

interface Results {
  readonly cases: readonly { readonly name: string; readonly backends: readonly BackendResult[] }[];
}

async function measure(name: string, ...args: string[]) {
  const output = join(folder(), name);
  const outcome = await runBench('bench.js', ...QUICK, ...args, '--output', output);
  const read = (file: string) => readFileSync(join(output, file), 'utf8');
  return { ...outcome, results: JSON.parse(read(`node-${line}.json`)) as Results, read };
}

const positive = (rounds: BackendResult['rounds']) =>
  rounds.map(({ cpu = 0, perSecond = 0, busy = 0 }) => cpu > 0 && perSecond > 0 && busy > 0);

describeWith('npm run bench', [NGINX, WRK], () => {
  test.each(['plain', 'express-middleware', 'koa', 'upload-1mib', 'connection'])(
    'measures the case %s, and writes page and charts',
    async (name) => {
      const { status, stderr, results, read } = await measure(
        name,
        ...['--cases', name, '--backends', 'http,fcgi'],
      );
      expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
      expect(results).toMatchObject({
        node: process.versions.node,
        settings: { starts: 1, rounds: 1, seconds: 1, warmUp: 0 },
        leftOut: [],
        cases: [{ name, backends: [{ name: 'http' }, { name: 'fcgi' }] }],
      });
      const rounds = results.cases[0]?.backends.map((backend) => positive(backend.rounds));
      expect(rounds).toEqual([[true], [true]]);
      expect(read('performance.md')).toMatch(/\| fcgi \| \*\*[\d.]+\*\* /);
      expect(read('performance-ratios.svg')).toContain(`Node ${line}`);
    },
  );

  test('measures as many rounds after each start as it is told, and says so in the table', async () => {
    const args = ['--cases', 'plain', '--backends', 'http,fcgi', '--starts', '2', '--rounds', '2'];
    const { status, results, read } = await measure('starts', ...args);
    expect(status).toBe(0);
    const rounds = results.cases[0]?.backends.map((backend) => positive(backend.rounds));
    expect(rounds).toEqual([new Array(4).fill(true), new Array(4).fill(true)]);
    expect(read('performance.md')).toContain('| 2 × 2 × 1 s, after 0 s |');
  });

  test('reports a backend that answers wrongly as failed, and fails itself for ours', async () => {
    const broken = join(folder(), 'broken');
    mkdirSync(broken);
    const real = pathToFileURL(join(repository, 'dist/index.js')).href;
    const code = `import { createServer as create } from ${JSON.stringify(real)};
      export const createServer = () => create((_req, res) => res.end('Goodbye'));`;
    writeFileSync(join(broken, 'index.js'), code);
    const args = ['--cases', 'plain', '--backends', 'http', '--against', broken];
    const { status, results, read } = await measure('wrong', ...args);
    expect(results.cases[0]?.backends[1]).toEqual({
      name: 'against',
      rounds: [],
      failure: 'The answer is not right: 200 with 7 bytes, "Goodbye"',
    });
    expect(read('performance.md')).toContain('- against, plain: The answer is not right');
    expect(status).toBe(1);
  });

  test('writes nothing into the repository for some of the cases', async () => {
    const page = () => readFileSync(join(repository, 'docs/performance.md'), 'utf8');
    const before = page();
    const args = ['--cases', 'plain', '--backends', 'fcgi'];
    const { status, stdout } = await runBench('bench.js', ...QUICK, ...args);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^plain fcgi +[\d.]+ /m);
    expect(stdout).toContain('Nothing is written');
    expect(page()).toBe(before);
  });
});

describeWith('A machine on which only nginx and wrk are installed', [NGINX, WRK], () => {
  test('has the other backends left out by name, and pins nothing to cores', async () => {
    const programs = join(folder(), 'programs');
    mkdirSync(programs);
    symlinkSync(WRK.path, join(programs, 'wrk'));
    symlinkSync('/bin/sh', join(programs, 'sh'));
    const output = join(folder(), 'few');
    const args = ['--cases', 'plain', '--backends', 'fcgi,go,libfcgi', '--output', output];
    const { status, stderr } = await runBenchWithPath(programs, 'bench.js', ...QUICK, ...args);
    expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
    const results = JSON.parse(readFileSync(join(output, `node-${line}.json`), 'utf8'));
    expect(results).toMatchObject({
      machine: { pinned: 'no' },
      leftOut: [
        { name: 'go', install: 'golang-go' },
        { name: 'libfcgi', install: 'gcc and libc6-dev' },
      ],
      cases: [{ name: 'plain', backends: [{ name: 'fcgi', rounds: [expect.anything()] }] }],
    });
  });
});

test('names the packages of what it cannot do without', async () => {
  const { status, stderr } = await runBenchWithPath(folder(), 'bench.js', ...QUICK);
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/Not installed: (nginx-light and )?wrk/),
  ]);
});

describeWith('The other backends', [NGINX, WRK, GO, PHP_FPM, ...LIBFCGI], () => {
  test('are measured with what they have', async () => {
    const others = ['node-fastcgi', 'go', 'php-fpm', 'libfcgi'];
    const args = ['--cases', 'plain,stream-1mib', '--backends', others.join(',')];
    const { status, stderr, results } = await measure('others', ...args);
    expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
    for (const { backends } of results.cases) {
      const measured = backends.map((one) => [one.name, positive(one.rounds)]);
      expect(measured).toEqual(others.map((other) => [other, [true]]));
    }
  });
});

describeWith('The load', [WRK], () => {
  test('is refused if one answer was an error', async () => {
    let answers = 0;
    const server = createServer((_req, res) => {
      res.statusCode = answers++ === 5 ? 500 : 200;
      res.end();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    const module = pathToFileURL(join(repository, 'bench/macro/load.js')).href;
    const run = `import { load, writeLoadScript } from ${JSON.stringify(module)};
      const script = writeLoadScript(${JSON.stringify(folder())}, { name: 'load' });
      const asked = load('http://127.0.0.1:${port}/', { script, connections: 1, seconds: 1 });
      console.log(JSON.stringify(await asked.catch((error) => error.message)));`;
    try {
      expect(await evaluate(run)).toBe('wrk saw errors: 1 × status');
    } finally {
      server.close();
    }
  });
});

test.each([
  ['a case that is not there', ['--cases', 'storm'], '--cases: there is no storm'],
  ['a backend that is not there', ['--backends', 'perl'], '--backends: there is no perl'],
  ['a part of a second', ['--seconds', '0.3'], '--seconds takes a whole number, not 0.3'],
  ['no line of Node', ['--node', 'latest'], '--node takes lines of Node, as 20,22, not latest'],
  ['a folder without a build', ['--against', 'test'], 'test has no index.js'],
])('refuses %s, and tells how it is used', async (_name, args, message) => {
  const { status, stderr } = await runBench('bench.js', ...args);
  expect([status, stderr.includes(message), stderr.includes('Usage:')]).toEqual([2, true, true]);
});
