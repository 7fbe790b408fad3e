import { relative } from 'node:path';
import { ExitCode } from '../exit-code.ts';
import { Failure, messageOf } from '../failure.ts';
import type { Host } from '../host.ts';
import { Application } from './application.ts';
import type { Relay } from './relay.ts';
import { SourceWatcher } from './source-watcher.ts';
import type { WatchedSettings } from './watched.ts';

/** Starts an application, and anew whenever a source file changes. */
export class Supervisor {
  readonly #application: Application;
  readonly #host: Host;
  readonly #log: (line: string) => void;
  readonly #relays: Relay[] = [];
  readonly #watcher: SourceWatcher;
  #ending = false;
  #stopping = false;
  #starts = 0;

  /**
   * @param folders to watch
   * @throws {Failure} if one of them cannot be watched
   */
  constructor(
    settings: WatchedSettings & { readonly verbose: boolean },
    folders: readonly string[],
    log: (line: string) => void,
    host: Host,
  ) {
    this.#host = host;
    this.#log = log;
    this.#application = new Application(settings, host, {
      onListening: () => this.#listening(),
      onEnd: (how) => this.#ended(how),
    });
    try {
      this.#watcher = new SourceWatcher(folders, (file) => void this.#restart(file));
    } catch (error) {
      throw new Failure(ExitCode.FAILURE, `Cannot watch: ${messageOf(error)}`, error);
    }
  }

  /** Lets a relay know when the application is there. */
  hold(relay: Relay): Relay {
    this.#relays.push(relay);
    return relay;
  }

  start(): void {
    this.#starts++;
    this.#application.start();
  }

  /** Ends for good: running requests may finish, then nobody is left to answer. */
  async end(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#watcher.close();
    await this.#application.stop();
    for (const relay of this.#relays) relay.closeAllConnections();
  }

  async #restart(file: string): Promise<void> {
    // One that is about to start has not read the file yet.
    if (this.#ending || this.#stopping) return;
    this.#log(`fcgi: ${relative(this.#host.process.cwd(), file)} has changed`);
    this.#setReady(false);
    this.#stopping = true;
    await this.#application.stop();
    this.#stopping = false;
    if (!this.#ending) this.start();
  }

  #listening(): void {
    if (this.#starts > 1) this.#log('fcgi: started anew');
    this.#setReady(true);
  }

  #ended(how: number | string): void {
    this.#setReady(false);
    if (this.#ending || this.#stopping) return;
    this.#log(`fcgi: the application ended (${how}); it starts anew when a file changes`);
  }

  #setReady(ready: boolean): void {
    for (const relay of this.#relays) relay.setReady(ready);
  }
}
