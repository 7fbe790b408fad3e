import { once } from 'node:events';
import { mkdtempSync, rmSync, unwatchFile, utimesSync, watchFile, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTouch } from '../../src/program/restart-file.ts';
import { resolveProgramOptions } from '../../src/program/serve-options.ts';
import { runFastCgi } from '../../src/program/serve-program.ts';
import { Server } from '../../src/server/server.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import type { Program } from '../support/program.ts';
import { WebServer } from '../support/web-server.ts';
import { request } from '../support/wire.ts';
import { FakeProcess } from './serve-host.ts';
import { pidOf, startWithSocket } from './serve-programs.ts';

let folder: string;
let file: string;
const programs: Program[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-restart-'));
  file = join(folder, 'restart.txt');
});

afterEach(() => {
  for (const program of programs.splice(0)) {
    if (!program.stdout.includes('\nexit ')) process.kill(pidOf(program), 'SIGKILL');
  }
  rmSync(folder, { recursive: true, force: true });
});

/** Sets the time of the last change, which no two calls set alike. */
function touch(): void {
  touches += 1;
  utimesSync(file, touches, touches);
}

let touches = 1_000_000;

/** Touches the file until it was noticed: when the watcher has first looked at it nobody tells. */
async function touchUntil(noticed: Promise<unknown>): Promise<void> {
  const timer = setInterval(touch, 100);
  try {
    await noticed;
  } finally {
    clearInterval(timer);
  }
}

test('a file that is touched is noticed', async () => {
  writeFileSync(file, '');
  const touched = new Deferred<void>();
  const stop = onTouch(file, () => touched.resolve());
  await touchUntil(touched.wait('the touch'));
  stop();
});

test('a file that is made is noticed', async () => {
  const touched = new Deferred<void>();
  const stop = onTouch(file, () => touched.resolve());
  const timer = setInterval(() => writeFileSync(file, String(Date.now())), 100);
  await touched.wait('the file').finally(() => clearInterval(timer));
  stop();
});

test('that a file goes away means nothing', async () => {
  writeFileSync(file, '');
  let count = 0;
  const first = new Deferred<void>();
  const stop = onTouch(file, () => {
    count += 1;
    first.resolve();
  });
  await touchUntil(first.wait('the touch'));
  const before = count;
  rmSync(file);
  // Who began to watch later is told later.
  const gone = new Promise<void>((resolve) => {
    watchFile(file, (now) => {
      if (now.mtimeMs === 0) resolve();
    });
  });
  await within('that the file is gone', gone);
  unwatchFile(file);
  stop();
  expect(count).toBe(before);
});

test('a server whose restartFile is touched finishes its request and ends its process', async () => {
  const path = join(folder, 'app.sock');
  writeFileSync(file, '');
  const program = startWithSocket(
    `let held;
    serve((req, res) => { held = res; say('held.'); }, { restartFile: ${JSON.stringify(file)},
      log: (line) => { say(line); if (line.includes('touched')) setImmediate(() => held.end('whole')); } });`,
    { path },
  );
  programs.push(program);
  await program.printed('fcgi: FastCGI on');
  const peer = await WebServer.connectTo({ path });
  peer.send(request());
  await program.printed('held.');
  await touchUntil(program.printed(`fcgi: ${file} was touched: finishing what runs`));
  expect((await peer.answer()).body.toString()).toBe('whole');
  await program.printed('exit 0.');
  peer.close();
});

test('a server whose restartFile is touched is drained as by a signal', async () => {
  writeFileSync(file, '');
  const host = new FakeProcess();
  const server = new Server({}, (_req, res) => void res.end());
  const settings = resolveProgramOptions({ restartFile: file, drainTimeout: 1 }, host.asProcess());
  runFastCgi(server, host.asProcess(), settings);
  server.listen(0, '127.0.0.1');
  await within('listening', once(server, 'listening'));
  await touchUntil(within('close', once(server, 'close')));
  expect(host.told()).toContain(`fcgi: ${file} was touched: finishing what runs, within 1 ms`);
  expect(await host.exited.wait('exit')).toBe(0);
});
