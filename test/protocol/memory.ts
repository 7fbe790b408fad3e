import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that live on the heap and beside it once everything else is collected. */
export function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let bytes = Number.POSITIVE_INFINITY;
  // Memory beside the heap is given back by another thread, which may lag behind.
  for (let rounds = 0; rounds < 20; rounds++) {
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    if (heapUsed + external >= bytes) break;
    bytes = heapUsed + external;
  }
  return bytes;
}
