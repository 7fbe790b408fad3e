import { mkdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { caseOf, toFile } from './case.js';

const { folder, servers, seconds, progress } = workerData;

for (;;) {
  const count = Atomics.load(progress, 0);
  if (Atomics.wait(progress, 0, count, seconds * 1000) === 'timed-out' && count > 0) saveAndEnd();
}

function saveAndEnd() {
  const one = caseOf(Atomics.load(progress, 1) >>> 0, servers);
  const error = new Error(`The process did nothing for ${seconds} seconds`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${one.seed}.json`);
  writeFileSync(file, toFile(one, error));
  // Not by console.error(), which the other thread would have to print.
  writeSync(2, `An exchange hangs, saved as ${file}\n`);
  process.kill(process.pid, 'SIGKILL');
}
