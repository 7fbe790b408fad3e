import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pinned } from '../support/cores.js';

const run = promisify(execFile);

/** What wrk says at the end, in a line that can be read. */
const REPORT = `
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\\nreport {"requests":%d,"seconds":%f,"p50":%d,"p99":%d,' ..
    '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
`;

/** Seconds that wrk has to end after its time. */
const PATIENCE = 15;

/**
 * @typedef {object} Load
 * @property {number} requests that were answered
 * @property {number} seconds
 * @property {number} p50 microseconds until the answer, of half of the requests
 * @property {number} p99
 */

/**
 * Writes the script with which wrk asks what a case asks.
 *
 * @param {string} folder
 * @param {import('./cases.js').Case} testCase
 * @returns {string} the file
 */
export function writeLoadScript(folder, { name, headers = {}, upload }) {
  const lines = Object.entries(headers).map(
    ([header, value]) => `wrk.headers["${header}"] = "${value}"`,
  );
  if (upload) lines.push('wrk.method = "POST"', `wrk.body = string.rep("x", ${upload})`);
  const file = join(folder, `${name}.lua`);
  writeFileSync(file, `${lines.join('\n')}\n${REPORT}`);
  return file;
}

/**
 * Has wrk ask for so many seconds.
 *
 * @param {string} origin
 * @param {{ script: string, connections: number, seconds: number, core: number | undefined }} options
 * @returns {Promise<Load>}
 * @throws if one of the answers was not right
 */
export async function load(origin, { script, connections, seconds, core }) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout=10s', '-s', script, origin];
  const wrk = pinned(core, { command: 'wrk', args });
  const timeout = (seconds + PATIENCE) * 1000;
  const { stdout } = await run(wrk.command, [...wrk.args], { timeout });
  const report = /^report (.*)$/m.exec(stdout)?.[1];
  if (!report) throw new Error(`wrk said:\n${stdout}`);
  const { errors, ...measured } = JSON.parse(report);
  const failed = Object.entries(errors).filter(([, times]) => times !== 0);
  if (failed.length > 0) {
    throw new Error(`wrk saw errors: ${failed.map(([kind, n]) => `${n} × ${kind}`).join(', ')}`);
  }
  return measured;
}
