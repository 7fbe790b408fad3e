#!/usr/bin/env node
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { caseOf, fromFile, toFile } from './case.js';
import { play } from './play.js';
import { Random } from './random.js';
import { Target } from './target.js';
import { Watchdog } from './watchdog.js';

const usage = `Usage: npm run fuzz -- [--minutes N | --exchanges N] [--seed N] [--crashers FOLDER] [--hang N] [--record]
       npm run fuzz -- --replay FILE…

Plays valid and damaged exchanges to servers in this process, until one shows a fault: a crash, a wrong answer, a
hang, an undocumented error, or something that is left behind. The exchange is then saved in test/fuzz/crashers/,
whose files a test replays. --record writes what was found into docs/reliability.md.
What takes more than --hang seconds (60) counts as a hang.`;

/** Exchanges between two looks at what must be gone by then. */
const BATCH = 200;
/** Bytes by which the heap may grow. */
const MAX_GROWTH = 64 * 1024 * 1024;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string' },
    exchanges: { type: 'string' },
    seed: { type: 'string' },
    hang: { type: 'string', default: '60' },
    crashers: { type: 'string' },
    record: { type: 'boolean', default: false },
    replay: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(usage);
else process.exitCode = await main();

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-fuzz-'));
  const target = new Target(folder);
  await target.listening();
  try {
    return await (values.replay ? replay(target) : fuzz(target));
  } finally {
    target.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function replay(target) {
  for (const file of positionals) {
    const one = fromFile(readFileSync(file, 'utf8'));
    const error = await failureOf(target, one, true);
    if (error) {
      console.error(`${file}: ${error.stack ?? error}`);
      return 1;
    }
    console.log(`${file}: no fault`);
  }
  return 0;
}

async function fuzz(target) {
  const seed = values.seed === undefined ? Date.now() % 2 ** 32 : Number(values.seed);
  const until = values.minutes ? Date.now() + Number(values.minutes) * 60_000 : Infinity;
  const exchanges = values.exchanges
    ? Number(values.exchanges)
    : values.minutes
      ? Infinity
      : 10_000;
  console.log(`Seed ${seed}`);
  const seeds = new Random(seed);
  const watchdog = new Watchdog({
    folder: crashersFolder(),
    servers: target.servers.length,
    seconds: Number(values.hang),
  });
  const tried = createHash('sha256');
  let count = 0;
  let before;
  while (count < exchanges && Date.now() < until) {
    const one = caseOf(seeds.next(), target.servers.length);
    watchdog.begins(one.seed);
    count++;
    for (const chunk of one.chunks) tried.update(chunk);
    const error = await failureOf(target, one, count % BATCH === 0 || count === exchanges);
    if (error) return save(one, error, count);
    if (count === 2 * BATCH) before = heap();
    if (count % (10 * BATCH) === 0 && heap() - before > MAX_GROWTH) {
      return save(one, new Error(`The heap grew by ${heap() - before} bytes`), count);
    }
  }
  const codes = [...target.codes].map(([code, times]) => `${code} ${times}`).sort();
  console.log(`${count} exchanges, no fault\n${codes.join('\n')}`);
  console.log(`SHA-256 of what was sent: ${tried.digest('hex')}`);
  if (values.record)
    record(target, { minutes: values.minutes ?? 'less than 1', seed, exchanges: count });
  return 0;
}

/** Writes a run without a fault down. */
function record(target, figures) {
  const page = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));
  const machine = `Node ${process.versions.node}, ${availableParallelism()} cores`;
  const codes = [...target.codes.keys()].filter((code) => code.startsWith('ERR_')).length;
  const rows = { ...figures, 'codes of errors that came': codes, faults: 0, machine };
  const lines = Object.entries(rows).map(([what, value]) => `| ${what} | ${value} |`);
  const section = [
    '<!-- fuzz -->',
    '',
    '| | |',
    '| --- | --- |',
    ...lines,
    '',
    '<!-- end of fuzz -->',
  ];
  const text = readFileSync(page, 'utf8');
  writeFileSync(
    page,
    text.replace(/<!-- fuzz -->[\s\S]*<!-- end of fuzz -->/, () => section.join('\n')),
  );
}

/** Plays a case; what is wrong, if anything is. */
async function failureOf(target, one, checkIdle) {
  let crash;
  const note = (error) => {
    crash ??= error ?? new Error('Something that is no error was thrown');
  };
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  try {
    await play(target, one);
    if (checkIdle) await target.checkIdle();
  } catch (error) {
    note(error);
  } finally {
    await new Promise((resolve) => setImmediate(resolve));
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
  }
  return crash;
}

function crashersFolder() {
  return values.crashers ?? fileURLToPath(new URL('crashers', import.meta.url));
}

function save(one, error, count) {
  const folder = crashersFolder();
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${one.seed}.json`);
  writeFileSync(file, toFile(one, error));
  console.error(`Exchange ${count} shows a fault, saved as ${file}:\n${error.stack ?? error}`);
  return 1;
}

function heap() {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
