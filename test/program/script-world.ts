import { Console } from 'node:console';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cgiIn } from '../../src/program/cgi-script.ts';
import { within } from '../support/deadline.ts';
import { type Answer, WebServer } from '../support/web-server.ts';
import type { FakeProcess } from './serve-host.ts';

/** What global variables are to the scripts of a process. */
export function worldOf(host: FakeProcess) {
  const console = new Console(host.stdout, host.stderr);
  const global = { process: host.asProcess(), console };
  Object.defineProperty(global, 'process', {
    get: () => host,
    set: () => {},
    configurable: true,
    enumerable: true,
  });
  return { process: host.asProcess(), global };
}

/**
 * Serves a script in a process, and sends it one request.
 *
 * @param meanwhile called between the start of the server and the request, outside of the script
 */
export async function scriptAnswer(
  host: FakeProcess,
  script: (process: NodeJS.Process, console: Console) => unknown,
  bytes: Uint8Array,
  meanwhile: () => void = () => {},
): Promise<Answer> {
  const { process, global } = worldOf(host);
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-script-'));
  const path = join(folder, 'fcgi.sock');
  const run = () => script(global.process, global.console);
  const { server } = cgiIn({ process, global }, run, { path, log: false });
  await within('listening', once(server, 'listening'));
  const peer = await WebServer.connectTo({ path });
  try {
    meanwhile();
    return await peer.exchange(bytes);
  } finally {
    peer.close();
    await within('close', new Promise((done) => server.close(done)));
    rmSync(folder, { recursive: true, force: true });
  }
}
