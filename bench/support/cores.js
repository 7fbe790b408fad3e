import { readFileSync } from 'node:fs';
import { findProgram } from './find-program.js';

/**
 * Which cores the programs run on: the backend alone on one, nginx on another, the load with nginx or, if there is one,
 * on a third.
 *
 * @typedef {object} Cores
 * @property {number | undefined} backend undefined where processes cannot be pinned
 * @property {number | undefined} nginx
 * @property {number | undefined} load
 */

/** @returns {Cores} */
export function chooseCores() {
  const [nginx, backend, third] = findProgram('taskset') ? allowedCores() : [];
  if (backend === undefined) return { backend: undefined, nginx: undefined, load: undefined };
  return { backend, nginx, load: third ?? nginx };
}

/** The cores that this process may run on. */
function allowedCores() {
  const status = readFileSync('/proc/self/status', 'utf8');
  const list = /Cpus_allowed_list:\s*(\S+)/.exec(status)?.[1] ?? '';
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/**
 * The command that runs another on a core.
 *
 * @param {number | undefined} core
 * @param {import('../macro/backend.js').Command} command
 */
export function pinned(core, command) {
  if (core === undefined) return command;
  const args = ['-c', String(core), command.command, ...command.args];
  return { ...command, command: 'taskset', args };
}
