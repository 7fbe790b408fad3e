import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { evaluate, repository } from './support/run.ts';

const cpuTime = pathToFileURL(join(repository, 'bench/macro/cpu-time.js')).href;

/** Uses CPU time until its process has had so many milliseconds of it. */
const BURN = (msecs: number) =>
  `for (let used = { user: 0, system: 0 }, begin = process.cpuUsage();
    used.user + used.system < ${msecs * 1000};) used = process.cpuUsage(begin);`;

// What a thread used is known while it is there, so both stay.
test('CPU time is that of the threads of a process, and of the processes that it started', async () => {
  const code = `
    import { once } from 'node:events';
    import { spawn } from 'node:child_process';
    import { Worker } from 'node:worker_threads';
    import { cpuSeconds } from ${JSON.stringify(cpuTime)};

    const before = cpuSeconds(process.pid);
    const idle = 'setInterval(() => {}, 1000)';
    const worker = new Worker(\`${BURN(300)} import('node:worker_threads').then(({ parentPort }) => parentPort.postMessage('')); \${idle}\`, { eval: true });
    await once(worker, 'message');
    const withThread = cpuSeconds(process.pid);
    const child = spawn(process.execPath, ['-e', \`${BURN(300)} console.log(''); \${idle}\`]);
    await once(child.stdout, 'data');
    const ofChild = cpuSeconds(child.pid);
    const withChild = cpuSeconds(process.pid);
    child.kill();
    worker.terminate();
    console.log(JSON.stringify({ before, withThread, ofChild, withChild }));`;
  const { before, withThread, ofChild, withChild } = (await evaluate(code)) as Record<
    string,
    number
  >;
  // Less than what was used for certain, since the kernel counts a running thread at its next tick.
  expect(withThread as number).toBeGreaterThan((before as number) + 0.2);
  expect(ofChild as number).toBeGreaterThan(0.2);
  expect(withChild as number).toBeGreaterThan((withThread as number) + 0.2);
});
