import { resolveProgramOptions, type ServeOptions } from '../../program/serve-options.ts';
import { runFastCgi } from '../../program/serve-program.ts';
import { createServer } from '../../server/index.ts';
import type { Host } from '../host.ts';
import { loadListener } from '../serve/load-listener.ts';

/** What a process is told that serves an application under the eyes of another one. */
export interface WatchedSettings {
  readonly module: string;
  readonly exportName: string | undefined;
  /** The socket to listen on. */
  readonly path: string;
  readonly options: Pick<ServeOptions, 'base' | 'drainTimeout'>;
}

/** The process that started this one. */
export interface Watcher {
  /** Tells it that the application listens. */
  listening(): void;
  /** Calls when it is gone. */
  onGone(stop: () => void): void;
}

/** Serves an application until it is to start anew, or its watcher is gone. */
export async function serveWatched(
  { module, exportName, path, options }: WatchedSettings,
  watcher: Watcher,
  host: Host,
): Promise<void> {
  const { process } = host;
  watcher.onGone(() => process.exit(1));
  const listener = await loadListener(module, exportName, host);
  const server = createServer(options, listener);
  // The watcher tells what there is to tell.
  runFastCgi(server, process, resolveProgramOptions({ ...options, log: false }, process));
  server.once('listening', () => watcher.listening());
  server.listen({ path });
}
