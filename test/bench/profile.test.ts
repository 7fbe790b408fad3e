import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NGINX } from '../frontends/support/nginx.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import { evaluate, repository, runBench, useFolder } from './support/run.ts';
import { WRK } from './support/wrk.ts';

jest.setTimeout(180_000);

const folder = useFolder();

const line = process.versions.node.split('.')[0];

const groupsModule = pathToFileURL(join(repository, 'bench/profile/groups.js')).href;

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

const node = (id: number, functionName: string, url = '', children: number[] = []): Node => ({
  id,
  callFrame: { functionName, url },
  children,
});

/** What `timeByGroup` makes of a profile in which each of the nodes had 10 µs, one after the other. */
async function grouped(nodes: readonly Node[]): Promise<Record<string, number>> {
  const profile = {
    nodes,
    samples: nodes.map(({ id }) => id),
    timeDeltas: [1_000, ...nodes.map(() => 10)],
  };
  const times = (await evaluate(`
    import { timeByGroup } from ${JSON.stringify(groupsModule)};
    console.log(JSON.stringify(timeByGroup(${JSON.stringify(profile)})));
  `)) as Record<string, number>;
  return Object.fromEntries(Object.entries(times).filter(([, time]) => time > 0));
}

test('time is that of the file whose function ran', async () => {
  const dist = 'file:///some/where/dist';
  expect(
    await grouped([
      node(1, 'end', 'node:_http_outgoing'),
      node(2, 'write', 'node:internal/streams/writable'),
      node(3, 'Socket._write', 'node:net'),
      node(4, 'nextTick', 'node:internal/process/task_queues'),
      node(5, 'push', `${dist}/layers/protocol.js`),
      node(6, 'Head', `${dist}/layers/cgi.js`),
      node(7, 'finish', `${dist}/layers/http.js`),
      node(8, 'dispatch', `${dist}/layers/server.js`),
      node(9, '', 'file:///some/where/apps/plain.js'),
    ]),
  ).toEqual({
    ...{ 'node-http': 10, 'node-streams': 20, 'node-other': 10 },
    ...{ protocol: 10, cgi: 10, http: 10, server: 10, app: 10 },
  });
});

test('native code has its own groups, or counts for who called it; waiting counts for nobody', async () => {
  expect(
    await grouped([
      node(1, '(root)', '', [2, 3, 4, 5]),
      node(2, '(idle)'),
      node(3, '(program)'),
      node(4, '(garbage collector)'),
      node(5, 'write', 'node:buffer', [6, 7]),
      node(6, 'latin1WriteStatic'),
      node(7, '_write', 'node:net', [8, 9]),
      node(8, 'writeBuffer'),
      node(9, 'writeUtf8String'),
    ]),
  ).toEqual({ native: 20, gc: 10, 'node-other': 20, 'node-streams': 10, write: 20 });
});

describeWith('npm run bench:profile', [NGINX, WRK], () => {
  test('profiles both backends, and writes a table', async () => {
    const { status, stderr } = await runBench(
      'profile.js',
      ...['--cases', 'plain', '--seconds', '1', '--warm-up', '1', '--output', folder()],
    );
    expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
    const { cases } = JSON.parse(readFileSync(join(folder(), `profile-${line}.json`), 'utf8'));
    expect(cases).toHaveLength(1);
    for (const { groups } of cases[0].backends) {
      for (const name of ['write', 'native', 'node-http', 'node-streams']) {
        expect([name, groups[name] > 0]).toEqual([name, true]);
      }
    }
    const [http, fcgi] = cases[0].backends;
    expect([http.name, http.groups.server, http.groups.protocol]).toEqual(['http', 0, 0]);
    expect([fcgi.name, fcgi.groups.server > 0, fcgi.groups.protocol > 0]).toEqual([
      'fcgi',
      true,
      true,
    ]);
    const page = readFileSync(join(folder(), 'performance.md'), 'utf8');
    expect(page).toContain(`| µs a request | Node ${line}, http | Node ${line}, fcgi |`);
    expect(page).toMatch(/\| \*\*together\*\* \| \*\*[\d.]+\*\* \| \*\*[\d.]+\*\* \|/);
  });
});

test.each([
  ['a case that is not there', ['--cases', 'storm'], '--cases: there is no storm'],
  ['no time', ['--seconds', '0'], '--seconds takes a number above 0, not 0'],
])('refuses %s, and tells how it is used', async (_name, args, message) => {
  const { status, stderr } = await runBench('profile.js', ...args);
  expect([status, stderr.includes(message), stderr.includes('Usage:')]).toEqual([2, true, true]);
});
