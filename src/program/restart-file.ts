import { type StatsListener, unwatchFile, watchFile } from 'node:fs';

/** A second, as users wait for it; file systems of shared hosts tell of changes only who asks. */
const INTERVAL_MS = 1000;

/**
 * Calls a function when a file is touched: made, or written to. That it goes away means nothing.
 *
 * @returns stops watching. What watches does not keep the process alive
 */
export function onTouch(path: string, touched: () => void): () => void {
  const look: StatsListener = (now, before) => {
    // A file that is not there has the time 0.
    if (now.mtimeMs !== before.mtimeMs && now.mtimeMs !== 0) touched();
  };
  watchFile(path, { interval: INTERVAL_MS, persistent: false }, look);
  return () => unwatchFile(path, look);
}
