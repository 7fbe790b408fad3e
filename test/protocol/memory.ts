import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void;

/** Bytes that live on the heap after collections of the young generation. */
export function heapAfterYoungCollections(): number {
  for (let i = 0; i < 3; i++) collect({ type: 'minor' });
  return process.memoryUsage().heapUsed;
}

/** Bytes that live on the heap and beside it once everything else is collected. */
export function heapAfterCollection(): number {
  let least = Number.POSITIVE_INFINITY;
  // Memory beside the heap is given back by another thread, which may lag behind.
  for (let rounds = 0, idle = 0; rounds < 20 && idle < 3; rounds++) {
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    idle = heapUsed + external < least ? 0 : idle + 1;
    least = Math.min(least, heapUsed + external);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  return least;
}
