import { join } from 'node:path';
import { exitCodeOf } from '../failure.ts';
import type { Host } from '../host.ts';
import { report } from '../report.ts';
import { serveWatched } from './watched.ts';

const host: Host = {
  process,
  packageFolder: join(import.meta.dirname, '../../..'),
  load: (url) => import(url),
};

const watcher = {
  listening: () => void process.send?.('listening'),
  onGone: (stop: () => void) => {
    process.once('disconnect', stop);
    // The channel must not keep a process alive that has nothing to do any more.
    process.channel?.unref();
  },
};

const [settings = '', flag] = process.argv.slice(2);
serveWatched(JSON.parse(settings), watcher, host).catch((error) => {
  report(error, host, { verbose: flag === '--verbose' });
  process.exit(exitCodeOf(error));
});
