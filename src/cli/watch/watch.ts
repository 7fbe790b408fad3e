import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { SIGNALS } from '../../program/drain.ts';
import { resolveProgramOptions } from '../../program/serve-options.ts';
import { runAsProgram } from '../../program/serve-program.ts';
import { allowedClients } from '../../server/allowed-clients.ts';
import type { Host } from '../host.ts';
import { resolveModule } from '../serve/load-listener.ts';
import { DEFAULT_PATH, withoutRepetition } from '../serve/serve-application.ts';
import type { ServeSettings } from '../serve/serve-settings.ts';
import { standInFront } from '../serve/stand-in-front.ts';
import { Relay } from './relay.ts';
import { Supervisor } from './supervisor.ts';

/** What is watched, and how. */
export interface WatchSettings {
  readonly module: string;
  readonly exportName: string | undefined;
  /** Folders to watch instead of the module's. */
  readonly paths: readonly string[];
  readonly verbose: boolean;
}

/**
 * Serves an application in a process of its own, which starts anew when a source file changes. This
 * process holds the sockets and the gateway: connections that come meanwhile wait.
 *
 * @throws {Failure} if there is no such module, or its folder cannot be watched
 */
export function watchApplication(
  watching: WatchSettings,
  serving: ServeSettings,
  host: Host,
): void {
  const { process } = host;
  const settings = withoutRepetition(resolveProgramOptions(serving.options, process));
  const { drainTimeout, log } = settings;
  const folders = foldersOf(watching, host);
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-watch-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'app.sock');
  const { base } = serving.options;
  const supervisor = new Supervisor(
    { ...watching, path, options: { base, drainTimeout } },
    folders,
    log,
    host,
  );
  const { listen, http, options } = serving;
  if (http) {
    // One that nobody else reaches.
    const inner = { path: join(folder, 'gateway.sock') };
    const relay = supervisor.hold(new Relay(path, undefined));
    runAsProgram(relay, process, settings);
    relay.start(inner);
    standInFront(inner, http, settings, host);
  }
  if (listen || !http) {
    const allowed = allowedClients(options.allowedClients, process.env.FCGI_WEB_SERVER_ADDRS);
    const relay = supervisor.hold(new Relay(path, allowed));
    runAsProgram(relay, process, settings, 'FastCGI');
    relay.start(listen ?? { path: DEFAULT_PATH });
  }
  for (const signal of SIGNALS) process.on(signal, () => void supervisor.end());
  supervisor.start();
}

function foldersOf({ module, paths }: WatchSettings, host: Host): string[] {
  if (paths.length === 0) return [dirname(resolveModule(module, host))];
  return paths.map((path) => resolve(host.process.cwd(), path));
}
