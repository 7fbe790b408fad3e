import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { extname, join } from 'node:path';

/** Files that Node loads. JSON is not among them: applications write it, and would never be at rest. */
const SOURCES = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.jsx', '.tsx']);

/** Milliseconds in which an editor writes what belongs together. */
const QUIET_MS = 100;

/** Watches the source files below folders, but for `node_modules` and folders that begin with a dot. */
export class SourceWatcher {
  readonly #onChange: (file: string) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param onChange called once for changes that belong together, with one of the files
   * @throws the system's error if a folder cannot be watched
   */
  constructor(folders: readonly string[], onChange: (file: string) => void) {
    this.#onChange = onChange;
    for (const folder of folders) this.#watch(folder);
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
  }

  #watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    const watcher = watch(folder, (_, name) => this.#changed(folder, name));
    this.#watchers.set(folder, watcher);
    // A folder that was removed.
    watcher.on('error', () => this.#forget(folder));
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && isWatched(entry.name)) this.#watch(join(folder, entry.name));
    }
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  #changed(folder: string, name: string | null): void {
    if (name === null) return;
    const path = join(folder, name);
    if (isFolder(path)) {
      if (isWatched(name)) this.#watch(path);
      return;
    }
    this.#forget(path);
    if (!SOURCES.has(extname(name))) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#onChange(path), QUIET_MS);
  }
}

function isWatched(name: string): boolean {
  return name !== 'node_modules' && !name.startsWith('.');
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
