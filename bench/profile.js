import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fcgi } from './macro/backends/fcgi.js';
import { http } from './macro/backends/http.js';
import { cases, LARGE_WARM_UP } from './macro/cases.js';
import { requirePrograms } from './macro/measure-node.js';
import { outputPlaces, writePage } from './page/write-page.js';
import { profileNode } from './profile/measure-node.js';
import { saveProfiles } from './profile/results.js';
import {
  choose,
  commonOptions,
  commonSettings,
  main,
  positiveInteger,
  wholeNumber,
} from './support/command.js';
import { stopOnSignals } from './support/process.js';
import { removeAllTemporary } from './support/temporary.js';

const DEFAULT_CASES = 'plain,upload-1mib,connection';

const usage = `Usage: npm run bench:profile -- [options]

Tells on what this package and Node's http spend their time, behind nginx and under the load of wrk, and writes
it into bench/results and docs/performance.md.

  --cases NAMES      some of ${cases.map(({ name }) => name).join(', ')}
                     (default: ${DEFAULT_CASES})
  --seconds N        that each is profiled, a whole number (default: 4)
  --warm-up N        seconds of CPU time that each process has before, a whole number (default: 2);
                     ${LARGE_WARM_UP} times as many where bodies are large
  --node LINES       lines of Node, as 20,22,24,26 (default: the running one)
  --output FOLDER    writes results and page there
  --help
`;

await main(usage, async () => {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: DEFAULT_CASES },
      seconds: { type: 'string', default: '4' },
      'warm-up': { type: 'string', default: '2' },
      ...commonOptions,
    },
  });
  if (values.help) return console.log(usage);
  const { lines, ...common } = commonSettings('bench:profile', values.node);
  const options = {
    cases: choose('--cases', values.cases, cases),
    backends: [http, fcgi('fcgi', fileURLToPath(new URL('../dist', import.meta.url)))],
    settings: {
      seconds: positiveInteger('--seconds', values.seconds),
      warmUp: wholeNumber('--warm-up', values['warm-up']),
    },
    ...common,
  };
  requirePrograms();
  stopOnSignals(removeAllTemporary);
  const places = outputPlaces(values.output);
  for (const line of lines) saveProfiles(places.results, await profileNode(line, options));
  writePage(places);
  console.log(`Written: ${places.page}`);
});
