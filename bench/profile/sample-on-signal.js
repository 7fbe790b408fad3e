import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

/**
 * Loaded into a backend before its program: SIGUSR2 begins a CPU profile, SIGTERM writes it to the file that
 * FCGI_BENCH_PROFILE names and ends the process. What comes before, start and compiling, is left out.
 */
const file = process.env.FCGI_BENCH_PROFILE ?? '';
const session = new Session();

process.on('SIGUSR2', async () => {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
});

process.on('SIGTERM', async () => {
  const { profile } = await session.post('Profiler.stop');
  writeFileSync(file, JSON.stringify(profile));
  process.exit();
});
