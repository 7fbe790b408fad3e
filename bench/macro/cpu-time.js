import { readdirSync, readFileSync } from 'node:fs';

/**
 * Seconds of CPU time, user and system, that a process and those it started have taken so far.
 *
 * `schedstat` counts nanoseconds, where `stat` counts hundredths of a second; it has them by thread, and none of the
 * backends ends threads while it serves.
 *
 * @param {number} pid
 */
export function cpuSeconds(pid) {
  const nanoseconds = withDescendants(pid).flatMap((one) =>
    readdirSync(`/proc/${one}/task`).map((thread) =>
      onCpu(`/proc/${one}/task/${thread}/schedstat`),
    ),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9;
}

/** @param {string} file */
function onCpu(file) {
  return Number(readFileSync(file, 'utf8').split(' ')[0]);
}

/** @param {number} pid @returns {number[]} */
function withDescendants(pid) {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: parentOf(name) }));
  const found = [pid];
  for (const one of found) {
    found.push(...parents.filter(({ parent }) => parent === one).map((child) => child.pid));
  }
  return found;
}

/** @param {string} pid */
function parentOf(pid) {
  try {
    // The name of the program, in parentheses, may hold spaces.
    const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?!.*\) )/);
    return Number(rest.split(' ')[1]);
  } catch {
    // It ended meanwhile.
    return 0;
  }
}
