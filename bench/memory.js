import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureNode } from './memory/measure-node.js';
import { saveMemory } from './memory/results.js';
import { scenarios } from './memory/scenarios.js';
import { outputPlaces, writePage } from './page/write-page.js';
import { choose, commonOptions, commonSettings, main, positiveInteger } from './support/command.js';

/** Descriptors that a process has beside those of the connections. */
const OTHER_DESCRIPTORS = 100;

const usage = `Usage: npm run bench:memory -- [options]

Measures the resident memory of this package and of Node's http, and writes it into bench/results and
docs/performance.md.

  --scenarios NAMES   some of ${scenarios.map(({ name }) => name).join(', ')}
  --connections N     idle connections (default: 10000)
  --requests N        concurrent slow requests (default: 1000)
  --mebibytes N       of the response to a slow reader (default: 1024)
  --rounds N          each in a process of its own (default: 3)
  --node LINES        lines of Node, as 20,22,24,26 (default: the running one)
  --output FOLDER     writes results and page there
  --help
`;

await main(usage, async () => {
  const { values } = parseArgs({
    options: {
      scenarios: { type: 'string', default: '' },
      connections: { type: 'string', default: '10000' },
      requests: { type: 'string', default: '1000' },
      mebibytes: { type: 'string', default: '1024' },
      rounds: { type: 'string', default: '3' },
      ...commonOptions,
    },
  });
  if (values.help) return console.log(usage);
  const { lines, ...common } = commonSettings('bench:memory', values.node);
  const options = {
    chosen: choose('--scenarios', values.scenarios, scenarios),
    sizes: {
      connections: positiveInteger('--connections', values.connections),
      requests: positiveInteger('--requests', values.requests),
      mebibytes: positiveInteger('--mebibytes', values.mebibytes),
    },
    rounds: positiveInteger('--rounds', values.rounds),
    dist: fileURLToPath(new URL('../dist', import.meta.url)),
    ...common,
  };
  const places = outputPlaces(values.output);
  requireDescriptors(Math.max(options.sizes.connections, options.sizes.requests));
  for (const line of lines) saveMemory(places.results, await measureNode(line, options));
  writePage(places);
  console.log(`Written: ${places.page}`);
});

/**
 * Both ends of each connection need one; Node raises its soft limit by itself.
 *
 * @param {number} connections
 */
function requireDescriptors(connections) {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  const needed = connections + OTHER_DESCRIPTORS;
  if (limit === 'unlimited' || Number(limit) >= needed) return;
  throw new Error(
    `${connections} connections need ${needed} descriptors a process, and the hard limit is ${limit}: ` +
      `raise it with prlimit --nofile=${needed} --pid $$, or ask for fewer --connections`,
  );
}
