// npm run faults|drain|memory|soak: a test of this folder, for as long as the command line says.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const usage = `Usage:
  npm run faults [-- --record]
  npm run drain [-- --rounds N --record]
  npm run memory [-- --record]
  npm run soak [-- --minutes N --record]
--record writes what was found into docs/reliability.md.`;

/** The options of each test, with the variable that tells it. */
const tests = {
  faults: {},
  drain: { rounds: 'FCGI_ROUNDS' },
  memory: {},
  soak: { minutes: 'FCGI_MINUTES' },
};

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}

async function run([name, ...args]) {
  const counts = tests[name];
  if (!counts) throw new Error(`There is no test ${name}`);
  const options = Object.fromEntries(Object.keys(counts).map((key) => [key, { type: 'string' }]));
  const { values } = parseArgs({ args, options: { ...options, record: { type: 'boolean' } } });
  const env = { ...process.env };
  if (values.record) env.FCGI_RECORD = '1';
  for (const [key, variable] of Object.entries(counts)) {
    if (values[key] !== undefined) env[variable] = positive(key, values[key]);
  }
  return jest(`test/reliability/${name}`, env);
}

function positive(name, value) {
  if (!(Number(value) > 0)) throw new Error(`--${name} must be a number above 0, not ${value}`);
  return value;
}

function jest(pattern, env) {
  const args = ['node_modules/jest/bin/jest.js', '--testPathPatterns', pattern];
  const child = spawn(process.execPath, args, { env, stdio: 'inherit' });
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}
