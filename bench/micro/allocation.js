import { PerformanceObserver } from 'node:perf_hooks';

const WINDOWS = 7;

/**
 * Bytes that one run allocates, on the heap and beside it.
 *
 * What is in use is compared before and after, between garbage collections; needs `--expose-gc`.
 *
 * @param {() => unknown} run
 * @returns {Promise<number | undefined>} the median of several runs; undefined if garbage is always collected within one
 */
export async function allocatedBytes(run) {
  const collect = globalThis.gc;
  if (!collect) throw new Error('Allocations are measured with --expose-gc');
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  observer.observe({ entryTypes: ['gc'] });
  const measured = [];
  for (let i = 0; i < WINDOWS; i++) {
    collect();
    // Entries come in a turn of their own.
    await nextTurns();
    collections = 0;
    const before = bytesInUse();
    await run();
    const grown = bytesInUse() - before;
    await nextTurns();
    if (collections === 0) measured.push(grown);
  }
  observer.disconnect();
  return measured.sort((a, b) => a - b)[measured.length >> 1];
}

function bytesInUse() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function nextTurns() {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}
