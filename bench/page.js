import { parseArgs } from 'node:util';
import { outputPlaces, writePage } from './page/write-page.js';
import { main } from './support/command.js';

const usage = `Usage: npm run bench:page -- [options]

Writes docs/performance.md and its charts anew, from the results in bench/results.

  --output FOLDER   takes the results from there, and writes page and charts there
  --help
`;

await main(usage, async () => {
  const { values } = parseArgs({
    options: { output: { type: 'string' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) return console.log(usage);
  const places = outputPlaces(values.output);
  writePage(places);
  console.log(`Written: ${places.page}`);
});
