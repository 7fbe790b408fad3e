import type { NetConnectOpts } from 'node:net';
import { RunningProcess } from './process.ts';
import { type ProgramName, programFile } from './programs.ts';
import type { Program } from './requirement.ts';

export const SPAWN_FCGI: Program = { path: '/usr/bin/spawn-fcgi', package: 'spawn-fcgi' };

/** Starts a program with a listening socket on file descriptor 0. The process becomes the program. */
export function spawnFcgi(target: NetConnectOpts, program: ProgramName): RunningProcess {
  const socket =
    'path' in target ? ['-s', target.path] : ['-a', String(target.host), '-p', String(target.port)];
  const command = [process.execPath, programFile(program)];
  return new RunningProcess(SPAWN_FCGI.path, ['-n', ...socket, '--', ...command]);
}
