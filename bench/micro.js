import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { countInstructions } from './micro/instructions.js';
import { scenarios } from './micro/scenarios.js';
import { instructionTable, table } from './micro/table.js';
import { measureInTurns } from './micro/turns.js';
import { main, positiveInteger, positiveNumber, UsageError } from './support/command.js';

const usage = `Usage: npm run bench:micro -- [options] [scenario...]

Measures dist/ without sockets: CPU nanoseconds and allocated bytes per operation, beside Node's own
http where it does the same. A scenario is named, or a part of its name: "express" is two of them.

  --against FOLDER     the dist of another build, measured in turns; the ratio is ours to theirs
  --dist FOLDER        the build to measure (default: dist)
  --rounds N           rounds, each in processes of their own (default: 3)
  --milliseconds N     of CPU time that a round measures, warmed up before (default: 150)
  --instructions       counts the instructions of user space instead, once, by valgrind: it takes minutes, but what a
                       machine does besides has no effect, and a percent is seen
  --no-node            leaves Node's own http out
  --output FILE        writes what was measured as JSON
  --list               names the scenarios
  --help
`;

await main(usage, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      against: { type: 'string' },
      dist: { type: 'string', default: 'dist' },
      rounds: { type: 'string' },
      milliseconds: { type: 'string', default: '150' },
      instructions: { type: 'boolean', default: false },
      'no-node': { type: 'boolean', default: false },
      output: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const chosen = choose(positionals);
  if (values.list) return list(chosen);
  const way = values.instructions ? byInstructions(values) : byTime(values);
  const builds = [{ name: 'fcgi', dist: build(values.dist) }];
  if (values.against) builds.push({ name: 'against', dist: build(values.against) });
  /** @type {Row[]} */
  const rows = [];
  for (const scenario of chosen) {
    const withNode = scenario.node && !values['no-node'];
    const contenders = withNode ? [...builds, { name: 'node' }] : builds;
    process.stderr.write(`${scenario.name} `);
    rows.push({ scenario, measured: await way.measure(scenario, contenders) });
  }
  process.stderr.write('\n');
  const others = ['against', 'node'].filter((name) =>
    rows.some(({ measured }) => measured.has(name)),
  );
  console.log(`Node ${process.version}, ${way.says}\n`);
  console.log(way.table(rows, others));
  if (values.output) writeFileSync(values.output, toJson(rows));
});

/**
 * How scenarios are measured.
 *
 * @typedef {object} Way
 * @property {string} says
 * @property {(scenario: Scenario, contenders: Contender[]) => Promise<Map<string, any>>} measure
 * @property {(rows: Row[], others: string[]) => string} table
 *
 * @typedef {{ scenario: Scenario, measured: Map<string, any> }} Row
 * @typedef {import('./micro/scenario.js').Scenario} Scenario
 * @typedef {import('./micro/turns.js').Contender} Contender
 *
 * @typedef {{ rounds?: string | undefined, milliseconds: string }} Amount
 */

/** @param {Amount} amount @returns {Way} */
function byTime(amount) {
  const rounds = positiveInteger('--rounds', amount.rounds ?? '3');
  const milliseconds = positiveNumber('--milliseconds', amount.milliseconds);
  return {
    says: `${rounds} rounds, median (min–max)`,
    measure: (scenario, contenders) =>
      measureInTurns(scenario, contenders, { rounds, milliseconds }),
    table,
  };
}

/** @param {Amount} amount @returns {Way} */
function byInstructions(amount) {
  if (amount.rounds !== undefined) throw new UsageError('--instructions counts once: no --rounds');
  const milliseconds = positiveNumber('--milliseconds', amount.milliseconds);
  return {
    says: 'instructions of user space',
    measure: (scenario, contenders) => countInstructions(scenario, contenders, { milliseconds }),
    table: instructionTable,
  };
}

/** @param {readonly string[]} names */
function choose(names) {
  const unknown = names.find((name) => !scenarios.some((one) => one.name.includes(name)));
  if (unknown !== undefined) throw new UsageError(`There is no scenario ${unknown}`);
  // A whole name means that scenario alone.
  const whole = names.every((name) => scenarios.some((one) => one.name === name));
  const matches = (/** @type {string} */ name) =>
    names.some((part) => (whole ? name === part : name.includes(part)));
  return names.length === 0 ? scenarios : scenarios.filter(({ name }) => matches(name));
}

/** @param {string} folder */
function build(folder) {
  const dist = resolve(folder);
  if (existsSync(`${dist}/index.js`)) return dist;
  throw new UsageError(`${folder} has no index.js: run npm run build there`);
}

/** @param {readonly import('./micro/scenario.js').Scenario[]} chosen */
function list(chosen) {
  for (const { name, says } of chosen) console.log(`${name.padEnd(20)}${says}`);
}

/** @param {readonly Row[]} rows */
function toJson(rows) {
  const results = rows.map(({ scenario: { name, unit }, measured }) => ({
    name,
    unit,
    ...Object.fromEntries(measured),
  }));
  return `${JSON.stringify({ node: process.version, results }, null, 2)}\n`;
}
