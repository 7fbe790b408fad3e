import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** What a measurement depends on. */
export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${distribution()}, ${type()} ${release()}`,
  };
}

function distribution() {
  const file = '/etc/os-release';
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? 'unknown';
}

/**
 * The version that a program tells; some tell it on stderr, and some fail then.
 *
 * @param {string} program
 * @param {readonly string[]} args
 */
export function toldVersion(program, args) {
  const script = '"$0" "$@" 2>&1 || true';
  const told = execFileSync('sh', ['-c', script, program, ...args], { encoding: 'utf8' });
  return /\d+\.\d+(\.\d+)?/.exec(told)?.[0] ?? 'unknown';
}
