import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { within } from '../../support/deadline.ts';
import { Gate } from './gate.ts';
import type { RunningWebServer } from './start-web-server.ts';

/** A web server that starts its programs itself. */
export interface Host {
  readonly folder: string;
  readonly origin: string;
  readonly server: RunningWebServer;
  gate(): Promise<Gate>;
}

export type HostRule = (title: string, body: (host: Host) => Promise<void>) => void;

/**
 * Starts a web server before the tests of a `describe` and stops it after them.
 *
 * @param start gets a folder for its files, which holds an empty folder `www`
 * @returns a `test` whose function gets the host. If it fails it prints what the web server logged meanwhile
 */
export function useHost(start: (folder: string) => Promise<RunningWebServer>): HostRule {
  let host: Host;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fcgi-host-'));
    mkdirSync(join(folder, 'www'));
    const server = await start(folder);
    host = { folder, server, origin: server.origin, gate: () => Gate.make(folder) };
  });
  afterAll(async () => {
    await host?.server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return (title, body) => {
    test(title, async () => {
      const before = host.server.errorLog().length;
      try {
        await body(host);
      } catch (error) {
        console.error(`${title}\n\nThe web server:\n${host.server.errorLog().slice(before)}`);
        throw error;
      }
    });
  };
}

/** Waits for the end of a process that is not the test's own. */
export async function gone(pid: number): Promise<void> {
  const wait = async () => {
    while (isRunning(pid)) await pause(20, undefined, { ref: false });
  };
  await within(`the end of process ${pid}`, wait());
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
