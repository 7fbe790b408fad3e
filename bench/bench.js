import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fcgi } from './macro/backends/fcgi.js';
import { backends } from './macro/backends.js';
import { cases, LARGE_WARM_UP } from './macro/cases.js';
import { measureNode, requirePrograms } from './macro/measure-node.js';
import { saveResults } from './macro/results.js';
import { summary } from './macro/summary.js';
import { outputPlaces, writePage } from './page/write-page.js';
import {
  choose,
  commonOptions,
  commonSettings,
  main,
  positiveInteger,
  UsageError,
  wholeNumber,
} from './support/command.js';
import { stopOnSignals } from './support/process.js';
import { removeAllTemporary } from './support/temporary.js';

const known = backends(fileURLToPath(new URL('../dist', import.meta.url)));

const names = (/** @type {readonly { name: string }[]} */ all) =>
  all.map(({ name }) => name).join(', ');

const usage = `Usage: npm run bench -- [options]

Measures the CPU time that backends behind nginx take for a request, under the load of wrk. A run of all
cases and backends writes bench/results, docs/performance.md and its charts.

  --cases NAMES      some of ${names(cases)}
  --backends NAMES   some of ${names(known)}
  --starts N         how often each backend is started anew for each case (default: 3)
  --rounds N         rounds after each start, interleaved (default: 3)
  --seconds N        that a round measures, a whole number (default: 2)
  --warm-up N        seconds of CPU time that each new process has before, a whole number (default: 3);
                     ${LARGE_WARM_UP} times as many where bodies are large, none where nothing is compiled while it runs
  --node LINES       lines of Node, as 20,22,24,26; others than the running one are installed into a
                     cache (default: the running one)
  --against FOLDER   the dist of another build of this package, as one more backend
  --output FOLDER    writes results, page and charts there
  --help
`;

/** Backends without which a run is worth nothing. */
const OURS = ['http', 'fcgi', 'against'];

const NOT_WRITTEN = 'Nothing is written for some of the cases or backends without --output';

await main(usage, async () => {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: '' },
      backends: { type: 'string', default: '' },
      starts: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '2' },
      'warm-up': { type: 'string', default: '3' },
      against: { type: 'string' },
      ...commonOptions,
    },
  });
  if (values.help) return console.log(usage);
  const settings = {
    starts: positiveInteger('--starts', values.starts),
    rounds: positiveInteger('--rounds', values.rounds),
    seconds: positiveInteger('--seconds', values.seconds),
    warmUp: wholeNumber('--warm-up', values['warm-up']),
  };
  const { lines, ...common } = commonSettings('bench', values.node);
  const options = {
    settings,
    cases: choose('--cases', values.cases, cases),
    backends: [...choose('--backends', values.backends, known), ...against(values.against)],
    ...common,
  };
  requirePrograms();
  stopOnSignals(removeAllTemporary);
  const whole = !values.cases && !values.backends && !values.against;
  const places = whole || values.output ? outputPlaces(values.output) : undefined;
  for (const line of lines) {
    const results = await measureNode(line, options);
    if (places) saveResults(places.results, results);
    console.log(summary(results));
    tellFailures(results);
  }
  if (places) writePage(places);
  console.log(places ? `Written: ${places.page}` : NOT_WRITTEN);
});

/** @param {string | undefined} folder */
function against(folder) {
  if (folder === undefined) return [];
  if (!existsSync(join(folder, 'index.js'))) throw new UsageError(`${folder} has no index.js`);
  return [fcgi('against', resolve(folder))];
}

/** @param {import('./macro/results.js').Results} results */
function tellFailures({ cases: measured }) {
  for (const { name, backends: tried } of measured) {
    for (const { name: backend, failure } of tried) {
      if (failure === undefined) continue;
      console.error(`${name}, ${backend}: ${failure}`);
      // Others than this package may fail; the page says so.
      if (OURS.includes(backend)) process.exitCode = 1;
    }
  }
}
