import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { note, onCommand } from './control.mjs';

/** Tells, when it is asked, what the process holds: garbage that was not collected yet is not counted. */
export function tellVitals() {
  onCommand('vitals', 'server', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    collect();
    // What one collection finds is freed beside the program; the next one waits for that.
    collect();
    const { rss, heapUsed, external } = process.memoryUsage();
    note('vitals', 'server', {
      rss,
      heap: heapUsed + external,
      handles: process.getActiveResourcesInfo().length,
      descriptors: readdirSync('/proc/self/fd').length,
    });
  });
}
