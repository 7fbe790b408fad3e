import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const run = (...args: string[]) =>
  spawnSync(process.execPath, [join(__dirname, 'run.js'), ...args], { encoding: 'utf8' });

test.each([
  ['no test', [], 'There is no test undefined'],
  ['a test that is not there', ['storm'], 'There is no test storm'],
  ['no number of rounds', ['drain', '--rounds', 'many'], '--rounds must be a number above 0'],
  ['less than a minute', ['soak', '--minutes', '0'], '--minutes must be a number above 0'],
  ['an option of another test', ['soak', '--rounds', '3'], "Unknown option '--rounds'"],
])('refuses %s, and tells how it is used', (_name, args, message) => {
  const { status, stderr } = run(...args);
  expect([status, stderr.includes(message), stderr.includes('Usage:')]).toEqual([2, true, true]);
});
