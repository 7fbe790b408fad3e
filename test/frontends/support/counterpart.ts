import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { within } from '../../support/deadline.ts';
import { RunningProcess } from './process.ts';
import { Relay } from './relay.ts';
import type { Program } from './requirement.ts';
import { SPAWN_FCGI } from './spawn-fcgi.ts';

export const GO: Program = { path: '/usr/bin/go', package: 'golang-go' };
export const LIBFCGI: readonly Program[] = [
  SPAWN_FCGI,
  { path: '/usr/bin/gcc', package: 'gcc' },
  { path: '/usr/include/stdlib.h', package: 'libc6-dev' },
  { path: '/usr/include/fcgiapp.h', package: 'libfcgi-dev' },
];

/** An application that was not written with this library, behind a relay that counts its connections. */
export interface Counterpart {
  /** The socket of the relay. */
  readonly path: string;
  /** Connections that were made so far. */
  connections(): number;
}

/** Starts an application that listens on a socket. */
export type StartCounterpart = (socket: string, folder: string) => RunningProcess;

/** A program of Go, built without what is outside the test's folder. */
export const startGo: StartCounterpart = (socket, folder) => {
  const program = join(folder, 'program');
  const env = {
    ...process.env,
    GOCACHE: join(folder, 'cache'),
    GOPATH: join(folder, 'path'),
    GO111MODULE: 'off',
    GOFLAGS: '',
    GOPROXY: 'off',
  };
  execFileSync(GO.path, ['build', '-o', program, source('go.go')], { env, stdio: 'pipe' });
  return new RunningProcess(program, [socket]);
};

/** A program of C, which accepts on its file descriptor 0. */
export const startLibfcgi: StartCounterpart = (socket, folder) => {
  const program = join(folder, 'program');
  execFileSync('/usr/bin/gcc', ['-Wall', '-Werror', '-o', program, source('libfcgi.c'), '-lfcgi'], {
    stdio: 'pipe',
  });
  return new RunningProcess(SPAWN_FCGI.path, ['-n', '-s', socket, '--', program]);
};

/** Starts an application before the tests of a `describe` and stops it after them. */
export function useCounterpart(start: StartCounterpart): () => Counterpart {
  let folder: string;
  let program: RunningProcess | undefined;
  let relay: Relay;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fcgi-counterpart-'));
    const socket = join(folder, 'app.sock');
    program = start(socket, folder);
    await within('the socket of the application', appearing(socket, program));
    relay = await Relay.start(join(folder, 'relay.sock'), socket);
  });
  afterAll(async () => {
    await relay?.close();
    await program?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return () => relay;
}

function source(name: string): string {
  return join(__dirname, 'counterparts', name);
}

async function appearing(socket: string, program: RunningProcess): Promise<void> {
  while (!existsSync(socket)) {
    if (!program.running) throw new Error(`It ended:\n${program.output}`);
    await wait(10);
  }
}
